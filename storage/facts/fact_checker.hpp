// fact_checker.hpp — collects the first thing that is wrong with a fact.
#pragma once

#include "storage/facts/fact_check.hpp"

namespace latchkey::storage {

class fact_checker {
public:
  /// UTF-8 without NUL.
  void text(const char* field, std::string_view value, std::size_t chars_max);
  void text_if_set(const char* field, const std::optional<std::string>& value,
                   std::size_t chars_max) {
    if (value) text(field, std::string_view(*value), chars_max);
  }
  /// The same, and not empty.
  void name(const char* field, std::string_view value, std::size_t chars_max) {
    require(!value.empty(), field, "is empty");
    text(field, value, chars_max);
  }
  /// A folded login name.
  void key(const char* field, std::string_view value);
  /// What is stored joined by one space: no empty word, no white space in one.
  void words(const char* field, const std::vector<std::string>& value);
  /// A JSON object, or nothing at all.
  void json_object(const char* field, std::string_view value, std::size_t bytes_max);
  void id(const char* field, const uuid& value) {
    if (value.is_nil()) wrong(field, "names nothing");
  }
  void id(const char* field, std::uint64_t value) {
    if (value == 0) wrong(field, "names nothing");
  }
  void time(const char* field, time_point value) {
    if (value < earliest || value > latest) wrong(field, "is out of range");
  }
  void time(const char* field, const std::optional<time_point>& value) {
    if (value) time(field, *value);
  }
  void require(bool holds, const char* field, const char* reason) {
    if (!holds) wrong(field, reason);
  }
  void wrong(const char* field, const char* reason) {
    if (!first_) first_ = failure{error_code::validation_error, field, reason, 0};
  }
  std::optional<failure> take() { return std::move(first_); }

private:
  // PostgreSQL's timestamps begin in 4713 BC, but what protocol/time.hpp prints and reads
  // has years of four digits.
  static constexpr time_point earliest = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
  static constexpr time_point latest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

  std::optional<failure> first_;
};

// Facts that are not hot (cold_fact_check.cpp).
void check(fact_checker& c, const update_user& f);
void check(fact_checker& c, const delete_user& f);
void check(fact_checker& c, const set_recovery& f);
void check(fact_checker& c, const add_reset_token& f);
void check(fact_checker& c, const use_reset_token& f);
void check(fact_checker& c, const use_up_reset_tokens& f);
void check(fact_checker& c, const remove_recovery& f);
void check(fact_checker& c, const mark_used& f);
void check(fact_checker& c, const count_password_failures& f);
void check(fact_checker& c, const forget_password_failures& f);
void check(fact_checker& c, const add_mail& f);
void check(fact_checker& c, const lease_mail& f);
void check(fact_checker& c, const settle_mail& f);
void check(fact_checker& c, const drop_mails_to& f);
void check(fact_checker& c, const add_role& f);
void check(fact_checker& c, const update_role& f);
void check(fact_checker& c, const remove_role& f);
void check(fact_checker& c, const add_api_key& f);
void check(fact_checker& c, const revoke_api_key& f);
void check(fact_checker& c, const revoke_api_keys_of& f);
void check(fact_checker& c, const touch_api_key& f);
void check(fact_checker& c, const put_service& f);
void check(fact_checker& c, const add_service_key& f);
void check(fact_checker& c, const revoke_service_key& f);
void check(fact_checker& c, const touch_service_key& f);
void check(fact_checker& c, const put_stripe_subscription& f);
void check(fact_checker& c, const put_subscription& f);
void check(fact_checker& c, const add_stripe_event& f);
void check(fact_checker& c, const spend_quota& f);
void check(fact_checker& c, const add_project& f);
void check(fact_checker& c, const update_project& f);
void check(fact_checker& c, const remove_project& f);
void check(fact_checker& c, const upsert_session& f);
void check(fact_checker& c, const touch_session& f);
void check(fact_checker& c, const forget_sessions& f);
void check(fact_checker& c, const forget_audits& f);
void check(fact_checker& c, const add_workflow& f);
void check(fact_checker& c, const add_workflow_status& f);
void check(fact_checker& c, const forget_workflows& f);

/// Shared by the two facts that bring a whole session.
void check(fact_checker& c, const session_record& s);

} // namespace latchkey::storage

// footprint.hpp — what a unit reads and writes, as far as it decides who wins: units whose
// footprints do not meet may run in any order.
#pragma once

#include "storage/store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::storage {

/// What a unit reads or writes, and the latest of its kinds that does.
struct touch {
  std::string key;
  bool writes;
  std::size_t kind; // position in `fact`
};

/// What one unit touches. Audit lines, touches of a last use and what has been over for long are
/// left out: they neither win nor lose, and their order does not matter.
class footprint {
public:
  explicit footprint(const unit& u);

  const std::vector<touch>& touches() const { return touches_; }
  /// Whether its facts may run by kind. False also when it touches what cannot be named
  /// here, so that it must stand alone.
  bool is_ordered_by_kind() const { return ordered_; }
  bool names_sessions() const { return names_sessions_; }
  bool ends_all() const { return ends_all_; }

private:
  /// `admins` stands for who is an administrator and who has which role.
  enum class thing : char {
    user = 'u',
    session = 's',
    name = 'n',
    number = 'b',
    admins = 'a',
    role = 'r',
    roles = 'R',
    token = 't',
    mail = 'm',
    api_key = 'k',
    service = 'v',
    service_key = 'w',
    key_hash = 'h',
    event = 'e',
    stripe_subscription = 'S',
    quota = 'q',
    project = 'p',
    workflow = 'f',
    order = 'o', // of facts in one unit that touch different things; no two units share it
  };

  void add(const create_user& f);
  void add(const set_password_hash& f);
  void add(const create_session& f);
  void add(const rotate_session& f);
  void add(const end_session& f);
  void add(const end_sessions_of& f);
  void add(const update_user& f);
  void add(const delete_user& f);
  void add(const set_recovery& f);
  void add(const add_reset_token& f);
  void add(const use_reset_token& f);
  void add(const use_up_reset_tokens& f);
  void add(const count_password_failures& f);
  void add(const forget_password_failures& f);
  void add(const add_mail& f);
  void add(const lease_mail& f);
  void add(const settle_mail& f);
  void add(const add_role& f);
  void add(const update_role& f);
  void add(const remove_role& f);
  void add(const add_api_key& f);
  void add(const revoke_api_key& f);
  void add(const put_service& f);
  void add(const add_service_key& f);
  void add(const revoke_service_key& f);
  void add(const put_stripe_subscription& f);
  void add(const put_subscription& f);
  void add(const add_stripe_event& f);
  void add(const spend_quota& f);
  void add(const add_project& f);
  void add(const update_project& f);
  void add(const remove_project& f);
  void add(const upsert_session& f);
  void add(const add_workflow& f);
  void add(const add_workflow_status& f);
  void add(const remove_recovery& f);
  void add(const drop_mails_to& f);
  void add(const revoke_api_keys_of& f);
  void add(const mark_used& f);
  void add(const add_audit&) {}
  void add(const touch_login&) {}
  void add(const touch_api_key&) {}
  void add(const touch_service_key&) {}
  void add(const touch_session&) {}
  void add(const forget_sessions&) {}
  void add(const forget_audits&) {}
  void add(const forget_workflows&) {}

  void reads(thing what, std::string_view which) { note(what, which, false); }
  void reads(thing what, const uuid& which);
  void writes(thing what, std::string_view which) { note(what, which, true); }
  void writes(thing what, const uuid& which);
  void writes(thing what, std::uint64_t which);
  void note_session(const session_id& id);
  void keeps_order();
  void note(thing what, std::string_view which, bool writes);

  const unit* unit_;
  std::vector<touch> touches_;
  std::size_t kind_ = 0;
  bool ordered_ = true;
  bool names_sessions_ = false;
  bool ends_all_ = false;
};

} // namespace latchkey::storage

#include "storage/facts/fact_check.hpp"

#include "storage/facts/fact_checker.hpp"

#include <limits>

namespace latchkey::storage {

namespace {

void check(fact_checker& c, const create_user& f) {
  const auto& u = f.user;
  c.id("id", u.id);
  static_assert(chosen_user_number_max == 4503599627370496); // as the sentence has it
  c.require(u.number >= 0 && u.number <= chosen_user_number_max, "number",
            "must be from 1 to 4503599627370496");
  c.text("username", u.username, username_chars_max);
  c.text("email", u.email, email_chars_max);
  c.key("username", f.username_key);
  c.key("email", f.email_key);
  c.text("first_name", u.first_name, first_name_chars_max);
  c.text("last_name", u.last_name, last_name_chars_max);
  c.text("full_name", u.full_name, full_name_chars_max);
  c.text("password_hash", u.password_hash.reveal(), password_hash_chars_max);
  c.text("role", u.role, role_chars_max);
  c.text("client_id", u.client_id, client_id_chars_max);
  c.text("subscription_tier", u.subscription_tier, tier_chars_max);
  c.time("created_at", u.created_at);
  c.time("updated_at", u.updated_at);
  c.time("last_login_at", u.last_login_at);
  c.time("synced_at", u.synced_at);
}

void check(fact_checker& c, const set_password_hash& f) {
  c.id("user", f.user);
  c.text("password_hash", f.password_hash.reveal(), password_hash_chars_max);
  c.time("at", f.at);
}

bool fits_counter(std::uint64_t counter) {
  return counter < static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

void check(fact_checker& c, const create_session& f) {
  check(c, f.session);
}

void check(fact_checker& c, const rotate_session& f) {
  c.id("session", f.session);
  c.require(fits_counter(f.from), "counter", "is out of range");
  c.time("at", f.at);
}

void check(fact_checker& c, const end_session& f) {
  c.id("session", f.session);
  c.text("reason", f.reason, end_reason_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const end_sessions_of& f) {
  c.id("user", f.user);
  c.text("reason", f.reason, end_reason_chars_max);
  c.time("at", f.at);
}

void check(fact_checker& c, const add_audit& f) {
  c.id("id", f.entry.id);
  c.text("action", f.entry.action, action_chars_max);
  c.text("address", f.entry.address, address_chars_max);
  c.text("request_id", f.entry.request_id, request_id_chars_max);
  c.text("reason", f.entry.reason, audit_reason_chars_max);
  c.text("by", f.entry.by, audit_by_chars_max);
  c.time("at", f.entry.at);
}

void check(fact_checker& c, const touch_login& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

} // namespace

void check(fact_checker& c, const session_record& s) {
  c.id("session", s.id);
  c.id("user", s.user);
  c.require(fits_counter(s.counter), "counter", "is out of range");
  c.require(s.salt.size() <= salt_bytes_max, "salt", "is too long");
  c.text("user_agent", s.user_agent, user_agent_chars_max);
  c.text("address", s.address, address_chars_max);
  c.time("created_at", s.created_at);
  c.time("rotated_at", s.rotated_at);
  c.time("expires_at", s.expires_at);
  c.time("last_seen_at", s.last_seen_at);
  c.time("ended_at", s.ended_at);
  c.text("held_by", s.held_by, service_chars_max);
}

std::optional<failure> check_fact(const fact& what) {
  fact_checker c;
  std::visit([&c](const auto& f) { check(c, f); }, what);
  return c.take();
}

std::optional<failure> check_unit(const unit& facts) {
  for (const auto& what : facts.facts)
    if (auto wrong = check_fact(what)) return wrong;
  return std::nullopt;
}

} // namespace latchkey::storage

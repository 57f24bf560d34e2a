// What signing in changes of a user: the password hash, failures, and when the account was used.
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

// A column for each budget, in the order of failure_budget.
constexpr statement count_failures_of[failure_budgets] = {
    {"count_failures_of_strangers",
     "UPDATE users SET failures_of_strangers = failures_of_strangers + $2 WHERE id = $1"},
    {"count_failures_of_known_clients",
     "UPDATE users SET failures_of_known_clients = failures_of_known_clients + $2 WHERE id = $1"},
    {"count_failures_of_signed_in",
     "UPDATE users SET failures_of_signed_in = failures_of_signed_in + $2 WHERE id = $1"}};
constexpr statement forget_failures{
    "forget_failures", "UPDATE users SET failures_of_strangers = 0, failures_of_known_clients = 0, "
                       "failures_of_signed_in = 0 WHERE id = $1"};
constexpr statement mark_used{"mark_used",
                              "UPDATE users SET used_at = $2 WHERE id = $1 AND used_at IS NULL"};

} // namespace
} // namespace sql

// -- set_password_hash ----------------------------------------------------------------

void check(fact_checker& c, const set_password_hash& f) {
  c.id("user", f.user);
  c.text("password_hash", f.password_hash.reveal(), password_hash_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const set_password_hash& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const set_password_hash& f, written&) {
  const auto id = to_string(f.user);
  const auto set = on.run(sql::set_password,
                          {id, f.based_on, std::string(f.password_hash.reveal()), time_text(f.at)});
  if (set > 0) return std::nullopt;
  return on.run(sql::users_present, {id}) == 0
             ? losing(error_code::user_not_found)
             : losing(error_code::conflict, "version", "the user was changed meanwhile");
}

// -- touch_login ----------------------------------------------------------------------

void check(fact_checker& c, const touch_login& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint&, const touch_login&) {}

std::optional<failure> write(runner& on, const touch_login& f, written&) {
  on.run(sql::touch_login, {to_string(f.user), time_text(f.at)});
  return std::nullopt;
}

// -- mark_used ------------------------------------------------------------------------

void check(fact_checker& c, const mark_used& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const mark_used& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const mark_used& f, written&) {
  on.run(sql::mark_used, {to_string(f.user), time_text(f.at)});
  return std::nullopt;
}

// -- count_password_failures ----------------------------------------------------------

void check(fact_checker& c, const count_password_failures& f) {
  c.id("user", f.user);
  c.require(f.count > 0 && f.count <= 1'000'000, "count", "is out of range");
}

void touch(footprint& print, const count_password_failures& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const count_password_failures& f, written&) {
  on.run(sql::count_failures_of[static_cast<std::size_t>(f.budget)], {to_string(f.user), f.count});
  return std::nullopt;
}

// -- forget_password_failures ---------------------------------------------------------

void check(fact_checker& c, const forget_password_failures& f) {
  c.id("user", f.user);
}

void touch(footprint& print, const forget_password_failures& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const forget_password_failures& f, written&) {
  on.run(sql::forget_failures, {to_string(f.user)});
  return std::nullopt;
}

topic sign_in_topic() {
  static constexpr fact_rules facts[] = {
      rules_for<set_password_hash>(), rules_for<touch_login>(), rules_for<mark_used>(),
      rules_for<count_password_failures>(), rules_for<forget_password_failures>()};
  return {facts, {}};
}

} // namespace latchkey::storage

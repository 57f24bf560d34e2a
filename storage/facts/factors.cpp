// Second factors: authenticator apps, recovery codes, and challenges that work once.
#include "storage/facts/factor_rows.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement list_totp{
    "list_totp", "SELECT id, name, sealed_secret, created_at, confirmed_at, last_used_at, "
                 "last_step FROM totp_factors WHERE user_id = $1 ORDER BY created_at, id LIMIT $2"};
constexpr statement count_recovery_codes{
    "count_recovery_codes",
    "SELECT count(*), count(*) - count(used_at) FROM recovery_codes WHERE user_id = $1"};
constexpr statement list_recovery_codes{"list_recovery_codes",
                                        "SELECT code_hash FROM recovery_codes WHERE user_id = $1 "
                                        "AND used_at IS NULL ORDER BY code_hash LIMIT $2"};
constexpr statement drop_unconfirmed_totp{
    "drop_unconfirmed_totp",
    "DELETE FROM totp_factors WHERE user_id = $1 AND confirmed_at IS NULL"};
constexpr statement add_totp{
    "add_totp", "INSERT INTO totp_factors (id, user_id, name, sealed_secret, created_at) "
                "SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 ON CONFLICT DO NOTHING "
                "RETURNING id"};
constexpr statement confirm_totp{
    "confirm_totp", "UPDATE totp_factors SET confirmed_at = $3, last_used_at = $5, last_step = $4 "
                    "WHERE id = $1 AND user_id = $2 AND confirmed_at IS NULL RETURNING id"};
constexpr statement use_totp{
    "use_totp",
    "UPDATE totp_factors SET last_step = $3, last_used_at = $4 "
    "WHERE id = $1 AND user_id = $2 AND confirmed_at IS NOT NULL AND last_step < $3 RETURNING id"};
constexpr statement drop_totp{"drop_totp",
                              "DELETE FROM totp_factors WHERE id = $1 AND user_id = $2 "
                              "AND confirmed_at IS NOT NULL RETURNING id"};
constexpr statement drop_all_totp{"drop_all_totp", "DELETE FROM totp_factors WHERE user_id = $1"};
constexpr statement add_recovery_code{
    "add_recovery_code",
    "INSERT INTO recovery_codes (user_id, code_hash, created_at) VALUES ($1, $2, $3) "
    "ON CONFLICT DO NOTHING"};
constexpr statement use_recovery_code{"use_recovery_code",
                                      "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 "
                                      "AND code_hash = $2 AND used_at IS NULL RETURNING user_id"};
// What another transaction has locked is left to the next.
#define LATCHKEY_FORGET_CHALLENGES(lock)                                                           \
  "DELETE FROM spent_challenges WHERE id IN (SELECT id FROM spent_challenges WHERE until < $1 "    \
  "ORDER BY until LIMIT $2" lock ")"
constexpr statement forget_challenges{"forget_challenges", LATCHKEY_FORGET_CHALLENGES(""),
                                      LATCHKEY_FORGET_CHALLENGES(" FOR UPDATE SKIP LOCKED")};
constexpr statement add_spent_challenge{"add_spent_challenge",
                                        "INSERT INTO spent_challenges (id, until) VALUES ($1, $2) "
                                        "ON CONFLICT DO NOTHING RETURNING id"};
constexpr statement count_factor_failures{
    "count_factor_failures",
    "UPDATE users SET failures_of_factors = failures_of_factors + $2 WHERE id = $1"};
constexpr statement forget_factor_failures{
    "forget_factor_failures", "UPDATE users SET failures_of_factors = 0 WHERE id = $1"};
constexpr statement begin_factor_grace{"begin_factor_grace",
                                       "UPDATE users SET second_factor_due_at = $2 WHERE id = $1 "
                                       "AND second_factor_due_at IS NULL"};
constexpr statement forget_factor_grace{
    "forget_factor_grace", "UPDATE users SET second_factor_due_at = NULL WHERE id = $1"};

} // namespace
} // namespace sql

namespace {

/// By each one that is spent: more than come, so that none are left.
constexpr std::int64_t challenges_forgotten_max = 8;

} // namespace

// -- enrol_totp -----------------------------------------------------------------------

void check(fact_checker& c, const enrol_totp& f) {
  c.id("id", f.totp.id);
  c.id("user", f.totp.user);
  c.name("name", f.totp.name, factor_name_chars_max);
  c.name("sealed_secret", f.totp.sealed_secret, sealed_factor_chars_max);
  c.time("created_at", f.totp.created_at);
}

void touch(footprint& print, const enrol_totp& f) {
  print.writes(thing::user, f.totp.user);
}

std::optional<failure> write(runner& on, const enrol_totp& f, written&) {
  const auto& t = f.totp;
  const auto user = to_string(t.user);
  if (on.run(sql::share_user, {user}) == 0) return losing(error_code::user_not_found);
  on.run(sql::drop_unconfirmed_totp, {user});
  const auto added = on.run(
      sql::add_totp, {key_number(t.id), user, t.name, t.sealed_secret, time_text(t.created_at)});
  if (added == 0) return losing(error_code::conflict, "id", "the id is taken");
  return std::nullopt;
}

// -- confirm_totp ---------------------------------------------------------------------

void check(fact_checker& c, const confirm_totp& f) {
  c.id("id", f.id);
  c.id("user", f.user);
  c.require(f.step >= 0, "step", "is below zero");
  c.time("at", f.at);
}

void touch(footprint& print, const confirm_totp& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const confirm_totp& f, written&) {
  const auto user = to_string(f.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  const auto confirmed =
      on.run(sql::confirm_totp, {key_number(f.id), user, time_text(f.at), f.step,
                                 time_or_null(f.is_used ? std::optional{f.at} : std::nullopt)});
  if (confirmed == 0) return losing(error_code::not_found);
  revise_factors(on, user, f.at);
  return std::nullopt;
}

// -- use_totp -------------------------------------------------------------------------

void check(fact_checker& c, const use_totp& f) {
  c.id("id", f.id);
  c.id("user", f.user);
  c.require(f.step >= 0, "step", "is below zero");
  c.time("at", f.at);
}

void touch(footprint& print, const use_totp& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const use_totp& f, written&) {
  const auto used =
      on.run(sql::use_totp, {key_number(f.id), to_string(f.user), f.step, time_text(f.at)});
  if (used == 0) return losing(error_code::conflict, "code", "was used before");
  return std::nullopt;
}

// -- remove_totp ----------------------------------------------------------------------

void check(fact_checker& c, const remove_totp& f) {
  c.id("id", f.id);
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const remove_totp& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const remove_totp& f, written&) {
  const auto user = to_string(f.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  if (on.run(sql::drop_totp, {key_number(f.id), user}) == 0) return losing(error_code::not_found);
  revise_factors(on, user, f.at);
  return std::nullopt;
}

// -- put_recovery_codes ---------------------------------------------------------------

void check(fact_checker& c, const put_recovery_codes& f) {
  c.id("user", f.user);
  c.require(!f.code_hashes.empty() && f.code_hashes.size() <= recovery_codes_max, "code_hashes",
            "are too many, or none");
  for (const auto& hash : f.code_hashes)
    c.secret_hash("code_hashes", hash);
  c.time("at", f.at);
}

void touch(footprint& print, const put_recovery_codes& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const put_recovery_codes& f, written&) {
  const auto user = to_string(f.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  on.run(sql::drop_recovery_codes, {user});
  for (const auto& hash : f.code_hashes)
    on.run(sql::add_recovery_code, {user, hash, time_text(f.at)});
  return std::nullopt;
}

// -- use_recovery_code ----------------------------------------------------------------

void check(fact_checker& c, const use_recovery_code& f) {
  c.id("user", f.user);
  c.secret_hash("code_hash", f.code_hash);
  c.time("at", f.at);
}

void touch(footprint& print, const use_recovery_code& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const use_recovery_code& f, written&) {
  const auto used =
      on.run(sql::use_recovery_code, {to_string(f.user), f.code_hash, time_text(f.at)});
  if (used == 0) return losing(error_code::conflict, "code", "is wrong, or was used before");
  return std::nullopt;
}

// -- remove_factors -------------------------------------------------------------------

void check(fact_checker& c, const remove_factors& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const remove_factors& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const remove_factors& f, written&) {
  const auto user = to_string(f.user);
  if (auto lost = hold_user(on, user, f.based_on)) return lost;
  on.run(sql::drop_all_totp, {user});
  on.run(sql::drop_all_passkeys, {user});
  on.run(sql::forget_factor_failures, {user});
  on.run(sql::forget_factor_grace, {user});
  revise_factors(on, user, f.at);
  return std::nullopt;
}

// -- begin_factor_grace ---------------------------------------------------------------

void check(fact_checker& c, const begin_factor_grace& f) {
  c.id("user", f.user);
  c.time("due_at", f.due_at);
}

void touch(footprint& print, const begin_factor_grace& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const begin_factor_grace& f, written&) {
  on.run(sql::begin_factor_grace, {to_string(f.user), time_text(f.due_at)});
  return std::nullopt;
}

// -- spend_challenge ------------------------------------------------------------------

void check(fact_checker& c, const spend_challenge& f) {
  c.name("id", f.id, challenge_chars_max);
  c.time("until", f.until);
  c.time("at", f.at);
}

void touch(footprint& print, const spend_challenge& f) {
  print.writes(thing::challenge, f.id);
}

std::optional<failure> write(runner& on, const spend_challenge& f, written&) {
  on.run(sql::forget_challenges, {time_text(f.at), challenges_forgotten_max});
  const auto spent = on.run(sql::add_spent_challenge, {f.id, time_text(f.until)});
  if (spent == 0) return losing(error_code::token_invalid, "challenge", "was used before");
  return std::nullopt;
}

// -- count_factor_failures ------------------------------------------------------------

void check(fact_checker& c, const count_factor_failures& f) {
  c.id("user", f.user);
  c.require(f.count >= 0 && f.count <= 1'000'000, "count", "is out of range");
}

void touch(footprint& print, const count_factor_failures& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const count_factor_failures& f, written&) {
  const auto user = to_string(f.user);
  if (f.count == 0)
    on.run(sql::forget_factor_failures, {user});
  else
    on.run(sql::count_factor_failures, {user, f.count});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_factors& q) {
  list_factors::answer found;
  const auto user = to_string(q.user);
  on.run(sql::list_totp, {user, row_count(totp_read_max)}, [&](const row_source& row) {
    totp_record totp;
    totp.id = key_at(row, 0);
    totp.user = q.user;
    totp.name = text_or(row, 1);
    totp.sealed_secret = text_or(row, 2);
    totp.created_at = time_at(row, 3).value_or(time_point{});
    totp.confirmed_at = time_at(row, 4);
    totp.last_used_at = time_at(row, 5);
    totp.last_step = number_at(row, 6);
    found.totp.push_back(std::move(totp));
  });
  found.passkeys = passkeys_of(on, q.user);
  on.run(sql::count_recovery_codes, {user}, [&found](const row_source& row) {
    found.recovery_codes = static_cast<std::size_t>(number_at(row, 0));
    found.recovery_codes_left = static_cast<std::size_t>(number_at(row, 1));
  });
  return found;
}

finding answer(runner& on, const list_recovery_codes& q) {
  list_recovery_codes::answer found;
  on.run(sql::list_recovery_codes, {to_string(q.user), row_count(recovery_codes_max)},
         [&found](const row_source& row) { found.code_hashes.push_back(text_or(row, 0)); });
  return found;
}

topic factors_topic() {
  static constexpr fact_rules facts[] = {
      rules_for<enrol_totp>(),         rules_for<confirm_totp>(),
      rules_for<use_totp>(),           rules_for<remove_totp>(),
      rules_for<put_recovery_codes>(), rules_for<use_recovery_code>(),
      rules_for<remove_factors>(),     rules_for<begin_factor_grace>(),
      rules_for<spend_challenge>(),    rules_for<count_factor_failures>()};
  static constexpr query_rules queries[] = {rules_for_query<list_factors>(),
                                            rules_for_query<list_recovery_codes>()};
  return {facts, queries};
}

} // namespace latchkey::storage

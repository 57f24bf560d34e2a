// Account recovery: the passphrase, and tokens that work once.
#include "storage/facts/rules/topic.hpp"

#include <chrono>

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement find_recovery{
    "find_recovery", "SELECT passphrase_hash FROM recovery_passphrases WHERE user_id = $1"};
constexpr statement find_reset_token{"find_reset_token",
                                     "SELECT id, user_id, secret_hash, created_at, expires_at, "
                                     "used_at, purpose FROM reset_tokens WHERE id = $1"};
constexpr statement put_recovery{
    "put_recovery",
    "INSERT INTO recovery_passphrases (user_id, passphrase_hash, updated_at) "
    "SELECT id, $2, $3 FROM users WHERE id = $1 ON CONFLICT (user_id) DO UPDATE SET "
    "passphrase_hash = EXCLUDED.passphrase_hash, updated_at = EXCLUDED.updated_at "
    "RETURNING user_id"};
constexpr statement drop_recovery{"drop_recovery",
                                  "DELETE FROM recovery_passphrases WHERE user_id = $1"};
constexpr statement add_reset_token{
    "add_reset_token",
    "INSERT INTO reset_tokens (id, user_id, secret_hash, created_at, expires_at, used_at, "
    "purpose) SELECT $1, id, $3, $4, $5, $6, $7 FROM users WHERE id = $2 ON CONFLICT DO NOTHING "
    "RETURNING id"};
constexpr statement forget_reset_tokens{
    "forget_reset_tokens", "DELETE FROM reset_tokens WHERE user_id = $1 AND expires_at < $2"};
constexpr statement use_reset_token{
    "use_reset_token",
    "UPDATE reset_tokens SET used_at = $4 WHERE id = $1 AND user_id = $2 AND secret_hash = $3 "
    "AND used_at IS NULL AND expires_at > $4 AND purpose = $5 RETURNING id"};
constexpr statement use_up_tokens{
    "use_up_tokens", "UPDATE reset_tokens SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL"};
constexpr statement use_up_reset_tokens{"use_up_reset_tokens",
                                        "UPDATE reset_tokens SET used_at = $2 WHERE user_id = $1 "
                                        "AND used_at IS NULL AND purpose <> 'email_verification'"};
constexpr statement use_up_passphrase_tokens{
    "use_up_passphrase_tokens", "UPDATE reset_tokens SET used_at = $2 WHERE user_id = $1 "
                                "AND used_at IS NULL AND purpose = 'passphrase_reset'"};

} // namespace
} // namespace sql

namespace {

/// How long an expired token stays before the user's next token removes it.
constexpr auto kept_after_expiry = std::chrono::hours(24);

} // namespace

// -- set_recovery ---------------------------------------------------------------------

void check(fact_checker& c, const set_recovery& f) {
  c.id("user", f.user);
  c.name("passphrase_hash", f.passphrase_hash.reveal(), passphrase_hash_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const set_recovery& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const set_recovery& f, written&) {
  const auto set =
      on.run(sql::put_recovery,
             {to_string(f.user), std::string(f.passphrase_hash.reveal()), time_text(f.at)});
  return set == 0 ? std::optional(losing(error_code::user_not_found)) : std::nullopt;
}

// -- remove_recovery ------------------------------------------------------------------

void check(fact_checker& c, const remove_recovery& f) {
  c.id("user", f.user);
}

void touch(footprint& print, const remove_recovery& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const remove_recovery& f, written&) {
  on.run(sql::drop_recovery, {to_string(f.user)});
  return std::nullopt;
}

// -- add_reset_token ------------------------------------------------------------------

void check(fact_checker& c, const add_reset_token& f) {
  c.id("id", f.token.id);
  c.id("user", f.token.user);
  c.secret_hash("secret_hash", f.token.secret_hash);
  c.time("created_at", f.token.created_at);
  c.time("expires_at", f.token.expires_at);
  c.time("used_at", f.token.used_at);
}

void touch(footprint& print, const add_reset_token& f) {
  print.writes(thing::user, f.token.user);
  print.writes(thing::token, f.token.id);
}

std::optional<failure> write(runner& on, const add_reset_token& f, written&) {
  const auto& t = f.token;
  const auto user = to_string(t.user);
  on.run(sql::forget_reset_tokens, {user, time_text(t.created_at - kept_after_expiry)});
  const auto added =
      on.run(sql::add_reset_token,
             {key_number(t.id), user, t.secret_hash, time_text(t.created_at),
              time_text(t.expires_at), time_or_null(t.used_at), std::string(name_of(t.purpose))});
  if (added > 0) return std::nullopt;
  if (on.run(sql::share_user, {user}) == 0) return losing(error_code::user_not_found);
  return losing(error_code::conflict, "id", "the id is taken");
}

// -- use_reset_token ------------------------------------------------------------------

void check(fact_checker& c, const use_reset_token& f) {
  c.id("user", f.user);
  c.text("secret_hash", std::string_view(f.secret_hash), secret_hash_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const use_reset_token& f) {
  print.writes(thing::user, f.user);
  print.writes(thing::token, f.id);
}

std::optional<failure> write(runner& on, const use_reset_token& f, written&) {
  const auto user = to_string(f.user);
  // Locks the user first: a unit that then uses up the other tokens could deadlock otherwise.
  const auto there = on.run(sql::share_user, {user});
  const auto won = on.run(sql::use_reset_token, {key_number(f.id), user, f.secret_hash,
                                                 time_text(f.at), std::string(name_of(f.purpose))});
  if (there == 0 || won == 0) return losing(error_code::token_invalid);
  return std::nullopt;
}

// -- use_up_reset_tokens --------------------------------------------------------------

void check(fact_checker& c, const use_up_reset_tokens& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const use_up_reset_tokens& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const use_up_reset_tokens& f, written&) {
  using enum use_up_reset_tokens::kind;
  const auto& used_up = f.which == every_token ? sql::use_up_tokens
                        : f.which == resets    ? sql::use_up_reset_tokens
                                               : sql::use_up_passphrase_tokens;
  const auto user = to_string(f.user);
  on.run(sql::share_user, {user});
  on.run(used_up, {user, time_text(f.at)});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const find_recovery& q) {
  find_recovery::answer found;
  on.run(sql::find_recovery, {to_string(q.user)},
         [&found](const row_source& row) { found = secret(text_or(row, 0)); });
  return found;
}

finding answer(runner& on, const find_reset_token& q) {
  find_reset_token::answer found;
  on.run(sql::find_reset_token, {key_number(q.id)}, [&found](const row_source& row) {
    const auto user = to_user_id(row.text(1));
    const auto created = time_at(row, 3);
    const auto expires = time_at(row, 4);
    if (!user || !created || !expires) return;
    reset_token_record token;
    token.id = key_at(row, 0);
    token.purpose = sql::token_purpose_named(row.text(6).value_or(""));
    token.user = *user;
    token.secret_hash = text_or(row, 2);
    token.created_at = *created;
    token.expires_at = *expires;
    token.used_at = time_at(row, 5);
    found = std::move(token);
  });
  return found;
}

topic recovery_topic() {
  static constexpr fact_rules facts[] = {rules_for<set_recovery>(), rules_for<remove_recovery>(),
                                         rules_for<add_reset_token>(), rules_for<use_reset_token>(),
                                         rules_for<use_up_reset_tokens>()};
  static constexpr query_rules queries[] = {rules_for_query<find_recovery>(),
                                            rules_for_query<find_reset_token>()};
  return {facts, queries};
}

} // namespace latchkey::storage

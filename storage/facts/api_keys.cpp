// The API keys of users.
#include "storage/facts/rules/topic.hpp"
#include "storage/sql/fragments.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement list_api_keys{
    "list_api_keys",
    "SELECT id, user_id, name, prefix, secret_hash, scopes, created_at, expires_at, last_used_at, "
    "revoked_at FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL "
    "AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at, id LIMIT $3"};
constexpr statement forget_dead_keys{
    "forget_dead_keys",
    "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE user_id = $1 "
    "AND (revoked_at IS NOT NULL OR expires_at <= $2) ORDER BY created_at DESC, id DESC "
    "LIMIT $4 OFFSET $3)"};
constexpr statement count_live_keys{
    "count_live_keys", "SELECT count(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL "
                       "AND (expires_at IS NULL OR expires_at > $2)"};
constexpr statement add_api_key{
    "add_api_key",
    "INSERT INTO api_keys (id, user_id, name, prefix, secret_hash, scopes, created_at, expires_at, "
    "last_used_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
    "ON CONFLICT DO NOTHING RETURNING id"};
constexpr statement revoke_api_key{"revoke_api_key",
                                   "UPDATE api_keys SET revoked_at = $3 WHERE id = $1 "
                                   "AND user_id = $2 AND revoked_at IS NULL RETURNING id"};
constexpr statement revoke_api_keys_of{"revoke_api_keys_of",
                                       "UPDATE api_keys SET revoked_at = $2 WHERE user_id = $1 "
                                       "AND revoked_at IS NULL"};
constexpr statement touch_api_key LATCHKEY_TOUCH_KEY("api_keys", "touch_api_key");

} // namespace
} // namespace sql

namespace {

/// Revoked and expired keys of a user: the newest are kept, and each new key removes a few others.
constexpr std::int64_t dead_keys_kept_max = 100;

constexpr std::int64_t dead_keys_forgotten_max = 16;

std::optional<api_key_record> to_api_key(const row_source& row) {
  const auto user = to_user_id(row.text(1));
  const auto created = time_at(row, 6);
  if (!user || !created) return std::nullopt;
  api_key_record key;
  key.id = key_at(row, 0);
  key.user = *user;
  key.name = text_or(row, 2);
  key.prefix = text_or(row, 3);
  key.secret_hash = text_or(row, 4);
  key.scopes = words_at(row, 5);
  key.created_at = *created;
  key.expires_at = time_at(row, 7);
  key.last_used_at = time_at(row, 8);
  key.revoked_at = time_at(row, 9);
  return key;
}

} // namespace

// -- add_api_key ----------------------------------------------------------------------

void check(fact_checker& c, const add_api_key& f) {
  const auto& k = f.key;
  c.id("id", k.id);
  c.id("user", k.user);
  c.text("name", k.name, key_name_chars_max);
  c.text("prefix", k.prefix, key_prefix_chars_max);
  c.secret_hash("secret_hash", k.secret_hash);
  c.words("scopes", k.scopes);
  c.time("created_at", k.created_at);
  c.time("expires_at", k.expires_at);
  c.time("last_used_at", k.last_used_at);
  c.time("revoked_at", k.revoked_at);
}

void touch(footprint& print, const add_api_key& f) {
  print.writes(thing::user, f.key.user); // the user's keys are counted
  if (f.session) print.reads_session(*f.session);
  print.writes(thing::api_key, f.key.id);
}

std::optional<failure> write(runner& on, const add_api_key& f, written&) {
  const auto& k = f.key;
  const auto user = to_string(k.user);
  const auto now = time_text(k.created_at);
  // Other transactions that add a key for this user wait here, so the count is exact.
  if (on.run(sql::share_user, {user}) == 0) return losing(error_code::user_not_found);
  // Ending a session locks the user's row as well, so the end is seen here.
  if (f.session && on.run(sql::session_lives, {to_string(*f.session), user}) == 0)
    return losing(error_code::token_invalid);
  on.run(sql::forget_dead_keys, {user, now, dead_keys_kept_max, dead_keys_forgotten_max});
  if (reaches(count_of(on, sql::count_live_keys, {user, now}), f.max))
    return losing(error_code::quota_exceeded, "api_keys");
  const auto added =
      on.run(sql::add_api_key, {key_number(k.id), user, k.name, k.prefix, k.secret_hash,
                                join_words(k.scopes), now, time_or_null(k.expires_at),
                                time_or_null(k.last_used_at), time_or_null(k.revoked_at)});
  if (added == 0) return losing(error_code::conflict, "id", "is taken");
  return std::nullopt;
}

// -- revoke_api_key -------------------------------------------------------------------

void check(fact_checker& c, const revoke_api_key& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const revoke_api_key& f) {
  print.writes(thing::user, f.user);
  print.writes(thing::api_key, f.id);
}

std::optional<failure> write(runner& on, const revoke_api_key& f, written&) {
  const auto revoked =
      on.run(sql::revoke_api_key, {key_number(f.id), to_string(f.user), time_text(f.at)});
  if (revoked == 0) return losing(error_code::not_found, "id");
  return std::nullopt;
}

// -- revoke_api_keys_of ---------------------------------------------------------------

void check(fact_checker& c, const revoke_api_keys_of& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const revoke_api_keys_of& f) {
  print.writes(thing::user, f.user);
}

std::optional<failure> write(runner& on, const revoke_api_keys_of& f, written&) {
  const auto user = to_string(f.user);
  on.run(sql::share_user, {user}); // a transaction that adds a key waits
  on.run(sql::revoke_api_keys_of, {user, time_text(f.at)});
  return std::nullopt;
}

// -- touch_api_key --------------------------------------------------------------------

void check(fact_checker& c, const touch_api_key& f) {
  c.time("at", f.at);
}

void touch(footprint&, const touch_api_key&) {}

std::optional<failure> write(runner& on, const touch_api_key& f, written&) {
  on.run(sql::touch_api_key, {key_number(f.id), time_text(f.at)});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_api_keys& q) {
  list_api_keys::answer keys;
  on.run(sql::list_api_keys,
         {to_string(q.user), time_text(q.now), static_cast<std::int64_t>(api_keys_read_max)},
         [&](const row_source& row) {
           if (auto key = to_api_key(row)) keys.push_back(std::move(*key));
         });
  return keys;
}

topic api_keys_topic() {
  static constexpr fact_rules facts[] = {rules_for<add_api_key>(), rules_for<revoke_api_key>(),
                                         rules_for<revoke_api_keys_of>(),
                                         rules_for<touch_api_key>()};
  static constexpr query_rules queries[] = {rules_for_query<list_api_keys>()};
  return {facts, queries};
}

} // namespace latchkey::storage

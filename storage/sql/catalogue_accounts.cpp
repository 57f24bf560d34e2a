#include "storage/sql/catalogue_accounts.hpp"

#include "storage/sql/row_columns.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

const statement find_user_by_number{"find_user_by_number", LATCHKEY_USER_ROW "WHERE u.number = $1"};
// Which ones comes first, from an index alone: the pages before are passed over without a look at
// their rows.
const statement list_users{"list_users", LATCHKEY_USER_ROW
                           "WHERE u.number IN (SELECT number FROM users ORDER BY number "
                           "LIMIT $1 OFFSET $2) ORDER BY u.number"};
const statement list_users_by_state{
    "list_users_by_state", LATCHKEY_USER_ROW
    "WHERE u.number IN (SELECT number FROM users WHERE is_active = $3 ORDER BY number "
    "LIMIT $1 OFFSET $2) ORDER BY u.number"};
const statement count_by_state{"count_by_state", "SELECT count(*) FROM users WHERE is_active = $1"};
const statement users_after{"users_after",
                            LATCHKEY_USER_ROW "WHERE u.number > $1 ORDER BY u.number LIMIT $2"};
const statement find_profile{
    "find_profile",
    "SELECT company, phone, avatar_url, preferences FROM user_profiles WHERE user_id = $1"};
const statement find_recovery{
    "find_recovery", "SELECT passphrase_hash FROM recovery_passphrases WHERE user_id = $1"};
const statement find_reset_token{"find_reset_token",
                                 "SELECT id, user_id, secret_hash, created_at, expires_at, "
                                 "used_at, purpose FROM reset_tokens WHERE id = $1"};
#define LATCHKEY_LIVE_SESSIONS                                                                     \
  LATCHKEY_SESSION_ROW "WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 "        \
                       "AND s.rotated_at > $3 "
#define LATCHKEY_NEWEST_SESSIONS "ORDER BY s.created_at DESC, s.id DESC LIMIT $4"
const statement live_sessions_of{"live_sessions_of",
                                 LATCHKEY_LIVE_SESSIONS LATCHKEY_NEWEST_SESSIONS};
// The last condition is that of the index.
const statement held_sessions_of{
    "held_sessions_of",
    LATCHKEY_LIVE_SESSIONS "AND s.held_by = $5 AND s.held_by <> '' " LATCHKEY_NEWEST_SESSIONS};

// -- users: what is looked at before one is changed ------------------------------------

const statement hold_user{"hold_user", "SELECT version, role, is_active FROM users WHERE id = $1",
                          "SELECT version, role, is_active FROM users WHERE id = $1 FOR UPDATE"};
const statement share_user{
    "share_user", "SELECT version, role, is_active FROM users WHERE id = $1",
    "SELECT version, role, is_active FROM users WHERE id = $1 FOR NO KEY UPDATE"};
const statement lock_admins{"lock_admins", nullptr,
                            "SELECT pg_advisory_xact_lock(7811032165094213)"};
const statement other_admins{"other_admins",
                             "SELECT 1 FROM users WHERE is_active "
                             "AND role IN ('admin', 'superuser') AND id <> $1 LIMIT 1"};
const statement hold_role{"hold_role", "SELECT 1 FROM roles WHERE name = $1",
                          "SELECT 1 FROM roles WHERE name = $1 FOR KEY SHARE"};
const statement names_of{"names_of", "SELECT name_key, kind FROM login_names WHERE user_id = $1 "
                                     "AND kind <> 'skeleton'"};
const statement names_beyond_ascii{
    "names_beyond_ascii",
    "SELECT name_key, user_id FROM login_names WHERE kind = 'username' "
    "AND length(name_key) <> length(CAST(name_key AS BLOB)) ORDER BY user_id",
    "SELECT name_key, user_id FROM login_names WHERE kind = 'username' "
    "AND length(name_key) <> octet_length(name_key) ORDER BY user_id"};

// A column a budget, in the order of failure_budget.
const statement count_failures_of[failure_budgets] = {
    {"count_failures_of_strangers",
     "UPDATE users SET failures_of_strangers = failures_of_strangers + $2 WHERE id = $1"},
    {"count_failures_of_known_clients",
     "UPDATE users SET failures_of_known_clients = failures_of_known_clients + $2 WHERE id = $1"},
    {"count_failures_of_signed_in",
     "UPDATE users SET failures_of_signed_in = failures_of_signed_in + $2 WHERE id = $1"}};
const statement forget_failures{
    "forget_failures", "UPDATE users SET failures_of_strangers = 0, failures_of_known_clients = 0, "
                       "failures_of_signed_in = 0 WHERE id = $1"};

// -- users: what changes one -----------------------------------------------------------

// NULL leaves a column as it is.
const statement change_user{
    "change_user",
    "UPDATE users SET version = version + 1, updated_at = $3, username = COALESCE($4, username), "
    "email = COALESCE($5, email), role = COALESCE($6, role), "
    "client_id = COALESCE($7, client_id), is_active = COALESCE($8, is_active), "
    "email_verified = COALESCE($9, email_verified), synced_at = COALESCE($10, synced_at), "
    "brought_by = COALESCE($11, brought_by) "
    "WHERE id = $1 AND version = $2 RETURNING id"};

// The same, and empty text becomes NULL. PostgreSQL's own form says what is JSON.
const statement change_profile{
    "change_profile",
    "INSERT INTO user_profiles (user_id, created_at, updated_at, first_name, last_name, "
    "full_name, company, phone, avatar_url, preferences) VALUES ($1, $2, $2, NULLIF($3, ''), "
    "NULLIF($4, ''), NULLIF($5, ''), NULLIF($6, ''), NULLIF($7, ''), NULLIF($8, ''), "
    "NULLIF($9, '')) ON CONFLICT (user_id) DO UPDATE SET updated_at = $2, "
    "first_name = NULLIF(COALESCE($3, user_profiles.first_name), ''), "
    "last_name = NULLIF(COALESCE($4, user_profiles.last_name), ''), "
    "full_name = NULLIF(COALESCE($5, user_profiles.full_name), ''), "
    "company = NULLIF(COALESCE($6, user_profiles.company), ''), "
    "phone = NULLIF(COALESCE($7, user_profiles.phone), ''), "
    "avatar_url = NULLIF(COALESCE($8, user_profiles.avatar_url), ''), "
    "preferences = NULLIF(COALESCE($9, user_profiles.preferences), '')",
    "INSERT INTO user_profiles (user_id, created_at, updated_at, first_name, last_name, "
    "full_name, company, phone, avatar_url, preferences) VALUES ($1, $2, $2, "
    "NULLIF($3::text, ''), NULLIF($4::text, ''), NULLIF($5::text, ''), NULLIF($6::text, ''), "
    "NULLIF($7::text, ''), NULLIF($8::text, ''), NULLIF($9::text, '')::json) "
    "ON CONFLICT (user_id) DO UPDATE SET updated_at = $2, "
    "first_name = NULLIF(COALESCE($3::text, user_profiles.first_name), ''), "
    "last_name = NULLIF(COALESCE($4::text, user_profiles.last_name), ''), "
    "full_name = NULLIF(COALESCE($5::text, user_profiles.full_name), ''), "
    "company = NULLIF(COALESCE($6::text, user_profiles.company), ''), "
    "phone = NULLIF(COALESCE($7::text, user_profiles.phone), ''), "
    "avatar_url = NULLIF(COALESCE($8::text, user_profiles.avatar_url), ''), "
    "preferences = CASE WHEN $9::text IS NULL THEN user_profiles.preferences "
    "ELSE NULLIF($9::text, '')::json END"};

const statement drop_names{"drop_names", "DELETE FROM login_names WHERE user_id = $1"};
const statement drop_sessions{"drop_sessions", "DELETE FROM sessions WHERE user_id = $1 "
                                               "RETURNING ended_at IS NULL AND expires_at > $2"};
const statement drop_profile{"drop_profile", "DELETE FROM user_profiles WHERE user_id = $1"};
const statement drop_projects{"drop_projects", "DELETE FROM projects WHERE owner_id = $1"};
const statement drop_subscription{"drop_subscription",
                                  "DELETE FROM subscriptions WHERE user_id = $1"};
const statement drop_user{"drop_user", "DELETE FROM users WHERE id = $1"};

// -- recovery --------------------------------------------------------------------------

const statement put_recovery{
    "put_recovery",
    "INSERT INTO recovery_passphrases (user_id, passphrase_hash, updated_at) "
    "SELECT id, $2, $3 FROM users WHERE id = $1 ON CONFLICT (user_id) DO UPDATE SET "
    "passphrase_hash = EXCLUDED.passphrase_hash, updated_at = EXCLUDED.updated_at "
    "RETURNING user_id"};
const statement drop_recovery{"drop_recovery",
                              "DELETE FROM recovery_passphrases WHERE user_id = $1"};
const statement mark_used{"mark_used",
                          "UPDATE users SET used_at = $2 WHERE id = $1 AND used_at IS NULL"};
const statement add_reset_token{
    "add_reset_token",
    "INSERT INTO reset_tokens (id, user_id, secret_hash, created_at, expires_at, used_at, "
    "purpose) SELECT $1, id, $3, $4, $5, $6, $7 FROM users WHERE id = $2 ON CONFLICT DO NOTHING "
    "RETURNING id"};
const statement forget_reset_tokens{
    "forget_reset_tokens", "DELETE FROM reset_tokens WHERE user_id = $1 AND expires_at < $2"};
const statement use_reset_token{
    "use_reset_token",
    "UPDATE reset_tokens SET used_at = $4 WHERE id = $1 AND user_id = $2 AND secret_hash = $3 "
    "AND used_at IS NULL AND expires_at > $4 AND purpose = $5 RETURNING id"};
const statement use_up_tokens{
    "use_up_tokens", "UPDATE reset_tokens SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL"};
const statement use_up_reset_tokens{"use_up_reset_tokens",
                                    "UPDATE reset_tokens SET used_at = $2 WHERE user_id = $1 "
                                    "AND used_at IS NULL AND purpose <> 'email_verification'"};
const statement use_up_passphrase_tokens{"use_up_passphrase_tokens",
                                         "UPDATE reset_tokens SET used_at = $2 WHERE user_id = $1 "
                                         "AND used_at IS NULL AND purpose = 'passphrase_reset'"};

// -- sessions ------------------------------------------------------------------------

// KEY SHARE as for a session that is opened: whoever waited for a deactivation looks again.
#define LATCHKEY_UPSERT_SESSION(lock)                                                              \
  "INSERT INTO sessions (id, user_id, counter, salt, opened_by, user_agent, address, created_at, " \
  "rotated_at, expires_at, last_seen_at, ended_at, held_by) "                                      \
  "SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM users "                      \
  "WHERE id = $2 AND is_active " lock "ON CONFLICT (id) DO UPDATE SET "                            \
  "expires_at = EXCLUDED.expires_at, last_seen_at = EXCLUDED.last_seen_at, "                       \
  "rotated_at = CASE WHEN sessions.opened_by = 'integration' THEN EXCLUDED.rotated_at "            \
  "ELSE sessions.rotated_at END, "                                                                 \
  "user_agent = COALESCE(NULLIF(EXCLUDED.user_agent, ''), sessions.user_agent), "                  \
  "address = COALESCE(NULLIF(EXCLUDED.address, ''), sessions.address) "                            \
  "WHERE sessions.user_id = EXCLUDED.user_id AND sessions.ended_at IS NULL "                       \
  "AND sessions.expires_at > EXCLUDED.last_seen_at RETURNING id"
const statement upsert_session{"upsert_session", LATCHKEY_UPSERT_SESSION(""),
                               LATCHKEY_UPSERT_SESSION("FOR KEY SHARE ")};

#define LATCHKEY_FORGET_SESSIONS(lock)                                                             \
  "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions "                                     \
  "WHERE COALESCE(ended_at, expires_at) < $1 "                                                     \
  "ORDER BY COALESCE(ended_at, expires_at) LIMIT $2" lock ") RETURNING id"
const statement forget_sessions{"forget_sessions", LATCHKEY_FORGET_SESSIONS(""),
                                LATCHKEY_FORGET_SESSIONS(" FOR UPDATE SKIP LOCKED")};
#define LATCHKEY_FORGET_AUDITS(lock)                                                               \
  "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 "                     \
  "ORDER BY at LIMIT $2" lock ") RETURNING id"
const statement forget_audits{"forget_audits", LATCHKEY_FORGET_AUDITS(""),
                              LATCHKEY_FORGET_AUDITS(" FOR UPDATE SKIP LOCKED")};

// It may be lost, so it waits for nobody who holds the row.
const statement touch_session{
    "touch_session",
    "UPDATE sessions SET last_seen_at = CASE WHEN last_seen_at > $2 THEN last_seen_at ELSE $2 END, "
    "seen_counter = MAX(seen_counter, $3) WHERE id = $1 AND ended_at IS NULL "
    "AND (last_seen_at IS NULL OR last_seen_at < $2 OR seen_counter < $3)",
    "WITH free AS MATERIALIZED (SELECT id FROM sessions WHERE id = $1 AND ended_at IS NULL "
    "AND (last_seen_at IS NULL OR last_seen_at < $2 OR seen_counter < $3) "
    "FOR NO KEY UPDATE SKIP LOCKED) "
    "UPDATE sessions s SET last_seen_at = GREATEST(s.last_seen_at, $2), "
    "seen_counter = GREATEST(s.seen_counter, $3) FROM free WHERE s.id = free.id"};

} // namespace latchkey::storage::sql

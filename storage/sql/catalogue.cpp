#include "storage/sql/catalogue.hpp"

#include "storage/sql/fragments.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

const statement find_login{"find_login", "SELECT user_id FROM login_names WHERE name_key = $1 "
                                         "AND kind <> 'skeleton'"};
const statement find_user{"find_user", LATCHKEY_USER_ROW "WHERE u.id = $1"};
const statement find_session{"find_session", LATCHKEY_SESSION_ROW "WHERE s.id = $1"};
const statement count_users{"count_users", "SELECT count(*) FROM users"};
// The embedded file is read, for it answers `SELECT 1` without it.
const statement ping{"ping", "SELECT max(version) FROM schema_migrations", "SELECT 1"};

// -- writers -----------------------------------------------------------------------

// ON CONFLICT without a target, for id, number and email may each collide.
const statement add_user{
    "add_user",
    "INSERT INTO users (id, number, username, email, password_hash, role, client_id, "
    "subscription_tier, is_active, email_verified, version, created_at, updated_at, last_login_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
    "ON CONFLICT DO NOTHING RETURNING id",
    // The foreign keys are checked when the whole statement ends, so the three tables are
    // filled by one. A name that is taken leaves its row out: the count tells.
    "WITH input AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], "
    "$5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::boolean[], "
    "$11::bigint[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::text[], "
    "$16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[]) "
    "AS t(id, number, username, email, password_hash, role, client_id, tier, is_active, "
    "email_verified, version, created_at, updated_at, last_login_at, first_name, last_name, "
    "full_name, username_key, email_key, skeleton, capitals)), "
    "added AS (INSERT INTO users (id, number, username, email, password_hash, role, client_id, "
    "subscription_tier, is_active, email_verified, version, created_at, updated_at, last_login_at) "
    "SELECT id, CASE WHEN number = 0 THEN nextval('users_number_seq') ELSE number END, username, "
    "email, password_hash, role, client_id, tier, is_active, email_verified, version, created_at, "
    "updated_at, last_login_at FROM input ON CONFLICT DO NOTHING RETURNING id, number), "
    "profiled AS (INSERT INTO user_profiles (user_id, first_name, last_name, full_name, "
    "created_at, updated_at) SELECT i.id, NULLIF(i.first_name, ''), NULLIF(i.last_name, ''), "
    "NULLIF(i.full_name, ''), i.created_at, i.updated_at FROM input i "
    "JOIN added a ON a.id = i.id), "
    "named AS (INSERT INTO login_names (name_key, user_id, kind) SELECT n.name_key, n.user_id, "
    "n.kind FROM (SELECT username_key, id, CASE WHEN username_key = email_key THEN 'both' "
    "ELSE 'username' END FROM input UNION ALL SELECT email_key, id, 'email' FROM input "
    "WHERE email_key <> username_key UNION ALL SELECT skeleton, id, 'skeleton' FROM input "
    "WHERE skeleton <> '' UNION ALL SELECT capitals, id, 'skeleton' FROM input "
    "WHERE capitals <> '') AS n(name_key, user_id, kind) "
    "JOIN added a ON a.id = n.user_id ORDER BY n.name_key "
    "ON CONFLICT DO NOTHING RETURNING user_id) "
    "SELECT a.id, a.number, (SELECT count(*) FROM named n WHERE n.user_id = a.id) FROM added a"};

const statement add_profile{
    "add_profile",
    "INSERT INTO user_profiles (user_id, first_name, last_name, full_name, created_at, updated_at) "
    "VALUES ($1, NULLIF($2, ''), NULLIF($3, ''), NULLIF($4, ''), $5, $6)"};

const statement add_login_name{"add_login_name",
                               "INSERT INTO login_names (name_key, user_id, kind) "
                               "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING name_key"};

const statement set_password{
    "set_password",
    "UPDATE users SET password_hash = $3, version = version + 1, updated_at = $4 "
    "WHERE id = $1 AND version = $2 RETURNING id",
    "UPDATE users u SET password_hash = i.password_hash, version = u.version + 1, "
    "updated_at = i.at FROM unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[]) "
    "AS i(id, based_on, password_hash, at) "
    "WHERE u.id = i.id AND u.version = i.based_on RETURNING u.id"};

// SHARE waits for whoever changes the user's row, and keeps it from being changed before COMMIT: a
// statement that has waited looks at version and is_active again.
const statement add_session{
    "add_session",
    "INSERT INTO sessions (id, user_id, counter, salt, opened_by, user_agent, address, created_at, "
    "rotated_at, expires_at, last_seen_at, ended_at, auth_methods, authenticated_at, "
    "awaits_second_factor) "
    "SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $8, $11, $13, $14, $15 FROM users "
    "WHERE id = $2 AND is_active AND (CAST($12 AS BIGINT) = 0 OR version = CAST($12 AS BIGINT)) "
    "ON CONFLICT DO NOTHING RETURNING id",
    "INSERT INTO sessions (id, user_id, counter, salt, opened_by, user_agent, address, created_at, "
    "rotated_at, expires_at, last_seen_at, ended_at, auth_methods, authenticated_at, "
    "awaits_second_factor) "
    "SELECT i.id, u.id, i.counter, i.salt, i.opened_by, i.user_agent, i.address, i.created_at, "
    "i.rotated_at, i.expires_at, i.created_at, i.ended_at, i.auth_methods, i.authenticated_at, "
    "i.awaits_second_factor <> 0 "
    "FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::text[], "
    "$7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], "
    "$12::bigint[], $13::bigint[], $14::timestamptz[], $15::bigint[]) "
    "AS i(id, user_id, counter, salt, opened_by, user_agent, address, created_at, rotated_at, "
    "expires_at, ended_at, user_version, auth_methods, authenticated_at, awaits_second_factor) "
    "JOIN users u ON u.id = i.user_id WHERE u.is_active "
    "AND (i.user_version = 0 OR u.version = i.user_version) "
    "FOR SHARE OF u ON CONFLICT DO NOTHING RETURNING id"};

const statement rotate_session{
    "rotate_session",
    "UPDATE sessions SET counter = counter + 1, rotated_at = $3, last_seen_at = $3 "
    "WHERE id = $1 AND counter = $2 AND ended_at IS NULL AND expires_at > $3 RETURNING id",
    "UPDATE sessions s SET counter = s.counter + 1, rotated_at = i.at, last_seen_at = i.at "
    "FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS i(id, counter, at) "
    "WHERE s.id = i.id AND s.counter = i.counter AND s.ended_at IS NULL AND s.expires_at > i.at "
    "RETURNING s.id"};

const statement end_session{
    "end_session",
    "UPDATE sessions SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL "
    "RETURNING id, expires_at > $2",
    "UPDATE sessions s SET ended_at = i.at, end_reason = i.reason "
    "FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS i(id, at, reason) "
    "WHERE s.id = i.id AND s.ended_at IS NULL RETURNING s.id, s.expires_at > i.at"};

const statement end_sessions_of{
    "end_sessions_of",
    "UPDATE sessions SET ended_at = $3, end_reason = $4 "
    "WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL AND expires_at > $3 RETURNING user_id",
    "UPDATE sessions s SET ended_at = i.at, end_reason = i.reason "
    "FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) "
    "AS i(user_id, keep, at, reason) "
    "WHERE s.user_id = i.user_id AND s.id <> i.keep AND s.ended_at IS NULL "
    "AND s.expires_at > i.at RETURNING s.user_id"};

// A line that is sent again after an unknown outcome exists already.
const statement add_audit{
    "add_audit",
    "INSERT INTO audit_log (id, at, action, user_id, session_id, address, request_id, reason, "
    "actor) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    "INSERT INTO audit_log (id, at, action, user_id, session_id, address, request_id, reason, "
    "actor) "
    "SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], "
    "$6::text[], $7::text[], $8::text[], $9::text[]) ON CONFLICT DO NOTHING"};

// A batch may hold several logins of one user: the latest counts. The fact may be lost, so the
// statement skips rows that another transaction has locked.
const statement touch_login{
    "touch_login",
    "UPDATE users SET last_login_at = $2 "
    "WHERE id = $1 AND (last_login_at IS NULL OR last_login_at < $2)",
    "WITH free AS MATERIALIZED (SELECT u.id, i.at FROM users u "
    "JOIN (SELECT t.id, max(t.at) FROM unnest($1::text[], $2::timestamptz[]) AS t(id, at) "
    "GROUP BY t.id) AS i(id, at) ON u.id = i.id "
    "WHERE u.last_login_at IS NULL OR u.last_login_at < i.at "
    "FOR NO KEY UPDATE OF u SKIP LOCKED) "
    "UPDATE users u SET last_login_at = free.at FROM free WHERE u.id = free.id"};

const statement names_taken{"names_taken",
                            "SELECT name_key, user_id FROM login_names WHERE name_key = $1",
                            "SELECT name_key, user_id FROM login_names "
                            "WHERE name_key = ANY ($1::text[])"};
const statement users_present{
    "users_present", "SELECT id, is_active, version FROM users WHERE id = $1",
    "SELECT id, is_active, version FROM users WHERE id = ANY ($1::text[])"};
// Before sessions of these users are ended: a sign-in that is being written comes before or after.
const statement hold_users{"hold_users", nullptr,
                           "SELECT id FROM users WHERE id = ANY ($1::text[]) ORDER BY id "
                           "FOR NO KEY UPDATE"};
const statement numbers_taken{"numbers_taken", "SELECT number FROM users WHERE number = $1",
                              "SELECT number FROM users WHERE number = ANY ($1::bigint[])"};
// The column is unique as it is written, too.
const statement email_taken{"email_taken", "SELECT id FROM users WHERE email = $1",
                            "SELECT id FROM users WHERE email = ANY ($1::text[])"};
const statement ids_taken{"ids_taken", "SELECT id FROM users WHERE id = $1",
                          "SELECT id FROM users WHERE id = ANY ($1::text[])"};

// -- what several topics ask first -----------------------------------------------------

const statement share_user{
    "share_user", "SELECT version, role, is_active FROM users WHERE id = $1",
    "SELECT version, role, is_active FROM users WHERE id = $1 FOR NO KEY UPDATE"};
const statement session_lives{
    "session_lives", "SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2 AND ended_at IS NULL"};
const statement keep_user{"keep_user", "SELECT 1 FROM users WHERE id = $1",
                          "SELECT 1 FROM users WHERE id = $1 FOR KEY SHARE"};
const statement hold_role{"hold_role", "SELECT 1 FROM roles WHERE name = $1",
                          "SELECT 1 FROM roles WHERE name = $1 FOR KEY SHARE"};
const statement other_admins{"other_admins",
                             "SELECT 1 FROM users WHERE is_active "
                             "AND role IN ('admin', 'superuser') AND id <> $1 LIMIT 1"};

// -- the numbers of users ------------------------------------------------------------

// Skips numbers that imports have chosen, a whole block of them at once.
const statement next_number{
    "next_number",
    "UPDATE user_numbers SET last_number = CASE WHEN NOT EXISTS (SELECT 1 FROM users u "
    "WHERE u.number = user_numbers.last_number + 1) THEN last_number + 1 "
    "ELSE (SELECT u.number + 1 FROM users u WHERE u.number > user_numbers.last_number "
    "AND NOT EXISTS (SELECT 1 FROM users v WHERE v.number = u.number + 1) "
    "ORDER BY u.number LIMIT 1) END RETURNING last_number"};
// The same for the sequence, which only ever moves forward.
const statement pass_over_numbers{
    "pass_over_numbers", nullptr,
    "SELECT max(n) FROM (SELECT nextval('users_number_seq') AS n FROM generate_series(1, "
    "(SELECT u.number - s.first + 1 FROM users u, (SELECT CASE WHEN is_called "
    "THEN last_value + 1 ELSE last_value END AS first FROM users_number_seq) AS s "
    "WHERE EXISTS (SELECT 1 FROM users f WHERE f.number = s.first) AND u.number >= s.first "
    "AND NOT EXISTS (SELECT 1 FROM users v WHERE v.number = u.number + 1) "
    "ORDER BY u.number LIMIT 1))) AS passed"};
const statement move_number{"move_number",
                            "UPDATE user_numbers SET last_number = $1 WHERE last_number < $1",
                            "SELECT setval('users_number_seq', $1::bigint) FROM users_number_seq "
                            "WHERE last_value < $1::bigint OR NOT is_called"};
const statement share_numbers{"share_numbers", nullptr,
                              "SELECT pg_advisory_xact_lock_shared(7811032165094212)"};
const statement own_numbers{"own_numbers", nullptr,
                            "SELECT pg_advisory_xact_lock(7811032165094212)"};

// -- the fate of a transaction ---------------------------------------------------------

const statement mark_commit{
    "mark_commit", nullptr,
    "INSERT INTO commit_marks (writer, transaction_number, at, member) "
    "VALUES ($1, $2, now(), $3) "
    "ON CONFLICT (writer) DO UPDATE SET transaction_number = EXCLUDED.transaction_number, "
    "at = EXCLUDED.at, member = EXCLUDED.member"};
// An insert, because it waits for a transaction in flight that writes the same row, even
// one that writes it for the first time; a SELECT would not see that one.
const statement read_mark{
    "read_mark", nullptr,
    "INSERT INTO commit_marks (writer, transaction_number, at, member) VALUES ($1, 0, now(), $2) "
    "ON CONFLICT (writer) DO UPDATE SET at = EXCLUDED.at "
    "RETURNING commit_marks.transaction_number"};
const statement end_own_backends{"end_own_backends", nullptr,
                                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                 "WHERE application_name = $1 AND pid <> pg_backend_pid()"};

// -- the members of a cluster ------------------------------------------------------------

const statement add_member{
    "add_member", nullptr,
    "INSERT INTO cluster_members "
    "(id, node, address, terms, joined_at, heartbeat_at, gapless_since) "
    "VALUES ($1, $2, $3, $4, clock_timestamp(), clock_timestamp(), clock_timestamp())"};
const statement find_other_terms{
    "find_other_terms", nullptr,
    "SELECT terms, address FROM cluster_members WHERE terms <> $1 AND terms <> '' LIMIT 1"};
const statement beat_member{
    "beat_member", nullptr,
    "UPDATE cluster_members SET heartbeat_at = clock_timestamp(), gapless_since = CASE "
    "WHEN heartbeat_at <= clock_timestamp() - $2::bigint * interval '1 microsecond' "
    "THEN clock_timestamp() ELSE gapless_since END WHERE id = $1"};
const statement list_members{
    "list_members", nullptr,
    "SELECT id, node, address, terms, is_open, "
    "(extract(epoch FROM clock_timestamp() - heartbeat_at) * 1000000)::bigint, "
    "(extract(epoch FROM clock_timestamp() - gapless_since) * 1000000)::bigint "
    "FROM cluster_members ORDER BY id"};
const statement open_member{"open_member", nullptr,
                            "UPDATE cluster_members SET is_open = TRUE WHERE id = $1 RETURNING id"};
const statement remove_member{"remove_member", nullptr,
                              "DELETE FROM cluster_members WHERE id = $1"};
const statement list_lives{"list_lives", nullptr, "SELECT id FROM cluster_members WHERE node = $1"};
const statement end_member_backends{"end_member_backends", nullptr,
                                    "SELECT pg_terminate_backend(a.pid) FROM commit_marks m "
                                    "JOIN pg_stat_activity a ON a.application_name = m.writer "
                                    "WHERE m.member = $1 AND a.pid <> pg_backend_pid()"};
const statement is_member_silent{
    "is_member_silent", nullptr,
    "SELECT 1 FROM cluster_members silent JOIN cluster_members own ON own.id = $1 "
    "WHERE silent.id = $2 "
    "AND silent.heartbeat_at <= clock_timestamp() - $3::bigint * interval '1 microsecond' "
    "AND own.gapless_since <= clock_timestamp() - $4::bigint * interval '1 microsecond'"};
const statement fence_member{
    "fence_member", nullptr,
    "DELETE FROM cluster_members silent USING cluster_members own WHERE own.id = $1 "
    "AND silent.id = $2 "
    "AND silent.heartbeat_at <= clock_timestamp() - $3::bigint * interval '1 microsecond' "
    "AND own.gapless_since <= clock_timestamp() - $4::bigint * interval '1 microsecond' "
    "RETURNING silent.id"};

const statement forget_old_marks{"forget_old_marks", nullptr,
                                 "DELETE FROM commit_marks WHERE at < now() - interval '30 days'"};

// -- the store as a whole -------------------------------------------------------------

const statement read_note{"read_note", "SELECT value FROM store_notes WHERE name = $1"};
const statement write_note{"write_note", "INSERT INTO store_notes (name, value) VALUES ($1, $2) "
                                         "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"};
const statement any_live_session{
    "any_live_session",
    "SELECT 1 FROM sessions WHERE ended_at IS NULL AND expires_at > $1 LIMIT 1"};

// -- migrations ----------------------------------------------------------------------

const statement make_migrations_table{
    "make_migrations_table",
    "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, "
    "name VARCHAR(100) NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"};
const statement has_migrations_table{"has_migrations_table",
                                     "SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'",
                                     "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL"};
const statement newest_migration{"newest_migration",
                                 "SELECT COALESCE(max(version), 0) FROM schema_migrations"};
const statement add_migration{"add_migration",
                              "INSERT INTO schema_migrations (version, name, applied_at) "
                              "VALUES ($1, $2, $3)"};

} // namespace latchkey::storage::sql

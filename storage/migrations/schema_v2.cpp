// schema_v2.cpp — version 2: recovery, roles, keys, billing and mail.
#include "storage/migrations/versions.hpp"

#include "storage/migrations/schema_v2_registry.hpp"

namespace latchkey::storage {

namespace {

// `last_sync` of the newest sync-user that was taken ("Service Integration API
// Documentation", Sync User Data).
constexpr std::string_view synced_at = R"(
ALTER TABLE users ADD COLUMN synced_at TIMESTAMPTZ)";

// Who did it when it was not the user: audit_record::by.
constexpr std::string_view audit_actor = R"(
ALTER TABLE audit_log ADD COLUMN actor VARCHAR(255) NOT NULL DEFAULT '')";

// Removing an administrator asks whether another exists.
constexpr std::string_view active_admins = R"(
CREATE INDEX users_active_admins ON users (id)
    WHERE is_active AND role IN ('admin', 'superuser'))";

// Version 1 gave everybody one client_id that meant nothing; from here on it shares projects.
constexpr std::string_view own_clients = R"(
UPDATE users SET client_id = id WHERE client_id = 'default')";

// The pages of a list of users, counted in the index alone.
constexpr std::string_view users_by_state = R"(
CREATE INDEX users_by_state ON users (is_active, number))";

// session_record::held_by
constexpr std::string_view held_by = R"(
ALTER TABLE sessions ADD COLUMN held_by VARCHAR(64) NOT NULL DEFAULT '')";

constexpr std::string_view held_sessions = R"(
CREATE INDEX sessions_held ON sessions (user_id, held_by)
    WHERE held_by <> '' AND ended_at IS NULL)";

// For removing a user with all sessions.
constexpr std::string_view sessions_of = R"(
CREATE INDEX sessions_of_user ON sessions (user_id))";

// Ended sessions are removed oldest first.
constexpr std::string_view sessions_by_end = R"(
CREATE INDEX sessions_by_end ON sessions (COALESCE(ended_at, expires_at)))";

constexpr std::string_view audit_by_age = R"(
CREATE INDEX audit_log_by_age ON audit_log (at))";

constexpr std::string_view recovery_passphrases = R"(
CREATE TABLE recovery_passphrases (
    user_id VARCHAR(36) {key} PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
    passphrase_hash VARCHAR(255) NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
))";

constexpr std::string_view reset_tokens = R"(
CREATE TABLE reset_tokens (
    id BIGINT PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    secret_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
))";

constexpr std::string_view reset_tokens_of = R"(
CREATE INDEX reset_tokens_of_user ON reset_tokens (user_id))";

} // namespace

migration schema_v2() {
  migration step{2,
                 "0002_recovery_roles_keys_billing_mail",
                 {synced_at, audit_actor, active_admins, own_clients, users_by_state, held_by,
                  held_sessions, sessions_of, sessions_by_end, audit_by_age, recovery_passphrases,
                  reset_tokens, reset_tokens_of},
                 {},
                 {}};
  for (auto text : registry_tables())
    step.statements.push_back(text);
  return step;
}

} // namespace latchkey::storage

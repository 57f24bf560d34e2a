#include "storage/migrations/second_schema.hpp"

#include "storage/migrations/second_schema_registry.hpp"

namespace latchkey::storage {

namespace {

// `last_sync` of the newest sync-user that was taken ("Service Integration API
// Documentation", Sync User Data).
constexpr std::string_view synced_at = R"(
ALTER TABLE users ADD COLUMN synced_at TIMESTAMPTZ)";

// Who did it when it was not the user: audit_record::by.
constexpr std::string_view audit_actor = R"(
ALTER TABLE audit_log ADD COLUMN actor VARCHAR(255) NOT NULL DEFAULT '')";

// Whoever takes an administrator away asks whether another is there.
constexpr std::string_view active_admins = R"(
CREATE INDEX users_active_admins ON users (id)
    WHERE is_active AND role IN ('admin', 'superuser'))";

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

migration second_schema() {
  migration step{
      2,
      "0002_recovery_roles_keys_billing_mail",
      {synced_at, audit_actor, active_admins, recovery_passphrases, reset_tokens, reset_tokens_of},
      {},
      {}};
  for (auto text : registry_tables())
    step.statements.push_back(text);
  return step;
}

} // namespace latchkey::storage

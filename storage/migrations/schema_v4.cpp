// schema_v4.cpp — version 4: who brought a user in, whether anybody has used the account, what a
// reset token proves.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

// user_record::brought_by
constexpr std::string_view brought_by = R"(
ALTER TABLE users ADD COLUMN brought_by VARCHAR(64) NOT NULL DEFAULT '')";

// Of users from before, the audit log knows, as far back as it reaches.
constexpr std::string_view brought_by_before = R"(
UPDATE users SET brought_by = b.service FROM (
        SELECT user_id, max(substr(actor, 9)) AS service FROM audit_log
        WHERE action = 'user.registered' AND actor LIKE 'service:%' GROUP BY user_id) AS b
    WHERE b.user_id = users.id)";

// user_record::used_at
constexpr std::string_view used_at = R"(
ALTER TABLE users ADD COLUMN used_at TIMESTAMPTZ)";

// Who has signed in has a login, a session of our own or a key, unless all that was forgotten.
constexpr std::string_view used_before = R"(
UPDATE users SET used_at = COALESCE(last_login_at, updated_at)
    WHERE last_login_at IS NOT NULL
    OR id IN (SELECT user_id FROM sessions WHERE opened_by <> 'integration')
    OR id IN (SELECT user_id FROM api_keys))";

// Administrators were named by whoever runs the server, or by one another; they are not shut out
// when addresses must be verified.
constexpr std::string_view known_admins = R"(
UPDATE users SET email_verified = true WHERE role IN ('admin', 'superuser'))";

// reset_token_record::purpose. What a token from before proves is not known, so it is used up.
constexpr std::string_view purpose_of_tokens = R"(
ALTER TABLE reset_tokens ADD COLUMN purpose VARCHAR(20) NOT NULL DEFAULT 'passphrase_reset')";
constexpr std::string_view tokens_before = R"(
UPDATE reset_tokens SET used_at = created_at WHERE used_at IS NULL)";

// For `drop_mails_to`.
constexpr std::string_view mails_pending = R"(
CREATE INDEX mails_pending ON mails (recipient)
    WHERE sent_at IS NULL AND given_up_at IS NULL)";

} // namespace

migration schema_v4() {
  return {4,
          "0004_owners_of_accounts",
          {brought_by, brought_by_before, used_at, used_before, known_admins, purpose_of_tokens,
           tokens_before, mails_pending},
          {},
          {}};
}

} // namespace latchkey::storage

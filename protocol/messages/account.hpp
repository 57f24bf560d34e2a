// messages/account.hpp — messages to a user's actor from those who manage the account: its owner,
// an administrator, a service. Every answer comes after COMMIT.
#pragma once

#include "protocol/messages/identity.hpp"

#include <string>
#include <vector>

namespace latchkey::messages {

/// The one who asked for a change, for the audit log.
struct author {
  client_info client;
  std::string by; // audit_record::by; empty: the user
};

/// The caller's session, and how it was authenticated.
struct signed_in_session {
  session_id id;
  authentication authenticated;
};

/// The service that asks for a change of a user.
struct service_author {
  std::string id;
  bool writes_users = false; // it may change the email of any user of `role_seen`
};

/// Change what is set in `changes`. Deactivation ends every session; a new role reaches every
/// session before the answer. When `changes.synced_at` is before the stored one, nothing changes,
/// and that is no error. A new email is unverified unless `changes` says otherwise. It uses up the
/// reset tokens that were mailed to the old address; the old address is mailed a notice, and a user
/// with a password is mailed a verification. Errors as storage::update_user, but a lost race is
/// tried again; CONFLICT (field "role") when the user no longer has `role_seen`.
///
/// When a `service` asks, the email may change only of a user that it created, of a user that no
/// service created and nobody has used, or with the scope to write users; otherwise
/// VALIDATION_ERROR (field "email"), and neither the verification nor the spelling of the address
/// changes.
struct update_user {
  storage::user_changes changes;
  messages::author author;
  time_point deadline{};
  std::optional<std::string> role_seen = {}; // the user's role when the request was allowed
  std::optional<service_author> service = {};
};

/// Remove the user and end every session. `role_seen` as above. The owner shows the password:
/// AUTH001 when `current` is wrong (it counts as a failed login). Of an account with a second
/// factor the owner's session must have shown it recently (`shown`), too: MFA_REQUIRED.
struct delete_user {
  messages::author author;
  time_point deadline{};
  std::optional<std::string> role_seen = {};
  std::optional<secret> current = {};
  authentication shown = {};
};

/// Replace the password and end every session but `keep`. AUTH001 when `current` is wrong (it
/// counts as a failed login), USER003 for a bad new one.
struct change_password {
  secret current;
  secret next;
  std::optional<session_id> keep;
  messages::author author;
  time_point deadline{};
};

/// End every session but `keep`.
struct end_sessions {
  std::optional<session_id> keep;
  std::string reason;
  messages::author author;
  time_point deadline{};
};
struct sessions_ended {
  std::int64_t count = 0;
};

/// Set the recovery passphrase, or remove it (`next` empty). AUTH001 when `current` is wrong
/// (it counts as a failed login), MFA_REQUIRED for an account with a second factor without a recent
/// sign-in by one.
struct change_recovery {
  secret current;
  secret next; // in its normal form (protocol/tokens/recovery_passphrase.hpp)
  messages::author author;
  time_point deadline{};
  authentication shown = {}; // in the caller's session
};

/// Mail a token that verifies the user's address, unless it is verified. RATE_LIMITED after
/// several such mails.
struct begin_verification {
  messages::author author;
  time_point deadline{};
};
struct verification_begun {
  bool was_verified = false; // already; no mail is sent
};

/// Use the token up and mark the address as verified. AUTH003.
struct confirm_email {
  std::uint64_t token_id = 0;
  std::string token_hash;
  messages::author author;
  time_point deadline{};
};

/// Mail a reset token to the user's address, if the user may have one.
struct begin_recovery {
  messages::author author;
  time_point deadline{};
};

/// A reset token for the right recovery passphrase. AUTH001 when it is wrong, and while the address
/// is unverified (unless EMAIL_VERIFICATION is off).
struct verify_passphrase {
  secret passphrase;
  messages::author author;
  time_point deadline{};
};
struct reset_grant {
  secret token;
};

/// Use the token up, set the password and end every session. A mailed token proves the address:
/// when the address was unverified, it becomes verified, and API keys, the recovery passphrase,
/// tokens and unsent mails from before are removed. A token earned by the passphrase removes API
/// keys and the passphrase. AUTH003, USER003.
struct reset_password {
  std::uint64_t token_id = 0;
  std::string token_hash;
  secret next;
  messages::author author;
  time_point deadline{};
};

/// Make an API key and mail the owner about it. SUB002 when the tier's quota of keys is used up,
/// AUTH004 when the owner does not have a scope, AUTH003 when the session has ended, MFA_REQUIRED
/// without a recent sign-in of the account's own level, and for a scope that asks for another.
struct create_api_key {
  std::string name;
  std::vector<std::string> scopes;
  std::optional<time_point> expires_at;
  messages::author author;
  time_point deadline{};
  signed_in_session caller; // in which it is made
};
struct api_key_created {
  api_key_record key;
  secret text; // shown once
};
struct list_api_keys {
  time_point deadline{};
};
struct api_key_list {
  std::vector<api_key_record> keys;
};
/// Revoke an API key and mail the owner about it. NOT_FOUND when the user has no such key,
/// MFA_REQUIRED as above.
struct revoke_api_key {
  std::uint64_t id = 0;
  messages::author author;
  time_point deadline{};
  authentication shown; // in the session in which it is revoked
};

/// Is this a live key of the user's? AUTH003 when it is not, and when the user is inactive.
struct use_api_key {
  std::uint64_t id = 0;
  std::string secret_hash;
  time_point deadline{};
};
struct api_key_use {
  user_id user;
  std::int64_t user_number = 0;
  std::string role;
  std::vector<std::string> scopes;
};

/// The row in the store is newer: read it again, then answer.
struct reload_user {
  time_point deadline{};
};

} // namespace latchkey::messages

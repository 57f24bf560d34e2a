// messages/account.hpp — what is said to a user's actor by those who keep the account: its
// owner, an administrator, a service. Every answer comes after COMMIT.
#pragma once

#include "protocol/messages/identity.hpp"

#include <string>
#include <vector>

namespace latchkey::messages {

/// Who does it, for the audit log.
struct author {
  client_info client;
  std::string by; // audit_record::by; empty: the user
};

/// A service by whose word a user is changed.
struct telling_service {
  std::string id;
  bool writes_users = false; // it may change the email of any user of `role_seen`
};

/// Change what is set in `changes`. Deactivation ends every session; a new role reaches every
/// session before the answer. With `changes.synced_at` before the stored one nothing changes, and
/// that is no error. Another email is not verified unless `changes` says so, and uses up the reset
/// tokens that were mailed to the old one, which is told of it; a user with a password is sent a
/// verification mail. Errors as storage::update_user, but a lost race is tried again; CONFLICT
/// (field "role") when the user no longer has `role_seen`.
///
/// By the word of a service (`told_by`) the email changes only of a user whom that service brought
/// in, of one whom no service did and nobody has used, and where the service writes users;
/// VALIDATION_ERROR (field "email") otherwise. Whether the address is verified, and how it is
/// spelt, is then not taken from it either.
struct update_user {
  storage::user_changes changes;
  author who;
  time_point deadline{};
  std::optional<std::string> role_seen = {}; // by which the asker was allowed to ask
  std::optional<telling_service> told_by = {};
};

/// Remove the user; every session ends. `role_seen` as above.
struct delete_user {
  author who;
  time_point deadline{};
  std::optional<std::string> role_seen = {};
};

/// AUTH001 when `current` is wrong (it counts as a failed login), USER003 for a bad new one.
/// Every session but `keep` ends.
struct change_password {
  secret current;
  secret next;
  std::optional<session_id> keep;
  author who;
  time_point deadline{};
};

/// End every session but `keep`.
struct end_sessions {
  std::optional<session_id> keep;
  std::string reason;
  author who;
  time_point deadline{};
};
struct sessions_ended {
  std::int64_t count = 0;
};

/// Set the recovery passphrase, or remove it (`next` empty). AUTH001 when `current` is wrong
/// (it counts as a failed login).
struct change_recovery {
  secret current;
  secret next; // in its normal form (protocol/tokens/recovery_passphrase.hpp)
  author who;
  time_point deadline{};
};

/// Mail a token that verifies the user's address, if that is not verified. RATE_LIMITED when
/// several were asked for already.
struct begin_verification {
  author who;
  time_point deadline{};
};
struct verification_begun {
  bool was_verified = false; // already; no mail is sent
};

/// Use the token up: the address is verified. AUTH003.
struct confirm_email {
  std::uint64_t token_id = 0;
  std::string token_hash;
  author who;
  time_point deadline{};
};

/// Mail a reset token to the user's address, if the user may have one.
struct begin_recovery {
  author who;
  time_point deadline{};
};

/// A reset token for the right recovery passphrase; AUTH001 otherwise, and as long as the address
/// is not verified (EMAIL_VERIFICATION off: no matter).
struct verify_passphrase {
  secret passphrase;
  author who;
  time_point deadline{};
};
struct reset_grant {
  secret token;
};

/// Use the token up and set the password; every session ends. A mailed token proves the address:
/// one that was not verified before is from now on, and whatever was set up before is gone (API
/// keys, the recovery passphrase, tokens, mails on their way). A token for the passphrase ends API
/// keys and uses the passphrase up. AUTH003, USER003.
struct reset_password {
  std::uint64_t token_id = 0;
  std::string token_hash;
  secret next;
  author who;
  time_point deadline{};
};

/// SUB002 when the tier's quota of keys is used up, AUTH004 when a scope is not the owner's,
/// AUTH003 when the session in which it is asked for has ended. The owner is told by mail.
struct create_api_key {
  std::string name;
  std::vector<std::string> scopes;
  std::optional<time_point> expires_at;
  author who;
  time_point deadline{};
  std::optional<session_id> session = {};
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
/// NOT_FOUND when the user has no such key.
struct revoke_api_key {
  std::uint64_t id = 0;
  author who;
  time_point deadline{};
};

/// Is this a live key of yours? AUTH003 otherwise, and when the user is inactive.
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

/// The store knows better than you: read yourself again, then answer.
struct reload_user {
  time_point deadline{};
};

} // namespace latchkey::messages

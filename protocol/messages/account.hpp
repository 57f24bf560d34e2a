// messages/account.hpp — what is said to a user's actor by those who keep the account: its
// owner, an administrator, a service. Every answer comes after COMMIT.
#pragma once

#include "protocol/messages/identity.hpp"

#include <vector>

namespace latchkey::messages {

/// Who does it, for the audit log.
struct author {
  client_info client;
  std::string by; // audit_record::by; empty: the user
};

/// Change what is set in `changes`. Deactivation ends every session; a new role reaches every
/// session before the answer. With `changes.synced_at` before the stored one nothing changes, and
/// that is no error. Another email is not verified unless `changes` says so, and uses up the reset
/// tokens that were mailed to the old one. Errors as storage::update_user, but a lost race is tried
/// again; CONFLICT (field "role") when the user no longer has `role_seen`.
struct update_user {
  storage::user_changes changes;
  author who;
  time_point deadline{};
  std::optional<std::string> role_seen = {}; // by which the asker was allowed to ask
};

/// Remove the user; every session ends. `role_seen` as above.
struct delete_user {
  author who;
  time_point deadline{};
  std::optional<std::string> role_seen = {};
};
struct user_deleted {};

/// AUTH001 when `current` is wrong (it counts as a failed login), USER003 for a bad new one.
/// Every session but `keep` ends.
struct change_password {
  secret current;
  secret next;
  std::optional<session_id> keep;
  author who;
  time_point deadline{};
};
struct password_changed {};

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

/// Mail a reset token to the user's address, if the user may have one.
struct begin_recovery {
  author who;
  time_point deadline{};
};
struct recovery_begun {};

/// A reset token for the right recovery passphrase; AUTH001 otherwise.
struct verify_passphrase {
  secret passphrase;
  author who;
  time_point deadline{};
};
struct reset_grant {
  secret token;
};

/// Use the token up and set the password; every session ends. AUTH003, USER003.
struct reset_password {
  std::uint64_t token_id = 0;
  std::string token_hash;
  secret next;
  author who;
  time_point deadline{};
};

/// SUB002 when the tier's quota of keys is used up, AUTH004 when a scope is not the owner's.
struct create_api_key {
  std::string name;
  std::vector<std::string> scopes;
  std::optional<time_point> expires_at;
  author who;
  time_point deadline{};
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
struct api_key_revoked {};

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
struct user_reloaded {};

} // namespace latchkey::messages

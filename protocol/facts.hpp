// facts.hpp — what can be made durable, and what is told of it afterwards.
//
// Actors say facts; the engines behind storage/store.hpp write them. How a fact can lose
// is part of its meaning, and the same on every engine.
#pragma once

#include "protocol/records.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace latchkey::storage {

/// Adds a user, its profile and its login names. Loses with USER002 and the field
/// ("username" or "email") when either name, folded, belongs to anybody already, as a
/// username or as an email; with the field "number" or "id" when that is taken; with
/// VALIDATION_ERROR "role" when there is no such role.
/// `user.number` 0 takes the next from the sequence that nobody has; another moves the sequence
/// past it, unless it is of somebody else's numbering. The sequence gives no number twice; whoever
/// chooses one may choose a deleted user's. `brought_by`, `used_at` and `synced_at` are not
/// written.
struct create_user {
  user_record user;
  std::string username_key;    // folded (protocol/login_name.hpp)
  std::string email_key;       // folded
  bool keeps_sequence = false; // the number does not move the sequence
};

/// Replaces the password hash if the user still has `based_on` as its version; loses
/// with CONFLICT (field "version") when it does not, USER001 when there is no such user.
struct set_password_hash {
  user_id user;
  std::int64_t based_on = 0;
  secret password_hash;
  time_point at{};
};

/// Adds a session. Loses with USER001 when the user is missing or inactive, with CONFLICT
/// (field "session") when the id is taken. `user_number` and `user_role` are not written.
struct create_session {
  session_record session;
};

/// Moves a live, unexpired session's counter from `from` to `from + 1`; loses with
/// AUTH003 when it has ended, has expired or has another counter.
struct rotate_session {
  session_id session;
  std::uint64_t from = 0;
  time_point at{};
};

/// Ends a session. Ending one that has ended already, or that never was, succeeds and
/// counts nothing; one that has expired is marked as ended and counts nothing either.
struct end_session {
  session_id session;
  time_point at{};
  std::string reason; // "logout", "refresh_reused", …
};

/// Ends every live session of a user but `keep`. Expired ones stay as they are.
struct end_sessions_of {
  user_id user;
  std::optional<session_id> keep;
  time_point at{};
  std::string reason;
};

/// Adds a line; one whose id is there already changes nothing, so that a unit whose outcome
/// was unknown may be sent again.
struct add_audit {
  audit_record entry;
};

/// May be lost: the time of the last login. Does not touch `version`.
struct touch_login {
  user_id user;
  time_point at{};
};

// -- users ---------------------------------------------------------------------------

/// What changes of a user: only what is set.
struct user_changes {
  std::optional<std::string> username;                         // with `username_key`
  std::optional<std::string> email;                            // with `email_key`
  std::string username_key;                                    // folded (protocol/login_name.hpp)
  std::string email_key;                                       // folded
  std::optional<std::string> first_name, last_name, full_name; // empty: none from now on
  std::optional<std::string> company, phone, avatar_url;
  std::optional<std::string> preferences; // a JSON object as text
  std::optional<std::string> role;        // one that is there, else VALIDATION_ERROR "role"
  std::optional<std::string> client_id;
  std::optional<bool> is_active;
  std::optional<bool> email_verified;
  std::optional<time_point> synced_at;
  std::optional<std::string> brought_by; // user_record::brought_by
};

/// Changes a user that still has `based_on` as its version, which then rises by one. Loses
/// with CONFLICT (field "version") when it has another, USER001 when there is none, USER002
/// and the field when a name is somebody else's, CONFLICT (field "role" or "is_active", reason
/// "the last active administrator stays") when no active administrator would be left, however many
/// such changes run at once.
struct update_user {
  user_id user;
  std::int64_t based_on = 0;
  user_changes changes;
  time_point at{};
};

/// Removes a user and all that is the user's: sessions (live ones count as ended), names, profile,
/// keys, recovery, projects, subscription. The audit log stays. Loses with USER001, and as
/// `update_user` does with the last active administrator (field "user_id").
struct delete_user {
  user_id user;
  time_point at{};
};

/// Counts wrong passwords in a row (user_record::failures_in_a_row). Does not touch `version`;
/// nothing happens without the user.
struct count_password_failures {
  user_id user;
  failure_budget budget = failure_budget::stranger;
  std::int64_t count = 1;
};

/// A right password, or a reset: none are in a row any more, of any budget.
struct forget_password_failures {
  user_id user;
};

// -- recovery --------------------------------------------------------------------------

/// Sets or replaces the hash of the recovery passphrase (a PHC string).
struct set_recovery {
  user_id user;
  secret passphrase_hash;
  time_point at{};
};

struct add_reset_token {
  reset_token_record token;
};

/// Uses a reset token up: exactly one of many wins. Loses with AUTH003 when it is unknown,
/// another user's, of another hash or purpose, used or expired.
struct use_reset_token {
  std::uint64_t id = 0;
  user_id user;
  std::string secret_hash;
  time_point at{};
  token_purpose purpose = token_purpose::mailed_reset;
};

/// Which of a user's tokens.
enum class tokens_of : std::uint8_t {
  every_purpose,
  resets,           // those that verify the address stay good
  passphrase_resets // those that were mailed stay good too
};
/// Uses up tokens of a user that are still good: for whoever has proven otherwise to be the owner,
/// and when the address that they were mailed to is no longer the user's.
struct use_up_reset_tokens {
  user_id user;
  time_point at{};
  tokens_of which = tokens_of::every_purpose;
};

/// Removes the recovery passphrase; without one it changes nothing.
struct remove_recovery {
  user_id user;
};

/// Notes that somebody has signed in as the user or proven to own the address
/// (user_record::used_at). The first time stays. Does not touch `version`.
struct mark_used {
  user_id user;
  time_point at{};
};

// -- mail ----------------------------------------------------------------------------

/// One whose id is there already changes nothing, as with `add_audit`.
struct add_mail {
  mail_record mail;
};

/// Takes a due mail for sending until `until` and counts the attempt, so that one that ends
/// with the process counts too; loses with CONFLICT when another has taken it
/// (`next_attempt_at` is no longer `seen`) or it is settled.
struct lease_mail {
  uuid mail;
  time_point seen{};
  time_point until{};
};

/// Gives up every mail to that address that was made before `at` and is not settled, and wipes it;
/// but for notices to an address that is no longer the user's (kind "email_changed").
struct drop_mails_to {
  std::string recipient;
  time_point at{};
};

/// Notes what became of an attempt: sent (its text is wiped), to be tried again, or given
/// up (wiped too). Nothing happens to one that is settled already or never was.
struct settle_mail {
  enum class outcome : std::uint8_t { sent, again, given_up } became = outcome::sent;
  uuid mail;
  time_point at{};
  time_point next_attempt_at{}; // of `again`
};

// -- roles ---------------------------------------------------------------------------

/// Adds a role; loses with CONFLICT (field "name") when it is there or built in, or when `max`
/// are, however many are added at once.
struct add_role {
  role_record role;
  std::size_t max = 0;
};
/// Replaces description and permissions; loses with NOT_FOUND.
struct update_role {
  role_record role;
};
/// Loses with NOT_FOUND, and with CONFLICT (field "name") while users have it.
struct remove_role {
  std::string name;
};

// -- keys ----------------------------------------------------------------------------

/// Adds a key; loses with USER001 without its user and with SUB002 (field "api_keys") when
/// the user has `max` that are neither revoked nor expired, however many are added at once;
/// with CONFLICT (field "id") when the id is taken, with AUTH003 when the session in which it is
/// made has ended. The user's oldest dead keys are forgotten.
struct add_api_key {
  api_key_record key;
  std::size_t max = 0;
  std::optional<session_id> session = {}; // unset: whoever makes it has none
};
/// Loses with NOT_FOUND when the user has no such key or it is revoked.
struct revoke_api_key {
  std::uint64_t id = 0;
  user_id user;
  time_point at{};
};
/// Revokes every key of the user that is live.
struct revoke_api_keys_of {
  user_id user;
  time_point at{};
};
/// May be lost.
struct touch_api_key {
  std::uint64_t id = 0;
  time_point at{};
};

/// Adds a service or replaces its scopes and rate; `created_at` stays.
struct put_service {
  service_record service;
};
/// Loses with NOT_FOUND without its service, CONFLICT (field "key") when the hash is there.
struct add_service_key {
  service_key_record key;
};
/// Loses with NOT_FOUND when there is none that is live.
struct revoke_service_key {
  uuid id;
  time_point at{};
};
/// May be lost.
struct touch_service_key {
  uuid id;
  time_point at{};
};

// -- subscriptions and projects ----------------------------------------------------------

/// Adds or replaces the user's subscription and sets `users.subscription_tier` to the tier that
/// is in force then (the user's version rises by one). Loses with USER001, and with CONFLICT (field
/// "event") when the stored one has a `stripe_event_at` after this one's. What is there keeps its
/// id and `created_at`; one without an event keeps the stored event's time.
struct put_subscription {
  subscription_record subscription;
};

/// Adds or replaces what is known of one of Stripe's subscriptions, by its
/// `stripe_subscription_id`; its `user` may be another than before. `id` has no meaning here, and
/// `stripe_event_at` must be set. Loses with USER001, and with CONFLICT (field "event") when the
/// stored one has a later `stripe_event_at`. `created_at` stays.
struct put_stripe_subscription {
  subscription_record subscription;
};

/// Remembers an event for 90 days; loses with CONFLICT (field "id") when it was seen before.
struct add_stripe_event {
  std::string id;
  time_point at{};
};

/// Adds `amount` (negative: gives back, never below 0) to what was used of a quota in a window;
/// loses with SUB002 (field = the quota) when that would be more than `limit`, however many spend
/// at once, and with USER001 without the user. Giving back is never refused.
struct spend_quota {
  user_id user;
  std::string quota;
  time_point window_start{};
  std::int64_t amount = 1;
  std::optional<std::int64_t> limit; // unset: none
  time_point at{};
};

/// Loses with USER001 without its owner, CONFLICT (field "id") when the id is taken.
struct add_project {
  project_record project;
};
/// Changes what is set; an empty description is none. Loses with NOT_FOUND.
struct update_project {
  uuid project;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<bool> is_active;
  time_point at{};
};
/// Loses with NOT_FOUND.
struct remove_project {
  uuid project;
};

// -- sessions of other services ------------------------------------------------------------

/// Adds a session, or sets the end, device and last_seen of one that is there, live and the same
/// user's ("Service Integration API Documentation", Sync User Session); of one that is there, an
/// empty device or address keeps what it has. To be told of is the use of a session that another
/// service opened: its rotated_at moves too. Loses with USER001 without an active user, AUTH003
/// when it has ended or is another user's.
struct upsert_session {
  session_record session;
};

/// May be lost: when the session was last used, and which of its counters was seen. Neither goes
/// back.
struct touch_session {
  session_id session;
  time_point at{};
  std::uint64_t seen = 0;
};

// -- what is over ----------------------------------------------------------------------------

/// Forgets the oldest `max` sessions that ended or expired before that time.
struct forget_sessions {
  time_point before{};
  std::size_t max = 0;
};

/// The same for lines of the audit log.
struct forget_audits {
  time_point before{};
  std::size_t max = 0;
};

// -- workflows --------------------------------------------------------------------------------

/// Adds a run; its last_seq is to be 0, for `add_workflow_status` to raise. Loses with USER001
/// without its user, CONFLICT (field "id") when it is there.
struct add_workflow {
  workflow_record workflow;
};

/// Adds the status behind `seq - 1`, the last one so far, and moves the run there; with another
/// status than "in_progress" the run has ended. Loses with NOT_FOUND when there is no such run,
/// CONFLICT (field "seq") when its last status is another one, or when it has ended.
struct add_workflow_status {
  workflow_id workflow;
  std::int64_t seq = 0;
  std::int64_t position = 0; // workflow_record::last_position from now on
  std::string body;          // a JSON object as text
  std::string status;        // "in_progress", "completed" or "failed"
  time_point at{};
};

/// Forgets, with their statuses, the `max` runs that ended first, of those that ended before that
/// time.
struct forget_workflows {
  time_point before{};
  std::size_t max = 0;
};

using fact = std::variant<
    create_user, set_password_hash, create_session, rotate_session, end_session, end_sessions_of,
    add_audit, touch_login, // these have a form for whole batches
    update_user, delete_user, set_recovery, add_reset_token, use_reset_token, use_up_reset_tokens,
    add_mail, lease_mail, settle_mail, add_role, update_role, remove_role, add_api_key,
    revoke_api_key, touch_api_key, put_service, add_service_key, revoke_service_key,
    touch_service_key, add_stripe_event, put_stripe_subscription, put_subscription, spend_quota,
    add_project, update_project, remove_project, upsert_session, touch_session, forget_sessions,
    forget_audits, add_workflow, add_workflow_status, forget_workflows, remove_recovery, mark_used,
    drop_mails_to, revoke_api_keys_of, count_password_failures, forget_password_failures>;

/// Facts that become durable together or not at all, in the order given. A unit with text
/// that is not UTF-8, holds a NUL or is longer than its column, with a nil id, or with a
/// number or a time out of range fails with VALIDATION_ERROR and the field
/// (storage/fact_check.hpp has the limits).
struct unit {
  std::vector<fact> facts;
};

/// What a unit's writer may want to know of it.
struct written {
  std::int64_t user_number = 0;    // of the user it created
  std::int64_t sessions_ended = 0; // live sessions that it ended
  std::int64_t quota_used = 0;     // of the quota that it spent last, afterwards
  std::int64_t forgotten = 0;      // sessions, lines or workflows that are gone
};

} // namespace latchkey::storage

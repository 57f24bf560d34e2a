// messages/identity.hpp — messages to and from a user's actor and the directory.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/messages/done.hpp"
#include "protocol/messages/session.hpp"

namespace latchkey::messages {

/// Open a session if this is the user's password.
struct authenticate {
  secret password;
  surface opened_by = surface::auth_service;
  client_info client;
  time_point deadline{};
  failure_budget budget = failure_budget::stranger; // a wrong password counts against it
};

/// What may be shown of the user?
struct describe_user {};

/// A user without the credential.
struct user_view {
  user_id id;
  std::int64_t number = 0;
  std::string username;
  std::string email;
  std::string first_name; // as stored, or from full_name (protocol/text/person_name.hpp)
  std::string last_name;
  std::string full_name; // as stored; empty: the two joined (see `full_name_of`)
  std::string role;
  std::string client_id;
  std::string subscription_tier;
  bool is_active = true;
  bool email_verified = false;
  time_point created_at{};
  time_point updated_at{};
  std::optional<time_point> last_login_at;
};

/// The name in one piece, whichever form it was given in; empty when there is none.
std::string full_name_of(const user_view& user);

/// The parts of the record that may be shown.
user_view view_of(const user_record& user);

/// Add this user, whose password is hashed already. The answer comes after COMMIT.
struct register_user {
  user_record user;
  std::string username_key;
  std::string email_key;
  std::vector<storage::fact> also; // made durable in the same transaction
  client_info client;
  time_point deadline{};
  std::string by = {};         // audit_record::by
  bool keeps_sequence = false; // storage::create_user
};

/// Which actor has this user, or this session? It is loaded when none has. `gone` is the CAF id of
/// an actor that the asker found to have ended; that actor is never the answer. With `if_in_memory`
/// nothing is loaded, and what is not in memory does not exist.
struct find_user {
  user_id id;
  std::uint64_t gone = 0;
  bool if_in_memory = false;
};
struct find_session {
  session_id id;
  std::uint64_t gone = 0;
  bool if_in_memory = false;
};

/// Spawn the actor of a session that has just become durable. In a cluster it is read first when
/// its user was changed since it was sent to be written. AUTH003 when it has ended since.
struct adopt_session {
  session_record session;
  std::uint64_t read_in = 0; // the epoch of trust before it was written (memory_trust.hpp)
  time_point sent_at{};      // to be written, by the steady clock
};

/// A sign-in by a name that no user has: compare the password for nothing. The message passes
/// through the same actors as a user's sign-in, so that the time tells nothing; with a recovery
/// passphrase, through the reader too. The comparison costs what that of a user costs whom the name
/// selects, always the same one for both (actors/directory/stand_ins.hpp).
struct compare_with_nothing {
  secret password;
  time_point deadline{};
  bool is_passphrase = false;
  std::string name = {}; // folded
};

// The actors of a user and of a subscription send the following events to every shard of the
// directory after COMMIT. The answer comes when each session in memory, or being loaded, knows; for
// an end, when the socket registries that watch the sessions know too.

/// All of the user's sessions but `keep` have ended.
struct user_sessions_ended {
  user_id user;
  std::optional<session_id> keep;
  end_reason reason = end_reason::revoked;
};
/// The user has another role.
struct user_role_changed {
  user_id user;
  std::string role;
};
/// The user has another subscription, or another tier of it.
struct user_subscription_changed {
  user_id user;
  std::string tier;   // in force
  std::string status; // "active", "canceled", …
};
struct sessions_notified {
  std::size_t count = 0; // that were in memory
};

/// Another service adds, changes or ends a session that it keeps ("Service Integration API
/// Documentation", Sync User Session). The answer comes after COMMIT and when the session's actor,
/// if it is in memory, knows. AUTH003, USER001 as storage::upsert_session.
struct sync_session {
  session_record session;
  bool is_active = true;
  client_info client;
  std::string by;
  time_point deadline{};
};

/// An actor that was not used for a while asks to leave memory. The directory forgets it, so that
/// nobody is sent to it any more, and then answers.
struct leave_user {
  user_id id;
  bool removed = false; // from the store: nothing of the user may stay in memory
};
struct leave_session {
  session_id id;
};

} // namespace latchkey::messages

// messages/identity.hpp — what is said to and by a user and the directory.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/messages/done.hpp"
#include "protocol/messages/session.hpp"

namespace latchkey::messages {

/// Is this the user's password? Then open a session.
struct authenticate {
  secret password;
  surface opened_by = surface::auth_service;
  client_info client;
  time_point deadline{};
  failure_budget budget = failure_budget::stranger; // that a wrong password counts against
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

user_view view_of(const user_record& user);

/// Add this user. The password is hashed already. The answer comes after COMMIT.
struct register_user {
  user_record user;
  std::string username_key;
  std::string email_key;
  std::vector<storage::fact> also; // made durable with it
  client_info client;
  time_point deadline{};
  std::string by = {};         // audit_record::by
  bool keeps_sequence = false; // storage::create_user
};

/// Who has this user, or this session? Loads it when nobody has. `gone` names an actor
/// (by its CAF id) that the asker found to have ended: never that one again. `if_in_memory`: loads
/// nobody; whoever is not in memory is as one who is not there.
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

/// A session that has just become durable and needs an actor.
struct adopt_session {
  session_record session;
};

/// A sign-in by a name that nobody has: compare the password with nothing. It takes the way
/// that a user's takes, from reactor to reactor, so that the time tells nothing either; with a
/// recovery passphrase, by the reader too. The work is that of a user whom the name selects, always
/// the same (actors/directory/stand_ins.hpp).
struct compare_with_nothing {
  secret password;
  time_point deadline{};
  bool is_passphrase = false;
  std::string name = {}; // folded
};

/// What follows is said by the actors of the user and of the subscription to every shard of the
/// directory, after COMMIT, and answered once each session in memory, or on its way there, knows
/// it; for an end, once those who watch the sessions have heard of it too.
///
/// All of the user's sessions but `keep` have ended.
struct user_sessions_ended {
  user_id user;
  std::optional<session_id> keep;
  std::string reason; // one of `end_reason`
};
/// The user has this role now.
struct user_role_changed {
  user_id user;
  std::string role;
};
/// The user has this subscription now.
struct user_subscription_changed {
  user_id user;
  std::string tier;   // in force
  std::string status; // "active", "canceled", …
};
struct sessions_told {
  std::size_t count = 0; // that were in memory
};

/// What another service says of a session ("Service Integration API Documentation", Sync User
/// Session): add it, change it, or end it. The answer comes after COMMIT and after its actor,
/// if it is in memory, knows. AUTH003, USER001 as storage::upsert_session.
struct sync_session {
  session_record session;
  bool is_active = true;
  client_info client;
  std::string by;
  time_point deadline{};
};

/// An actor that was not used for a while asks to leave memory; the directory forgets
/// it first, so that nobody is sent there any more, and then answers.
struct leave_user {
  user_id id;
  bool removed = false; // from the store: nothing of the user may stay in memory
};
struct leave_session {
  session_id id;
};

} // namespace latchkey::messages

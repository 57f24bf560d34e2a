// messages/identity.hpp — what is said to and by a user and the directory.
#pragma once

#include "protocol/messages/session.hpp"

namespace latchkey::messages {

/// Is this the user's password? Then open a session.
struct authenticate {
  secret password;
  surface opened_by = surface::auth_service;
  client_info client;
  time_point deadline{};

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, authenticate& x) {
    return f(x.password, x.opened_by, x.client, x.deadline);
  }
};

/// What may be shown of the user?
struct describe_user {
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, describe_user&) {
    return f();
  }
};

/// A user without the credential.
struct user_view {
  user_id id;
  std::int64_t number = 0;
  std::string username;
  std::string email;
  std::string first_name;
  std::string last_name;
  std::string role;
  bool is_active = true;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, user_view& x) {
    return f(x.id, x.number, x.username, x.email, x.first_name, x.last_name, x.role, x.is_active);
  }
};

user_view view_of(const user_record& user);

/// Add this user. The password is hashed already. The answer comes after COMMIT.
struct register_user {
  user_record user;
  std::string username_key;
  std::string email_key;
  client_info client;
  time_point deadline{};
};

/// Who has this user, or this session? Loads it when nobody has. `gone` names an actor
/// (by its CAF id) that the asker found to have ended: never that one again.
struct find_user {
  user_id id;
  std::uint64_t gone = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, find_user& x) {
    return f(x.id, x.gone);
  }
};
struct find_session {
  session_id id;
  std::uint64_t gone = 0;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, find_session& x) {
    return f(x.id, x.gone);
  }
};

/// A session that has just become durable and needs an actor.
struct adopt_session {
  session_record session;
};

/// An actor that was not used for a while asks to leave memory; the directory forgets
/// it first, so that nobody is sent there any more, and then answers.
struct leave_user {
  user_id id;
};
struct leave_session {
  session_id id;
};
/// You may: nobody is sent to you any more. (A reply is never CAF's unit: it travels as an
/// empty message, and no handler of the asker's matches one.)
struct left {};

} // namespace latchkey::messages

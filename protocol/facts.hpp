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
/// username or as an email; with the field "number" or "id" when that is taken.
/// `user.number` 0 takes the next from the sequence; another moves the sequence past it.
/// A number is never given twice.
struct create_user {
  user_record user;
  std::string username_key; // folded (protocol/login_name.hpp)
  std::string email_key;    // folded
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

/// Ends every live session of a user but `keep`.
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

using fact = std::variant<create_user, set_password_hash, create_session, rotate_session,
                          end_session, end_sessions_of, add_audit, touch_login>;

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
};

} // namespace latchkey::storage

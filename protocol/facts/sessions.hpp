// sessions.hpp — signed-in sessions: the record, the facts from opening to forgetting, the lists.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/facts/page.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// The document whose endpoint opened a session: logout answers in that document's format.
/// `integration`: another service signed the user in and reported the session.
enum class surface : std::uint8_t { auth_service, login_module, gateway, integration };

/// One signed-in session, as a refresh token names it.
struct session_record {
  session_id id;
  user_id user;
  std::int64_t user_number = 0; // the user's, joined when read
  std::string user_role;        // the user's, joined when read
  std::uint64_t counter = 1;    // of the current refresh token
  std::uint64_t seen = 0;       // the highest that a client has shown; may lag behind
  std::string salt;             // 32 random bytes; the refresh key is derived from it
  surface opened_by = surface::auth_service;
  std::string user_agent; // bounded, as sent
  std::string address;    // of the peer
  time_point created_at{};
  time_point rotated_at{};   // of the last rotation; created_at before the first
  time_point expires_at{};   // absolute end
  time_point last_seen_at{}; // may lag behind by a minute
  std::optional<time_point> ended_at;
  /// How its user was authenticated; by nothing known in one that another service reported.
  authentication authenticated;
  /// It was opened by one factor when the user had to have two: until a second one was shown it is
  /// good for adding one alone.
  bool awaits_second_factor = false;
  /// The service that reported the session; empty: none.
  std::string held_by;
};

/// When its user was authenticated last; at first, when it was opened.
constexpr time_point authenticated_at(const session_record& session) noexcept {
  return session.authenticated.at == time_point{} ? session.created_at : session.authenticated.at;
}

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t user_agent_chars_max = 8192;
inline constexpr std::size_t address_chars_max = 255;
inline constexpr std::size_t salt_bytes_max = 1024;
inline constexpr std::size_t end_reason_chars_max = 255;

// -- facts -------------------------------------------------------------------------------

/// Adds a session. Loses with USER001 when the user is missing or inactive, CONFLICT (field
/// "version") when the user's row has another version than the one that was checked, CONFLICT
/// (field "session") when the id is taken. `user_number` and `user_role` are not written. Either it
/// comes before a change of the row, which then ends it if it ends sessions, or it loses.
struct create_session {
  session_record session;
  std::int64_t user_version = 0; // 0: any
};

/// Moves the counter of a live session from `from` to `from + 1`. Loses with AUTH003 when the
/// session has ended, has expired or has another counter.
struct rotate_session {
  session_id session;
  std::uint64_t from = 0;
  time_point at{};
};

/// The session's user has shown these methods at that time, beside those of before. Loses with
/// AUTH003 when the session has ended or has expired.
struct reauthenticate_session {
  session_id session;
  user_id user; // whose it is
  auth_methods by;
  time_point at{};
};

/// What the unit writes is wanted in that session of the user's. Loses with AUTH003 when it has
/// ended.
struct need_live_session {
  session_id session;
  user_id user;
};

/// Ends a session. A session that has ended already or does not exist is left as it is; an expired
/// one is marked as ended. Neither is counted in written::sessions_ended.
struct end_session {
  session_id session;
  time_point at{};
  std::string reason; // "logout", "refresh_reused", …
};

/// Ends every live session of a user except `keep`. Expired ones stay as they are.
struct end_sessions_of {
  user_id user;
  std::optional<session_id> keep;
  time_point at{};
  std::string reason;
};

/// Adds a session that another service reports, or sets the end, device, address and last_seen_at
/// of a live one of the same user ("Service Integration API Documentation", Sync User Session). An
/// empty device or address keeps the stored one. A report about a session that another service
/// opened counts as its use, so rotated_at moves too. Loses with USER001 without an active user,
/// AUTH003 when the session has ended or belongs to another user.
struct upsert_session {
  session_record session;
};

/// Sets the time of a session's last use and the counter that was seen; may be lost. Neither goes
/// back.
struct touch_session {
  session_id session;
  time_point at{};
  std::uint64_t seen = 0;
};

/// Uses a ticket of the session's, which works once. Loses with AUTH003 when it was used before. At
/// `at`, tickets that are not good any more are forgotten.
struct spend_ticket {
  session_id session;
  std::uint64_t number = 0;
  time_point until{}; // it is good
  time_point at{};
};

/// Removes the oldest `max` sessions that ended or expired before that time.
struct forget_sessions {
  time_point before{};
  std::size_t max = 0;
};

// -- queries -----------------------------------------------------------------------------

/// Live sessions, newest first.
struct list_sessions {
  using answer = std::vector<session_record>;
  user_id user;
  time_point now{};
  std::size_t limit = page_rows_max;
  time_point used_after{};  // only those refreshed after this
  std::string held_by = {}; // only those that this service reported; empty: all
};

} // namespace latchkey::storage

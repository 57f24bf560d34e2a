// audit.hpp — the audit log: its lines, adding them, forgetting old ones and reading them.
#pragma once

#include "protocol/facts/page.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// One line of the audit log.
struct audit_record {
  uuid id;
  time_point at{};
  std::string action; // "user.registered", "session.refresh_reused", …
  std::optional<user_id> user;
  std::optional<session_id> session;
  std::string address;
  std::string request_id;
  std::string reason; // free text, never a secret
  std::string by;     // the actor, when it is not the user: "user:<uuid>", "service:<id>", "cli"
  // Of the request, for the log line only: the store does not keep them.
  std::string route = {};
  std::chrono::steady_clock::time_point began = {};
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t action_chars_max = 100;
inline constexpr std::size_t request_id_chars_max = 128;
inline constexpr std::size_t audit_reason_chars_max = 8192;
inline constexpr std::size_t audit_by_chars_max = 255;

// -- facts -------------------------------------------------------------------------------

/// Adds a line. A line whose id exists already changes nothing, so a unit whose outcome was unknown
/// may be sent again.
struct add_audit {
  audit_record entry;
};

/// Removes the oldest `max` lines from before that time.
struct forget_audits {
  time_point before{};
  std::size_t max = 0;
};

// -- queries -----------------------------------------------------------------------------

/// Lines, newest first: all, those of a user, those of an action, or those of both.
struct list_audit {
  using answer = std::vector<audit_record>;
  std::optional<user_id> user;
  std::string action = {}; // empty: all
  time_point since{};
  /// Only lines that follow this one, for the next page.
  std::optional<audit_record> before = {};
  std::size_t limit = page_rows_max;
};

/// How many lines of an action a user has on a day, in UTC.
struct audit_day {
  std::int64_t count = 0;
  time_point last{}; // of that day
};
/// The days since then that have any, in any order.
struct count_audit {
  using answer = std::vector<audit_day>;
  user_id user;
  std::string action;
  time_point since{};
};

} // namespace latchkey::storage

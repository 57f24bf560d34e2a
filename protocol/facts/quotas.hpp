// quotas.hpp — how much of each quota a user has spent.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// How much of a quota was used in one of its windows.
struct quota_usage_record {
  std::string quota;
  time_point window_start{}; // the epoch for a quota without windows
  std::int64_t used = 0;
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t quota_chars_max = 64;

// -- facts -------------------------------------------------------------------------------

/// Adds `amount` to the use of a quota in a window; a negative amount gives back, never below 0.
/// Loses with SUB002 (the field is the quota's name) when more than `limit` would be used, however
/// many spend at once, and with USER001 without the user. Giving back is never refused.
struct spend_quota {
  user_id user;
  std::string quota;
  time_point window_start{};
  std::int64_t amount = 1;
  std::optional<std::int64_t> limit; // unset: none
  time_point at{};
};

// -- queries -----------------------------------------------------------------------------

/// The user's quotas, newest window first, up to 1000 rows.
struct list_quota_usage {
  using answer = std::vector<quota_usage_record>;
  user_id user;
};

} // namespace latchkey::storage

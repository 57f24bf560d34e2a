// quota.hpp — where a quota's windows begin and end (days and months in UTC), and what is said of
// one that is used up.
#pragma once

#include "config/settings/tiers.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey {

/// The quota of API keys. It has no windows: the keys that there are count.
inline constexpr std::string_view api_keys_quota = "api_keys";

/// The beginning of the window that `now` is in; the epoch for a quota without windows.
inline time_point quota_window_start(quota::window renewed, time_point now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  if (renewed == quota::window::day) return today;
  if (renewed == quota::window::none) return {};
  const std::chrono::year_month_day date{today};
  return std::chrono::sys_days{date.year() / date.month() / 1};
}

/// When all of the quota is there again; unset for one without windows.
inline std::optional<time_point> quota_resets_at(quota::window renewed, time_point now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  if (renewed == quota::window::day) return today + std::chrono::days{1};
  if (renewed == quota::window::none) return std::nullopt;
  const std::chrono::year_month_day date{today};
  return std::chrono::sys_days{(date.year() / date.month() + std::chrono::months{1}) / 1};
}

/// QUOTA_EXCEEDED with `quota`, `limit` and `resets_at` among its details, and a hint to retry for
/// one that is renewed.
failure quota_exceeded(std::string_view quota, std::int64_t limit,
                       std::optional<time_point> resets_at, time_point now);

} // namespace latchkey

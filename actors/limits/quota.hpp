// quota_window.hpp — where a quota's windows begin and end: days and months in UTC.
#pragma once

#include "config/settings/tiers.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <optional>

namespace latchkey {

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

} // namespace latchkey

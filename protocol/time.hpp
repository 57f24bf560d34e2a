// time.hpp — the one clock. Nothing else in the program asks for the time of day, or for how much
// of it has passed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

/// Microseconds since the epoch, UTC: what PostgreSQL's TIMESTAMPTZ holds.
using time_point = std::chrono::sys_time<std::chrono::microseconds>;

/// The source of time; tests move their own.
class clock_source {
public:
  virtual ~clock_source() = default;
  /// The time of day, which the operator or NTP may set back: for what is written down or shown.
  virtual time_point now() const noexcept = 0;
  /// A clock that only goes forward: for durations and deadlines inside this process. It showed the
  /// time of day when the process started; a step of the time of day does not move it.
  virtual time_point steady() const noexcept = 0;
};

/// The machine's clock.
const clock_source& system_clock_source() noexcept;

/// "2026-01-02T03:04:05.000006Z": fixed width, so that text order is time order.
std::string to_rfc3339(time_point t);

/// "2026-01-02T03:04:05Z", as the documents print it.
std::string to_rfc3339_seconds(time_point t);

/// Accepts RFC 3339 (any offset, 0 to 9 fraction digits, `T` or one space) and what
/// PostgreSQL prints (`2026-01-02 03:04:05.6+00`); nothing else.
std::optional<time_point> parse_time(std::string_view text);

} // namespace latchkey

// unstepped_clock.hpp — the time of day by which it is judged what is over: it never goes back.
//
// Rows and signed tokens say until when they are good, by the time of day at which they were made.
// If somebody sets that back by an hour, what is over would be good again and everything else would
// be good for an hour longer. So this clock goes on from the latest time that it has shown, as the
// steady clock goes, and a tenth slower until the machine's has caught up: an hour in ten hours.
// Whatever is made meanwhile is made and judged by the same clock.
#pragma once

#include "protocol/time.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace latchkey {

class unstepped_clock final : public clock_source {
public:
  /// A machine's clock that is set back by more than this was wrong before, and is followed.
  static constexpr std::chrono::microseconds ahead_max = std::chrono::hours{24 * 7};

  /// `machine` must outlive it. `not_before` is a time that was shown before a restart; one that
  /// lies more than `ahead_max` ahead is not believed.
  explicit unstepped_clock(const clock_source& machine, time_point not_before = {}) noexcept;

  time_point now() const noexcept override;
  time_point steady() const noexcept override { return machine_.steady(); }

private:
  void raise_to(std::int64_t line) const noexcept;

  const clock_source& machine_;
  /// How far our time is ahead of the steady clock, with what it loses to it added. In
  /// microseconds.
  mutable std::atomic<std::int64_t> line_;
};

} // namespace latchkey

#include "protocol/unstepped_clock.hpp"

namespace latchkey {
namespace {

using std::chrono::microseconds;

/// Of ten microseconds it shows one less while it is ahead of the machine's.
constexpr std::int64_t slower_by_one_in = 10;

/// Smaller steps forward are not written down, so that readers do not write all the time.
constexpr std::int64_t noted_from_us = 1000;

std::int64_t line_of(time_point shown, time_point steady) noexcept {
  return (shown - steady).count() + steady.time_since_epoch().count() / slower_by_one_in;
}

} // namespace

unstepped_clock::unstepped_clock(const clock_source& machine, time_point not_before) noexcept
    : machine_(machine), line_(line_of(machine.now(), machine.steady())) {
  if (not_before <= machine.now() + ahead_max) raise_to(line_of(not_before, machine.steady()));
}

void unstepped_clock::raise_to(std::int64_t line) const noexcept {
  auto known = line_.load(std::memory_order_relaxed);
  while (known < line && !line_.compare_exchange_weak(known, line, std::memory_order_relaxed)) {
  }
}

time_point unstepped_clock::now() const noexcept {
  // In this order: whoever is held up between the two is behind the line, never ahead of it.
  const auto set = machine_.now();
  const auto steady = machine_.steady();
  const auto measured = line_of(set, steady);
  auto known = line_.load(std::memory_order_relaxed);
  const auto ahead = known - measured;
  if (ahead > ahead_max.count()) {
    line_.compare_exchange_strong(known, measured, std::memory_order_relaxed);
    return set;
  }
  if (ahead > 0) return set + microseconds{ahead};
  if (-ahead >= noted_from_us) raise_to(measured);
  return set;
}

} // namespace latchkey

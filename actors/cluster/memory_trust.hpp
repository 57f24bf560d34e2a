// memory_trust.hpp — whether what this node remembers of the store may be believed.
//
// A server that is alone believes it always: every change passes through it. A member of a cluster
// believes it as long as the others have promised to tell, and believes nothing that was read
// before it last had to do without (promises.hpp).
#pragma once

#include "protocol/time.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace latchkey {

/// Read by every thread, set by one.
class memory_trust {
public:
  /// That of a server that is alone.
  memory_trust() = default;

  /// Whether what was read in that epoch is as the store has it, at that time of the steady clock.
  bool counts(std::uint64_t read_in, time_point now) const noexcept {
    // In this order: a later end is set after its epoch.
    const auto until = until_.load(std::memory_order_acquire);
    return now.time_since_epoch().count() < until &&
           read_in == epoch_.load(std::memory_order_acquire);
  }
  /// Whether anything that is read now may count at that time.
  bool holds(time_point now) const noexcept {
    return now.time_since_epoch().count() < until_.load(std::memory_order_acquire);
  }
  /// Of a read that begins now.
  std::uint64_t epoch() const noexcept { return epoch_.load(std::memory_order_acquire); }

  void set(time_point until, std::uint64_t epoch) noexcept {
    epoch_.store(epoch, std::memory_order_release);
    until_.store(until.time_since_epoch().count(), std::memory_order_release);
  }

private:
  std::atomic<std::uint64_t> epoch_{1};
  std::atomic<std::int64_t> until_{time_point::max().time_since_epoch().count()};
};

} // namespace latchkey

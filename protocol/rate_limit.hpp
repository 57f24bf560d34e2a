// rate_limit.hpp — how often something may be done: so many times in a window.
#pragma once

#include "protocol/time.hpp"

#include <cstdint>

namespace latchkey {

struct rate_limit {
  std::uint32_t count = 0;    // 0: no limit
  std::uint32_t window_s = 0; // 0 with a count of 0

  bool is_off() const noexcept { return count == 0; }
  friend bool operator==(const rate_limit&, const rate_limit&) = default;
};

/// The outcome of charging a limit.
struct rate_verdict {
  bool granted = true;
  std::uint32_t limit = 0; // 0: there is none
  std::uint32_t remaining = 0;
  time_point reset{};     // by the steady clock: when the window ends and all are there again
  std::uint32_t held = 0; // of those that are gone: may be given back yet
  // Not granted, nor refused: only all nodes together can tell. Ask the redis_actor (take_rate).
  bool is_undecided = false;
};

} // namespace latchkey

// promise_walk.hpp — members of a cluster that make promises, change facts and fail, on a clock and
// a network that a seed decides.
//
// The promises and the membership are the product's. What they would be carried by is played: a
// store with its table of members, connections with delays that break or are cut, memories that
// follow what they hear, clocks that run at different speeds, members that freeze, die, restart and
// leave. After each event the walk looks into every member: what one would answer from memory must
// be no older than what has been answered to whoever changed it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

namespace latchkey::test {

struct promise_walk_options {
  std::uint64_t seed = 1;
  int nodes = 3;
  int seconds = 120;      // of the walk's time; in the last 30 nothing fails and nothing changes
  bool keeps_log = false; // for `promise_walk_outcome::log`
};

struct promise_walk_outcome {
  std::string violation;         // empty: none; else what happened, with the time
  std::deque<std::string> log;   // the newest lines
  std::uint64_t changes = 0;     // that were answered
  std::uint64_t from_memory = 0; // looks into a memory that counted
  std::uint64_t fences = 0;
  std::uint64_t deaths = 0;
  std::uint64_t cuts = 0;
  std::uint64_t freezes = 0;
  std::uint64_t joins = 0;
};

promise_walk_outcome walk_promises(const promise_walk_options& options);

} // namespace latchkey::test

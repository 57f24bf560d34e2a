// retention.hpp — forgets sessions and workflows that ended long ago and old lines of the audit
// log, a slice a transaction, so that nobody waits for it; and, in memory, old windows of rate
// limits.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"

#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstddef>
#include <deque>

namespace latchkey {

inline constexpr std::chrono::minutes retention_every{5};
/// A part of the windows of rate limits; all of them within about two minutes.
inline constexpr std::chrono::seconds window_sweep_every{2};
inline constexpr std::size_t retention_slice_max = 500;
inline constexpr std::size_t retention_workflows_max = 50; // each with all its statuses

struct retention_state {
  static inline const char* name = "retention";

  retention_actor::pointer self = nullptr;
  actor_env_ptr env;

  /// Of the store; with a time, of the windows of rate limits.
  task<> on_sweep(messages::sweep sweep);
  void let_windows_go();

private:
  /// A slice of what is over; there is more when it was full.
  struct slice {
    storage::fact fact;
    std::size_t max;
  };
  std::deque<slice> due_slices() const;
};

/// One on each node: those that meet pass over each other's rows.
retention_actor::behavior_type retention(retention_actor::stateful_pointer<retention_state> self,
                                         actor_env_ptr env);

} // namespace latchkey

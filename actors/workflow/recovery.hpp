// recovery.hpp — after a start: finds the workflows that run and has the actor of each loaded,
// which then looks it up at the core manager.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/conversation.hpp"

#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstddef>

namespace latchkey {

struct workflow_recovery_state {
  static inline const char* name = "workflow_recovery";

  /// So many are being loaded at once.
  static constexpr std::size_t page_max = 64;
  static constexpr std::chrono::seconds try_again_after{1};

  workflow_recovery_actor::pointer self = nullptr;
  actor_env_ptr env;
  workflow_id passed; // all up to this one have their actor

  task<> on_sweep(messages::sweep);

private:
  void try_again(const failure& error);
};

/// Ends when it has found all.
workflow_recovery_actor::behavior_type
workflow_recovery(workflow_recovery_actor::stateful_pointer<workflow_recovery_state> self,
                  actor_env_ptr env);

} // namespace latchkey

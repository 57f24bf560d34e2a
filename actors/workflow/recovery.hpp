// recovery.hpp — after a start: finds the workflows that run and has the actor of each loaded,
// which then looks it up at the core manager. In a cluster: those that are this node's; and it
// makes those of members that are gone its own, at the start and whenever a member goes.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/conversation.hpp"

#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

namespace latchkey {

struct workflow_recovery_state {
  static inline const char* name = "workflow_recovery";

  /// So many are being loaded at once.
  static constexpr std::size_t page_max = 64;
  /// So many become this node's at once, so that several nodes share what one has left.
  static constexpr std::size_t claimed_at_once = 16;
  static constexpr std::chrono::seconds try_again_after{1};
  /// How often the members are looked at.
  static constexpr std::chrono::milliseconds look_every{500};

  workflow_recovery_actor::pointer self = nullptr;
  actor_env_ptr env;
  workflow_id passed;             // all up to this one have their actor
  std::vector<member_id> members; // when they were looked at last; none: workflows may be nobody's

  task<> on_sweep(messages::sweep);

private:
  /// The next of those that are this node's; none: that was all.
  task<std::vector<workflow_id>> load_next_page();
  task<> look_at_members();
  task<messages::done> claim_orphans(const std::vector<member_id>& living);
  task<messages::done> claim_all_of(member_id owner);
  void try_again(const failure& error);
  time_point deadline() const { return env->steady_now() + env->policy.internal_deadline; }
};

/// Ends when it has found all; in a cluster it goes on.
workflow_recovery_actor::behavior_type
workflow_recovery(workflow_recovery_actor::stateful_pointer<workflow_recovery_state> self,
                  actor_env_ptr env);

} // namespace latchkey

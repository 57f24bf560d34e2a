// audit.hpp — the audit log, for events that come with no other fact to be written.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>

namespace latchkey {

/// When the newest line is of; the epoch when there is none. What was told before a restart has
/// happened, whatever the machine's clock says now (protocol/unstepped_clock.hpp).
result<time_point> newest_audit_time(storage::reader& from);

struct audit_state {
  static inline const char* name = "audit";

  audit_actor::pointer self = nullptr;
  std::vector<persistence_actor> writers;

  task<messages::done> on_record(messages::record_audit request);
};

audit_actor::behavior_type audit(audit_actor::stateful_pointer<audit_state> self,
                                 std::vector<persistence_actor> writers);

} // namespace latchkey

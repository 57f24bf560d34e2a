// member_table.hpp — the actor that holds the connection to the table of members.
#pragma once

#include "actors/base/behave.hpp"
#include "protocol/interfaces.hpp"
#include "storage/members.hpp"

#include <caf/stateful_actor.hpp>
#include <memory>

namespace latchkey {

struct member_table_state {
  static inline const char* name = "member_table";

  std::shared_ptr<storage::member_table> table;

  caf::result<messages::done> on_remove(messages::remove_predecessors& request);
  caf::result<messages::members_joined> on_join(messages::join_members& request);
  caf::result<messages::members_read> on_beat(messages::beat_member& request);
  caf::result<messages::member_opened> on_open(messages::open_member& request);
  caf::result<messages::done> on_fence(messages::fence_member& request);
  caf::result<messages::done> on_leave(messages::leave_members& request);
};

/// Spawn it detached.
member_table_actor::behavior_type
member_table(member_table_actor::stateful_pointer<member_table_state> self,
             std::shared_ptr<storage::member_table> table);

} // namespace latchkey

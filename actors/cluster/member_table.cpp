#include "actors/cluster/member_table.hpp"

#include <utility>

namespace latchkey {

caf::result<messages::done> member_table_state::on_remove(messages::remove_predecessors& request) {
  if (auto removed = table->remove_predecessors(request.node); !removed)
    return to_error(removed.error());
  return messages::done{};
}

caf::result<messages::members_joined> member_table_state::on_join(messages::join_members& request) {
  auto joined = table->join(request.row);
  if (!joined) return to_error(joined.error());
  return messages::members_joined{*joined};
}

caf::result<messages::members_read> member_table_state::on_beat(messages::beat_member& request) {
  auto rows = table->beat(request.self, request.gap_from);
  if (!rows) return to_error(rows.error());
  return messages::members_read{std::move(*rows)};
}

caf::result<messages::member_opened> member_table_state::on_open(messages::open_member& request) {
  auto opened = table->open(request.self);
  if (!opened) return to_error(opened.error());
  return messages::member_opened{*opened};
}

caf::result<messages::done> member_table_state::on_fence(messages::fence_member& request) {
  auto fenced = table->fence(request.self, request.silent, request.silent_for, request.judge_from);
  if (!fenced) return to_error(fenced.error());
  return messages::done{};
}

caf::result<messages::done> member_table_state::on_leave(messages::leave_members& request) {
  if (auto left = table->leave(request.self); !left) return to_error(left.error());
  return messages::done{};
}

member_table_actor::behavior_type
member_table(member_table_actor::stateful_pointer<member_table_state> self,
             std::shared_ptr<storage::member_table> table) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->table = std::move(table);
  return {handler<&member_table_state::on_remove>(state),
          handler<&member_table_state::on_join>(state),
          handler<&member_table_state::on_beat>(state),
          handler<&member_table_state::on_open>(state),
          handler<&member_table_state::on_fence>(state),
          handler<&member_table_state::on_leave>(state)};
}

} // namespace latchkey

#include "actors/store/redis.hpp"

namespace latchkey {

caf::result<messages::done> redis_state::on_ping(messages::ping_redis& request) {
  if (request.deadline <= clock->steady()) return to_error(error_code::timeout);
  auto answered = connection->ping();
  counts->redis_connections.set(connection->connected() ? 1 : 0);
  if (!answered) return to_error(answered.error());
  return messages::done{};
}

redis_actor::behavior_type redis(redis_actor::stateful_pointer<redis_state> self,
                                 storage::redis_address address, const clock_source* clock,
                                 metrics* counts) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->clock = clock;
  state->counts = counts;
  state->connection = std::make_unique<storage::redis_connection>(std::move(address));
  return {handler<&redis_state::on_ping>(state)};
}

} // namespace latchkey

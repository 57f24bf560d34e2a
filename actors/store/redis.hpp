// redis.hpp — the actor in front of Redis. Spawn it detached: it blocks.
#pragma once

#include "actors/base/behave.hpp"
#include "config/metrics/metrics.hpp"
#include "protocol/interfaces.hpp"
#include "protocol/time.hpp"
#include "storage/redis/connection.hpp"

#include <caf/stateful_actor.hpp>
#include <memory>

namespace latchkey {

struct redis_state {
  static inline const char* name = "redis";

  const clock_source* clock = nullptr;
  metrics* counts = nullptr;
  std::unique_ptr<storage::redis_connection> connection;

  caf::result<messages::done> on_ping(messages::ping_redis& request);
};

redis_actor::behavior_type redis(redis_actor::stateful_pointer<redis_state> self,
                                 storage::redis_address address, const clock_source* clock,
                                 metrics* counts);

} // namespace latchkey

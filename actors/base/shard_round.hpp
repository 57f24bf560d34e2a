// shard_round.hpp — an event for every shard of the directory, and when all have taken it.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"

#include <utility>

namespace latchkey {

/// Tells every shard, and ends when all have answered; with the first failure, if there was one.
template <class Message>
task<messages::done> notify_shards(const actor_env& env, Message event) {
  const auto replies = co_await ask_all(env.directories, std::move(event));
  for (const auto& reply : replies)
    // A shard that is gone has nobody in memory.
    if (!reply && !is_gone(reply.error())) co_return to_failure(reply.error());
  co_return messages::done{};
}

} // namespace latchkey

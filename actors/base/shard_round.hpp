// shard_round.hpp — an event for every shard of the directory, and when all have taken it.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace latchkey {

/// Tells every shard, and ends when all have answered; with the first failure, if there was one.
template <class Message>
task<messages::done> tell_shards(const actor_env& env, Message event) {
  const auto replies = co_await ask_all(env.directories, std::move(event));
  for (const auto& reply : replies)
    // A shard that is gone has nobody in memory.
    if (!reply && !is_gone(reply.error())) co_return to_failure(reply.error());
  co_return messages::done{};
}

/// Says it to every shard and waits for all; `done` hears the first error. `here` is held as long
/// as an answer is owed.
template <class Self, class Message>
void tell_shards(Self* self, const actor_env& env, const Message& what,
                 const std::shared_ptr<const void>& here,
                 std::function<void(const caf::error*)> done) {
  struct round {
    std::size_t open;
    std::optional<caf::error> first;
    std::function<void(const caf::error*)> done;
    void settle() {
      if (--open == 0) done(first ? &*first : nullptr);
    }
  };
  auto told = std::make_shared<round>(round{env.directories.size(), std::nullopt, std::move(done)});
  for (const auto& shard : env.directories)
    self->request(shard, no_timeout, what)
        .then([told, here](messages::sessions_notified&) { told->settle(); },
              [told, here](caf::error& error) {
                // A shard that is gone has nobody in memory.
                if (!is_gone(error) && !told->first) told->first = error;
                told->settle();
              });
}

} // namespace latchkey

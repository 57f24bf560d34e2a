#include "actors/cluster/announce.hpp"

#include <utility>

namespace latchkey {

task<messages::done> announce(const actor_env& env, messages::durable_change change) {
  if (!env.cluster) co_return messages::done{};
  messages::tell_members request{std::move(change)};
  co_return co_await ask(env.cluster, std::move(request));
}

} // namespace latchkey

#include "actors/cluster/follow.hpp"

#include "actors/base/shard_round.hpp"

#include <utility>

namespace latchkey {
namespace {

/// The user's actor reads its row again.
task<messages::done> reload_user(const actor_env& env, user_id user) {
  messages::user_changed event{user};
  co_return co_await ask(env.directory_for(user), std::move(event));
}

/// What the shards are told by whoever changes a user here, they are told for a change elsewhere.
template <class Event>
task<messages::done> follow_user(const actor_env& env, Event event) {
  const auto reloaded = co_await reload_user(env, event.user);
  if (!reloaded) co_return reloaded.error();
  co_return co_await notify_shards(env, std::move(event));
}

} // namespace

task<messages::done> follow_change(const actor_env& env, messages::durable_change change) {
  if (const auto* c = change.get_if<messages::user_changed>()) return reload_user(env, c->user);
  if (const auto* c = change.get_if<messages::user_sessions_ended>()) return follow_user(env, *c);
  if (const auto* c = change.get_if<messages::user_role_changed>()) return follow_user(env, *c);
  if (const auto* c = change.get_if<messages::user_subscription_changed>())
    return follow_user(env, *c);
  if (const auto* c = change.get_if<messages::user_session_ended>()) return notify_shards(env, *c);
  if (const auto* c = change.get_if<messages::user_sessions_synced>())
    return notify_shards(env, *c);
  const auto reread = [](const actor_env& of) -> task<messages::done> {
    co_return co_await ask(of.registry, messages::registry_changed{});
  };
  return reread(env);
}

} // namespace latchkey

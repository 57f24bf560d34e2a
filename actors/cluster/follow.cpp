#include "actors/cluster/follow.hpp"

#include "actors/base/resident.hpp"
#include "actors/base/shard_round.hpp"

#include <utility>

namespace latchkey {
namespace {

/// The user's actor reads its row again.
task<messages::done> reload_user(const actor_env& env, user_id user) {
  messages::user_changed event{user};
  co_return co_await ask(env.directory_for(user), std::move(event));
}

task<messages::done> reread_sessions(const actor_env& env, messages::user_sessions_changed event) {
  if (!event.session) {
    const auto reloaded = co_await reload_user(env, event.user);
    if (!reloaded) co_return reloaded.error();
  }
  co_return co_await notify_shards(env, std::move(event));
}

/// Sockets hear what holds now, for what was told may be older.
task<messages::done> reread_subscription(const actor_env& env, user_id user) {
  const auto reloaded = co_await reload_user(env, user);
  if (!reloaded) co_return reloaded.error();
  const messages::find_subscription owner{user};
  const messages::describe_subscription question{env.steady_now() + env.policy.internal_deadline};
  auto view = co_await ask_resident(env.directory_for(user), owner, question);
  if (!view && view.error().code == error_code::user_not_found) co_return messages::done{};
  if (!view) co_return view.error();
  messages::user_subscription_changed event{user, std::move(view->tier),
                                            std::move(view->subscription.status)};
  co_return co_await notify_shards(env, std::move(event));
}

task<messages::done> reread_registry(const actor_env& env) {
  co_return co_await ask(env.registry, messages::registry_changed{});
}

} // namespace

task<messages::done> follow_change(const actor_env& env, messages::durable_change change) {
  if (const auto* c = change.get_if<messages::user_changed>()) return reload_user(env, c->user);
  if (const auto* c = change.get_if<messages::user_sessions_changed>())
    return reread_sessions(env, *c);
  if (const auto* c = change.get_if<messages::user_subscription_changed>())
    return reread_subscription(env, c->user);
  return reread_registry(env);
}

} // namespace latchkey

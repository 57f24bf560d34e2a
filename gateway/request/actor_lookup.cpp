#include "gateway/request/actor_lookup.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>

namespace latchkey::gateway {
namespace {

/// How often handles are checked, and how many of a kind at a time: all of them within half a
/// minute, and no turn takes long.
constexpr std::chrono::seconds handles_checked_every{1};
constexpr std::size_t handles_checked_max = 4096;

} // namespace

actor_lookup::actor_lookup(caf::actor_system& system, reactor& home, actor_env_ptr env)
    : home_(home), env_(std::move(env)) {
  caf::actor_config config{&home};
  auto handle = system.spawn_class<reactor_actor, caf::no_spawn_options>(config, home);
  actor_owner_ = caf::actor_cast<caf::strong_actor_ptr>(handle);
  actor_ = static_cast<reactor_actor*>(caf::actor_cast<caf::abstract_actor*>(actor_owner_));
}

actor_lookup::~actor_lookup() {
  close();
}

void actor_lookup::close() {
  // At once: an answer that is queued already must not wake a coroutine whose edge is gone.
  if (!std::exchange(is_closed_, true)) actor_->close();
}

time_point actor_lookup::deadline_for_actors(deadline_point deadline) const {
  const auto left = deadline - std::chrono::steady_clock::now();
  return env_->steady_now() + std::chrono::duration_cast<std::chrono::microseconds>(left);
}

void actor_lookup::turn::on_expired(timer_wheel::entry& e) noexcept {
  static_cast<turn&>(e).owner.drop_ended();
}

void actor_lookup::schedule_drop() {
  if (!drops_.scheduled()) home_.timers().schedule(drops_, handles_checked_every);
}

void actor_lookup::drop_ended() {
  const auto has_ended = [](const auto& handle) {
    return caf::actor_cast<caf::abstract_actor*>(handle)->getf(
        caf::abstract_actor::is_terminated_flag);
  };
  std::size_t left = 0;
  const auto check = [&](auto& handles) {
    handles.erase_some_if(has_ended, handles_checked_max);
    left += handles.size();
  };
  check(sessions_);
  check(users_);
  check(subscriptions_);
  check(workflows_);
  if (left > 0) schedule_drop();
}

} // namespace latchkey::gateway

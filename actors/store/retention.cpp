#include "actors/store/retention.hpp"

#include "config/log.hpp"

#include <utility>

namespace latchkey {

void retention_state::on_sweep(messages::sweep& sweep) {
  if (sweep.now != time_point{}) return let_windows_go();
  const auto now = env->now();
  const auto& policy = env->policy;
  std::deque<slice> left;
  const auto add = [&left, now](auto fact, std::chrono::seconds kept, std::size_t max) {
    fact.before = now - kept;
    fact.max = max;
    if (kept.count() > 0) left.push_back({fact, max});
  };
  add(storage::forget_sessions{}, policy.session_history, care_slice_max);
  add(storage::forget_audits{}, policy.audit_history, care_slice_max);
  add(storage::forget_workflows{}, policy.workflow_history, care_workflows_max);
  forget(std::move(left));
}

void retention_state::forget(std::deque<slice> left) {
  if (left.empty()) return rest();
  messages::commit request{{{left.front().what}},
                           env->steady_now() + env->policy.internal_deadline};
  self->request(env->writers.back(), no_timeout, std::move(request))
      .then(
          [this, left](storage::written& written) mutable {
            if (written.forgotten < static_cast<std::int64_t>(left.front().max)) left.pop_front();
            forget(std::move(left));
          },
          [this](caf::error& error) {
            log_warning(name,
                        "cannot forget what is over: ", describe(to_failure(error).code).message);
            rest();
          });
}

void retention_state::rest() {
  self->delayed_send(retention_actor{self}, care_every, messages::sweep{});
}

void retention_state::let_windows_go() {
  const auto now = env->steady_now();
  env->limiter->let_go(now);
  self->delayed_send(retention_actor{self}, care_windows_every, messages::sweep{now});
}

retention_actor::behavior_type retention(retention_actor::stateful_pointer<retention_state> self,
                                         actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  self->send(retention_actor{self}, messages::sweep{});
  state->let_windows_go();
  return {handler(state, &retention_state::on_sweep)};
}

} // namespace latchkey

#include "actors/store/retention.hpp"

#include "config/log.hpp"

#include <utility>

namespace latchkey {

task<> retention_state::on_sweep(messages::sweep sweep) {
  if (sweep.now != time_point{}) {
    let_windows_go();
    co_return;
  }
  auto left = due_slices();
  while (!left.empty()) {
    messages::commit request{{{left.front().fact}},
                             env->steady_now() + env->policy.internal_deadline};
    const auto written = co_await ask(env->writers.back(), std::move(request));
    if (!written) {
      log_warning(name, "cannot delete expired rows: ", describe(written.error().code).message);
      break;
    }
    if (written->forgotten < static_cast<std::int64_t>(left.front().max)) left.pop_front();
  }
  self->delayed_send(retention_actor{self}, retention_every, messages::sweep{});
}

std::deque<retention_state::slice> retention_state::due_slices() const {
  const auto now = env->now();
  const auto& policy = env->policy;
  std::deque<slice> left;
  const auto add = [&left, now](auto fact, std::chrono::seconds kept, std::size_t max) {
    fact.before = now - kept;
    fact.max = max;
    if (kept.count() > 0) left.push_back({fact, max});
  };
  add(storage::forget_sessions{}, policy.session_history, retention_slice_max);
  add(storage::forget_audits{}, policy.audit_history, retention_slice_max);
  add(storage::forget_workflows{}, policy.workflow_history, retention_workflows_max);
  return left;
}

void retention_state::let_windows_go() {
  const auto now = env->steady_now();
  env->limiter->let_go(now);
  self->delayed_send(retention_actor{self}, window_sweep_every, messages::sweep{now});
}

retention_actor::behavior_type retention(retention_actor::stateful_pointer<retention_state> self,
                                         actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  self->send(retention_actor{self}, messages::sweep{});
  state->let_windows_go();
  return {handler<&retention_state::on_sweep>(state)};
}

} // namespace latchkey

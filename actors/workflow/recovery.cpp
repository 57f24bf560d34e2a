#include "actors/workflow/recovery.hpp"

#include <utility>
#include <vector>

namespace latchkey {

task<> workflow_recovery_state::on_sweep(messages::sweep) {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  messages::read question{storage::list_running_workflows{passed, page_max}, deadline};
  auto found = co_await ask(env->reader_for(passed), std::move(question));
  if (!found) {
    try_again(found.error());
    co_return;
  }
  const auto& page = found->as<storage::list_running_workflows>();
  if (page.empty()) {
    self->quit();
    co_return;
  }
  std::vector<std::pair<directory_actor, messages::find_workflow>> questions;
  for (const auto& id : page)
    questions.emplace_back(env->directory_for(id), messages::find_workflow{id});
  const auto replies = co_await ask_each(std::move(questions));
  for (const auto& reply : replies) {
    // A workflow that ended meanwhile may be forgotten already.
    if (reply || to_failure(reply.error()).code == error_code::not_found) continue;
    try_again(to_failure(reply.error())); // the actors that are there stay
    co_return;
  }
  passed = page.back();
  self->send(workflow_recovery_actor{self}, messages::sweep{});
}

void workflow_recovery_state::try_again(const failure& error) {
  log_warning(name, "cannot list running workflows: ", describe(error.code).message);
  self->delayed_send(workflow_recovery_actor{self}, try_again_after, messages::sweep{});
}

workflow_recovery_actor::behavior_type
workflow_recovery(workflow_recovery_actor::stateful_pointer<workflow_recovery_state> self,
                  actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  self->send(workflow_recovery_actor{self}, messages::sweep{});
  return {handler<&workflow_recovery_state::on_sweep>(state)};
}

} // namespace latchkey

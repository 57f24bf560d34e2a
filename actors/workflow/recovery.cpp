#include "actors/workflow/recovery.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace latchkey {

void workflow_recovery_state::on_sweep(messages::sweep&) {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  const storage::list_running_workflows what{passed, page_max};
  self->request(env->reader_for(passed), no_timeout, messages::read{what, deadline})
      .then([this](messages::found& found) { wake(found.as<storage::list_running_workflows>()); },
            [this](caf::error& error) { try_again(error); });
}

void workflow_recovery_state::wake(const std::vector<workflow_id>& page) {
  if (page.empty()) return self->quit();
  struct round {
    std::size_t open;
    std::optional<caf::error> problem;
  };
  auto all = std::make_shared<round>(round{page.size(), std::nullopt});
  const auto settle = [this, all, last = page.back()] {
    if (--all->open > 0) return;
    if (all->problem) return try_again(*all->problem); // those that are there stay as they are
    passed = last;
    self->send(workflow_recovery_actor{self}, messages::sweep{});
  };
  for (const auto& id : page)
    self->request(env->directory_for(id), no_timeout, messages::find_workflow{id})
        .then([settle](workflow_actor&) { settle(); },
              [all, settle](caf::error& error) {
                // One that ended meanwhile may be forgotten already.
                if (to_failure(error).code != error_code::not_found) all->problem = error;
                settle();
              });
}

void workflow_recovery_state::try_again(const caf::error& error) {
  log_warning(name, "cannot find what runs: ", describe(to_failure(error).code).message);
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
  return {handler(state, &workflow_recovery_state::on_sweep)};
}

} // namespace latchkey

// workflows.cpp — workflows in memory and on their way there.
#include "actors/directory/directory.hpp"
#include "actors/directory/loading.hpp"
#include "actors/workflow/workflow.hpp"

#include <utility>

namespace latchkey {

caf::result<workflow_actor> directory_state::on_find_workflow(messages::find_workflow& request) {
  promise<workflow_actor> answer{self};
  const auto id = request.id;
  loading::find_or_load(workflows, id, request.gone, answer, loads,
                        [this, id](std::uint64_t load) { load_workflow(id, load); });
  return answer;
}

caf::result<workflow_actor> directory_state::on_make_workflow(messages::make_workflow& request) {
  promise<workflow_actor> answer{self};
  const auto id = request.id;
  workflows[id].is_made = true; // whoever began to load it
  loading::find_or_load(workflows, id, request.gone, answer, loads,
                        [this, id](std::uint64_t load) { load_workflow(id, load); });
  return answer;
}

void directory_state::load_workflow(const workflow_id& id, std::uint64_t load) {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  self->request(env->reader_for(id), no_timeout,
                messages::read{storage::find_workflow_record{id}, deadline})
      .then(
          [this, id, load](messages::found& found) {
            if (!loading::is_loading(workflows, id, load)) return;
            auto& stored = found.as<storage::find_workflow_record>();
            if (!std::exchange(workflows[id].is_made, false) && !stored)
              return loading::not_loaded(workflows, id, to_error(error_code::not_found));
            workflow_record record;
            record.id = id;
            if (stored) record = std::move(*stored);
            loading::loaded(workflows, id, self->spawn(workflow, std::move(record), env));
          },
          [this, id, load](caf::error& error) {
            if (loading::is_loading(workflows, id, load)) loading::not_loaded(workflows, id, error);
          });
}

caf::result<messages::done> directory_state::on_leave_workflow(messages::leave_workflow& request) {
  workflows.erase(request.id);
  return messages::done{};
}

} // namespace latchkey

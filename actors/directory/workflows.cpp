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
                        [this, id](std::uint64_t load) { begin(load_workflow(id, load)); });
  return answer;
}

caf::result<workflow_actor> directory_state::on_make_workflow(messages::make_workflow& request) {
  promise<workflow_actor> answer{self};
  const auto id = request.id;
  workflows[id].is_made = true; // also when another request began to load it
  loading::find_or_load(workflows, id, request.gone, answer, loads,
                        [this, id](std::uint64_t load) { begin(load_workflow(id, load)); });
  return answer;
}

task<> directory_state::load_workflow(workflow_id id, std::uint64_t load) {
  messages::read question{storage::find_workflow_record{id}, own_deadline()};
  auto found = co_await ask(env->reader_for(id), std::move(question));
  if (!loading::is_loading(workflows, id, load)) co_return;
  if (!found) {
    loading::not_loaded(workflows, id, found.error());
    co_return;
  }
  auto& stored = found->as<storage::find_workflow_record>();
  if (!std::exchange(workflows[id].is_made, false) && !stored) {
    loading::not_loaded(workflows, id, failure{error_code::not_found});
    co_return;
  }
  workflow_record record;
  record.id = id;
  if (stored) record = std::move(*stored);
  loading::loaded(workflows, id, self->spawn(workflow, std::move(record), env));
}

caf::result<messages::done> directory_state::on_leave_workflow(messages::leave_workflow& request) {
  workflows.erase(request.id);
  return messages::done{};
}

void directory_state::on_workflow_changed(messages::workflow_changed& event) {
  if (event.workflow.is_nil()) {
    for (const auto& [id, resident] : workflows)
      if (resident.actor) self->send(resident.actor, event);
    return;
  }
  // Also to one that is being loaded, which may have been read before.
  if (workflows.contains(event.workflow)) begin(pass_on(event));
}

void directory_state::on_attend_workflow(messages::attend_workflow& event) {
  begin(pass_on(event));
}

template <class Event>
task<> directory_state::pass_on(Event event) {
  const auto found = co_await ask(directory_actor{self}, messages::find_workflow{event.workflow});
  if (found) self->send(*found, event);
}

} // namespace latchkey

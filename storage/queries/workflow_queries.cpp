// Queries about workflows and their statuses.
#include "storage/queries/queries.hpp"
#include "storage/sql/catalogue_workflows.hpp"

namespace latchkey::storage::sql {

namespace {

std::optional<workflow_record> to_workflow(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  const auto user = to_user_id(row.text(1));
  const auto created = time_at(row, 10);
  if (!id || !user || !created) return std::nullopt;
  workflow_record w;
  w.id = workflow_id{*id};
  w.user = *user;
  w.message_id = text_or(row, 2);
  w.workflow_type = text_or(row, 3);
  w.agent_instance_id = text_or(row, 4);
  w.project_id = text_or(row, 5);
  w.parameters = text_or(row, 6);
  w.status = text_or(row, 7);
  w.last_seq = number_at(row, 8);
  w.last_position = number_at(row, 9);
  w.created_at = *created;
  w.ended_at = time_at(row, 11);
  return w;
}

} // namespace

finding answer(runner& on, const storage::find_workflow_record& q) {
  storage::find_workflow_record::answer found;
  on.run(find_workflow_record, {to_string(q.id)},
         [&](const row_source& row) { found = to_workflow(row); });
  return found;
}

finding answer(runner& on, const storage::list_workflow_statuses& q) {
  storage::list_workflow_statuses::answer statuses;
  on.run(list_workflow_statuses, {to_string(q.workflow), q.after_seq, rows_of(q.limit)},
         [&](const row_source& row) {
           if (const auto at = time_at(row, 2))
             statuses.push_back({number_at(row, 0), text_or(row, 1), *at});
         });
  return statuses;
}

finding answer(runner& on, const storage::list_running_workflows& q) {
  storage::list_running_workflows::answer running;
  on.run(list_running_workflows, {to_string(q.after), rows_of(q.limit)},
         [&](const row_source& row) {
           if (const auto id = parse_uuid(row.text(0).value_or("")))
             running.push_back(workflow_id{*id});
         });
  return running;
}

} // namespace latchkey::storage::sql

// Facts about workflows and their statuses.
#include "storage/sql/catalogue_billing.hpp"
#include "storage/sql/catalogue_workflows.hpp"
#include "storage/sql/facts.hpp"

#include <algorithm>
#include <limits>

namespace latchkey::storage::sql {

std::optional<failure> write(runner& on, const storage::add_workflow& f, written&) {
  const auto& w = f.workflow;
  const auto user = to_string(w.user);
  if (on.run(keep_user, {user}) == 0) return losing(error_code::user_not_found);
  const auto added =
      on.run(add_workflow, {to_string(w.id), user, w.message_id, w.workflow_type,
                            w.agent_instance_id, w.project_id, w.parameters, w.status, w.last_seq,
                            w.last_position, time_text(w.created_at)});
  if (added == 0) return losing(error_code::conflict, "id", "is taken");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::add_workflow_status& f, written&) {
  const auto id = to_string(f.workflow);
  const auto ended = f.status == "in_progress" ? std::optional<time_point>{} : f.at;
  if (on.run(move_workflow, {id, f.seq, f.position, f.status, time_or_null(ended)}) == 0) {
    if (on.run(has_workflow, {id}) == 0) return losing(error_code::not_found, "id");
    return losing(error_code::conflict, "seq", "is not the next");
  }
  on.run(add_workflow_status, {id, f.seq, f.body, time_text(f.at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::forget_workflows& f, written& note) {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  const auto max = static_cast<std::int64_t>(std::min(f.max, most));
  note.forgotten += static_cast<std::int64_t>(on.run(forget_workflows, {time_text(f.before), max}));
  return std::nullopt;
}

} // namespace latchkey::storage::sql

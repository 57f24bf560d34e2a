// owner.cpp — of the nodes of a cluster one owns a workflow and follows it at the core manager. The
// others, if they have sockets that want its statuses, are told by it and read them in the store.
//
// What is told gets lost when a connection does. Who attends says so every second, with what it
// knows, and asks the store when it hears nothing. The owner, who is told of statuses that others
// have taken, asks the store when a member has come back or is gone.
#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

void workflow_state::doubt_if_another_owns() {
  if (!owns()) is_known = false; // nor is one that was not there owned by this node
}

void workflow_state::on_changed(messages::workflow_changed& event) {
  if (is_leaving()) return;
  if (event.workflow.is_nil()) {
    if (!runs_here()) return;
    is_known = false;
    if (!listeners.empty()) begin(settle_in_doubt()); // else whoever uses it next
    return;
  }
  if (event.owner == record.owner) owner_heard = env->steady_now();
  if (event.last_seq <= record.last_seq && event.owner == record.owner) return;
  is_known = false;
  begin(settle_in_doubt());
}

void workflow_state::on_attend(messages::attend_workflow& event) {
  if (is_leaving()) return;
  const auto until = env->steady_now() + attended_for;
  const auto known =
      std::ranges::find(attending, event.member, [](const auto& m) { return m.first; });
  if (known != attending.end())
    known->second = until;
  else
    attending.emplace_back(event.member, until);
  tell(event.member); // also of whose it is
}

void workflow_state::tell(const member_id& member) {
  if (member.is_nil() || !is_there()) return;
  self->send(env->cluster,
             messages::tell_of_workflow{member, {record.id, record.last_seq, record.owner}});
}

void workflow_state::tell_others() {
  if (!env->cluster) return;
  if (!owns()) return tell(record.owner);
  const auto now = env->steady_now();
  std::erase_if(attending, [now](const auto& member) { return member.second < now; });
  for (const auto& [member, until] : attending)
    tell(member);
}

task<> workflow_state::attend() {
  if (listeners.empty()) co_return;
  const auto now = env->steady_now();
  const auto living = co_await ask(env->cluster, messages::list_members{});
  const bool is_gone =
      !living || std::ranges::find(living->members, record.owner) == living->members.end();
  self->send(env->cluster,
             messages::attend_at{record.owner, {record.id, env->member, record.last_seq}});
  if (is_gone || now > owner_heard + owner_silent) {
    is_known = false;
    co_await take_turn(own_deadline());
  }
  if (is_running() && !owns()) ask_upstream_at(env->steady_now() + attend_every);
}

task<messages::done> workflow_state::take_over(time_point deadline) {
  if (owns()) co_return messages::done{};
  const auto turn = co_await take_turn(deadline);
  if (!turn) co_return turn.error();
  const auto before = record.owner;
  messages::commit commit{{{storage::own_workflow{record.id, env->member}}}, deadline};
  const auto outcome = co_await ask(env->writer_for(record.id), std::move(commit));
  const auto looked = co_await look(deadline);
  if (!outcome && outcome.error().code == error_code::not_found)
    co_return fail(error_code::conflict, "workflow_id", "has ended");
  if (!looked) co_return looked.error();
  if (!owns()) co_return outcome ? failure{error_code::overloaded} : outcome.error();
  tell(before);
  co_return messages::done{};
}

/// Of a workflow that runs, here or there.
void workflow_state::owner_changed(bool ran_here) {
  if (ran_here == owns()) return;
  if (owns()) {
    upstream.has_answered = true; // the other one's order may have come there
    upstream.last_sign = env->steady_now();
  } else {
    const auto link = upstream.link; // what is under way ends by itself
    upstream = {};
    upstream.link = link;
  }
  ask_upstream_at(env->steady_now());
}

} // namespace latchkey

// start.cpp — a workflow begins: charged and durable in one transaction, once.
#include "actors/workflow/workflow.hpp"
#include "protocol/text/json_text.hpp"

#include <utility>

namespace latchkey {
namespace {

constexpr std::string_view workflows_quota = "workflows";

bool is_same_order(const workflow_record& a, const workflow_record& b) {
  return a.user == b.user && a.workflow_type == b.workflow_type &&
         a.agent_instance_id == b.agent_instance_id && a.project_id == b.project_id &&
         is_same_json(a.parameters, b.parameters);
}

/// The order's workflow, without what only this actor may set.
workflow_record new_workflow(workflow_record workflow, const member_id& owner, time_point now) {
  if (workflow.parameters.empty()) workflow.parameters = "{}";
  workflow.last_seq = workflow.last_position = 0;
  workflow.created_at = now;
  workflow.owner = owner;
  workflow.ended_at.reset();
  return workflow;
}

} // namespace

task<messages::workflow_started> workflow_state::on_start(messages::start_workflow request) {
  request.workflow = new_workflow(std::move(request.workflow), env->member, env->now());
  request.workflow.id = record.id;
  if (is_there()) doubt_if_another_owns(); // else the store finds out that it is taken
  const auto turn = co_await take_turn(request.deadline);
  if (!turn) co_return turn.error();
  if (is_there()) co_return start_again(request);
  // Nobody would run it: that is known before anything is charged.
  if (env->core_managers.empty())
    co_return fail(error_code::upstream_unavailable, {}, "is not configured");
  const auto at = env->now();
  const auto& user = request.workflow.user;
  const messages::find_subscription owner{user};
  const auto charge = charge_for(request, at);
  const auto charged = co_await ask_resident(env->directory_for(user), owner, charge);
  if (charged) {
    workflow_started(request, at);
    co_return messages::workflow_started{record.last_seq};
  }
  const auto& why = charged.error();
  const bool is_taken = why.code == error_code::conflict && why.field == "id";
  if (!is_taken && why.code != error_code::outcome_unknown) co_return why;
  // It may be durable all the same: the row tells.
  const auto looked = co_await look(own_deadline());
  if (!looked || !is_there()) co_return why;
  if (!is_taken) env->outcomes.workflows_started->add();
  co_return start_again(request);
}

result<messages::workflow_started>
workflow_state::start_again(const messages::start_workflow& order) {
  if (!is_same_order(record, order.workflow))
    return fail(error_code::conflict, "id", "has started another workflow");
  // A socket that has sent the order before is a listener already.
  if (find_listener(order.to) == nullptr) add_listener(order.to, 1, record.last_seq);
  return messages::workflow_started{record.last_seq};
}

messages::spend workflow_state::charge_for(const messages::start_workflow& order,
                                           time_point now) const {
  const auto& workflow = order.workflow;
  messages::spend request{std::string{workflows_quota}, 1, {}, order.deadline};
  request.also.emplace_back(storage::add_workflow{workflow});
  request.also.emplace_back(storage::add_workflow_status{
      workflow.id, 1, 0, accepted_workflow_status(), workflow.status, now});
  return request;
}

void workflow_state::workflow_started(const messages::start_workflow& order, time_point at) {
  record = order.workflow;
  env->outcomes.workflows_started->add();
  written({record.id, 1, 0, accepted_workflow_status(), record.status, at});
  add_listener(order.to, 1, 0);
  upstream.next = upstream_call::order;
  upstream.first_asked = upstream.last_sign = env->steady_now();
  ask_upstream();
}

} // namespace latchkey

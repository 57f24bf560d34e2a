// start.cpp — how a run begins: charged and durable in one transaction, once.
#include "actors/workflow/workflow.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey {
namespace {

constexpr std::string_view workflows_quota = "workflows";
constexpr int subscription_tries = 3;

bool same_json(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto one = nlohmann::json::parse(a, nullptr, false);
  return !one.is_discarded() && one == nlohmann::json::parse(b, nullptr, false);
}

bool same_words(const workflow_record& a, const workflow_record& b) {
  return a.user == b.user && a.workflow_type == b.workflow_type &&
         a.agent_instance_id == b.agent_instance_id && a.project_id == b.project_id &&
         same_json(a.parameters, b.parameters);
}

/// What becomes of it is not the asker's to say.
workflow_record new_run(workflow_record run, time_point now) {
  if (run.parameters.empty()) run.parameters = "{}";
  run.status = "in_progress";
  run.last_seq = run.last_position = 0;
  run.created_at = now;
  run.ended_at.reset();
  return run;
}

} // namespace

caf::result<messages::workflow_started>
workflow_state::on_start(messages::start_workflow& request) {
  if (leaving) return gone();
  promise<messages::workflow_started> answer{self};
  auto order = std::make_shared<messages::start_workflow>(std::move(request));
  order->run = new_run(std::move(order->run), env->now());
  order->run.id = record.id;
  take_turn(
      order->deadline,
      [this, order, answer](const turnstile::turn& turn) { start(order, answer, turn); },
      [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

void workflow_state::start(const order_ptr& order,
                           const promise<messages::workflow_started>& answer,
                           const turnstile::turn& turn) {
  if (is_there()) return start_again(order, answer);
  // Nobody would run it: that is known before anything is charged.
  if (env->core_managers.empty())
    return answer.fail(failure{error_code::upstream_unavailable, {}, "is not configured"});
  charge(order, answer, turn, 0, subscription_tries);
}

void workflow_state::start_again(const order_ptr& order,
                                 const promise<messages::workflow_started>& answer) {
  if (!same_words(record, order->run))
    return answer.fail(failure{error_code::conflict, "id", "has started another workflow"});
  answer.deliver(messages::workflow_started{record.last_seq});
  // A socket that has said it before is being told.
  if (find_listener(order->to) == nullptr) add_listener(order->to, 1, record.last_seq);
}

void workflow_state::charge(const order_ptr& order,
                            const promise<messages::workflow_started>& answer,
                            const turnstile::turn& turn, std::uint64_t gone, int tries) {
  const auto& user = order->run.user;
  const auto refuse = [answer, talk = talks_](caf::error& error) { answer.deliver(error); };
  const auto spend = [this, order, answer, turn, tries,
                      talk = talks_](subscription_actor& subscription) {
    const auto now = env->now();
    const auto& run = order->run;
    messages::spend request{std::string{workflows_quota}, 1, {}, order->deadline};
    request.with.emplace_back(storage::add_workflow{run});
    request.with.emplace_back(
        storage::add_workflow_status{run.id, 1, 0, accepted_workflow_status(), "in_progress", now});
    self->request(subscription, no_timeout, std::move(request))
        .then(
            [this, order, now, answer, turn, talk](messages::spent&) {
              started(order, now, answer);
            },
            [this, order, answer, turn, tries, gone = subscription.id(), talk](caf::error& error) {
              if (is_gone(error) && tries > 1) return charge(order, answer, turn, gone, tries - 1);
              not_started(order, error, answer, turn);
            });
  };
  self->request(env->directory_for(user), no_timeout, messages::find_subscription{user, gone})
      .then(spend, refuse);
}

void workflow_state::started(const order_ptr& order, time_point at,
                             const promise<messages::workflow_started>& answer) {
  record = order->run;
  env->outcomes.workflows_started->add();
  written({record.id, 1, 0, accepted_workflow_status(), record.status, at});
  answer.deliver(messages::workflow_started{record.last_seq});
  add_listener(order->to, 1, 0);
  upstream.must_order = true;
  upstream.first_asked = upstream.last_word = env->steady_now();
  ask_upstream();
}

void workflow_state::not_started(const order_ptr& order, const caf::error& error,
                                 const promise<messages::workflow_started>& answer,
                                 const turnstile::turn& turn) {
  const auto why = to_failure(error);
  const bool is_taken = why.code == error_code::conflict && why.field == "id";
  if (!is_taken && why.code != error_code::outcome_unknown) return answer.deliver(error);
  // It may be there all the same: the row tells.
  look(own_deadline(), [this, order, answer, error, is_taken, turn](const caf::error* unknown) {
    if (unknown != nullptr || !is_there()) return answer.deliver(error);
    if (!is_taken) env->outcomes.workflows_started->add();
    start_again(order, answer);
  });
}

} // namespace latchkey

// upstream.cpp — a workflow is ordered at the core manager and followed; it is looked up again when
// the stream was cut, when no status came for long, and after a restart.
#include "actors/workflow/workflow.hpp"

#include "protocol/text/json_writer.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {
// -- what is asked ---------------------------------------------------------------------------

task<messages::done> workflow_state::find_caller() {
  const messages::find_user owner{record.user};
  const messages::describe_user question;
  auto user = co_await ask_resident(env->directory_for(record.user), owner, question);
  if (!user) co_return user.error();
  const auto roles = env->book->roles();
  const auto& granted = roles->permissions_of(user->role);
  upstream.caller = {user->id,
                     std::move(user->client_id),
                     std::move(user->role),
                     std::move(user->subscription_tier),
                     std::move(user->email),
                     *granted,
                     user->email_verified};
  co_return messages::done{};
}

std::string workflow_state::order_body() const {
  std::string out;
  json_writer{out}
      .begin_object()
      .text("workflow_id", to_string(record.id))
      .text_or_null("workflow_type", record.workflow_type)
      .text_or_null("agent_instance_id", record.agent_instance_id)
      .text_or_null("project_id", record.project_id)
      .json("parameters", record.parameters)
      .end_object();
  return out;
}

void workflow_state::ask_upstream_at(time_point when) {
  upstream.ask_at = when;
  remind_at(when);
}

void workflow_state::ask_upstream_later() {
  const auto pause = upstream.pause;
  upstream.pause = std::min(2 * pause, ask_again_last);
  ask_upstream_at(env->steady_now() + pause);
}

void workflow_state::ask_upstream() {
  if (!is_running()) return;
  if (!owns()) return begin(attend());
  // The order may have come there after the cancellation.
  if (upstream.is_cancelled()) send_cancellation();
  if (upstream.link == connection::streaming) {
    if (upstream.is_cancelled()) ask_upstream_at(env->steady_now() + ask_again_last);
    return;
  }
  const auto* client = env->core_manager_for(record.id);
  if (client == nullptr) return upstream_failed(failure{error_code::upstream_unavailable});
  upstream.link = connection::streaming;
  begin(follow(*client));
}

task<messages::done> workflow_state::make_sure_of_owner() {
  if (!env->cluster) co_return messages::done{};
  is_known = false;
  const auto turn = co_await take_turn(own_deadline());
  if (!turn) co_return turn.error();
  if (!runs_here()) co_return fail(error_code::conflict);
  co_return messages::done{};
}

task<> workflow_state::follow(core_manager_actor client) {
  if (const auto owned = co_await make_sure_of_owner(); !owned) {
    upstream.link = connection::none;
    if (runs_here()) ask_upstream_later();
    co_return;
  }
  const auto caller = co_await find_caller();
  if (!caller) {
    upstream.link = connection::none;
    if (caller.error().code == error_code::user_not_found) is_known = false;
    ask_upstream_later();
    if (!is_known) remind_at(env->steady_now());
    co_return;
  }
  // A workflow that is cancelled is looked up, never ordered.
  const auto asked = std::exchange(upstream.next, upstream_call::look_up);
  const bool is_order = asked == upstream_call::order && !upstream.is_cancelled();
  upstream.followed_at = env->steady_now();
  messages::stream_workflow request{record.id, upstream.caller, {}};
  if (is_order) request.order = order_body();
  const auto end = co_await ask(std::move(client), std::move(request));
  upstream.link = connection::none;
  if (!end && is_order) upstream.next = upstream_call::order;
  if (!runs_here()) co_return;
  if (end)
    stream_ended(*end, is_order);
  else
    upstream_failed(end.error());
}

// -- what has come of it ---------------------------------------------------------------------

void workflow_state::stream_ended(const messages::stream_ended& end, bool was_ordered) {
  using messages::stream_outcome;
  upstream.has_answered = true;
  if (was_ordered) ++upstream.orders;
  switch (end.outcome) {
  case stream_outcome::accepted:
    upstream.last_sign = env->steady_now();
    upstream.trouble_since.reset();
    upstream.pause = ask_again_first;
    upstream.link = connection::calling_back;
    return ask_upstream_at(env->steady_now() + (upstream.is_cancelled()
                                                    ? ask_again_last
                                                    : env->policy.workflow_lost_after));
  case stream_outcome::missing:
    if (was_ordered) return fail_workflow(failure{error_code::upstream_unavailable});
    return upstream_has_nothing();
  case stream_outcome::refused:
    return fail_workflow(failure{error_code::validation_error, {}, end.reason});
  case stream_outcome::over: // but the last status was not taken
  case stream_outcome::cut:
    if (was_followed()) upstream.trouble_since.reset();
    if (is_lost()) return fail_workflow(failure{error_code::upstream_unavailable});
    return ask_upstream_later();
  }
}

/// Whether the stream that was cut had been one: it brought a status, if only one that was taken
/// before, and went on for a while, or was kept open for very long. A stream that is cut as soon as
/// it has begun to repeat itself is none.
bool workflow_state::was_followed() const {
  const auto open_for = env->steady_now() - upstream.followed_at;
  const bool has_sent = upstream.last_sign >= upstream.followed_at;
  return open_for >= env->policy.workflow_lost_after || (has_sent && open_for > ask_again_last);
}

/// Whether it has gone wrong for so long that the workflow is given up.
bool workflow_state::is_lost() {
  if (!upstream.trouble_since) upstream.trouble_since = env->steady_now();
  return env->steady_now() >= *upstream.trouble_since + env->policy.workflow_lost_after;
}

void workflow_state::upstream_has_nothing() {
  if (upstream.is_cancelled()) {
    upstream.cancel = cancellation::finished;
    return fail_workflow(failure{error_code::upstream_unavailable});
  }
  // It never came to anything there: an order is the same one however often it is sent.
  if (record.last_position > 0 || upstream.orders >= orders_max)
    return fail_workflow(failure{error_code::upstream_unavailable});
  upstream.next = upstream_call::order;
  ask_upstream_later();
}

void workflow_state::upstream_failed(const failure& error) {
  const bool was_never_there =
      !upstream.has_answered &&
      (env->core_managers.empty() ||
       env->steady_now() >= upstream.first_asked + env->policy.internal_deadline);
  if (was_never_there || (upstream.has_answered && is_lost()))
    return fail_workflow(failure{error.code == error_code::upstream_timeout
                                     ? error.code
                                     : error_code::upstream_unavailable});
  ask_upstream_later();
}

// -- its end ---------------------------------------------------------------------------------

task<messages::done> workflow_state::on_cancel(messages::cancel_workflow request) {
  doubt_if_another_owns();
  const auto known = co_await wait_until_known(request.deadline);
  if (!known) co_return known.error();
  if (!is_there() || record.user != request.user) co_return fail(error_code::not_found);
  if (record.has_ended()) co_return fail(error_code::conflict, "workflow_id", "has ended");
  const auto* client = env->core_manager_for(record.id);
  if (client == nullptr) co_return fail(error_code::upstream_unavailable);
  // Whoever owns it would take the cancelled workflow for a lost one and order it again.
  const auto owned = co_await take_over(request.deadline);
  if (!owned) co_return owned.error();
  const auto caller = co_await find_caller();
  if (!caller) co_return caller.error();
  messages::cancel_upstream message{record.id, upstream.caller, request.deadline};
  const auto taken = co_await ask_raw(*client, std::move(message));
  if (!taken && is_gone(taken.error())) co_return fail(error_code::upstream_unavailable);
  if (!taken) co_return to_failure(taken.error());
  if (!upstream.is_cancelled()) upstream.cancel = cancellation::requested;
  // Its last status is on its way; if that is lost, the core manager is asked what came of it.
  const auto due = env->steady_now() + ask_again_last;
  const bool is_due = upstream.ask_at && *upstream.ask_at <= due;
  if (is_running() && !is_due) ask_upstream_at(due);
  co_return messages::done{};
}

void workflow_state::send_cancellation() {
  const auto* client = env->core_manager_for(record.id);
  if (client == nullptr) return;
  caf::anon_send(*client, messages::cancel_upstream{record.id, upstream.caller, own_deadline()});
}

} // namespace latchkey

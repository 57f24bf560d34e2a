// upstream.cpp — how a run is ordered and followed, and found again when the stream was
// cut, when nothing was heard of it for long and after a restart.
#include "actors/workflow/workflow.hpp"

#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

void append_member(std::string& out, std::string_view member, std::string_view text) {
  append_json_string(out, member);
  out += ':';
  if (text.empty())
    out += "null";
  else
    append_json_string(out, text);
  out += ',';
}

} // namespace

// -- who asks, and for what ------------------------------------------------------------------

void workflow_state::find_caller(std::function<void(const caf::error*)> go_on, std::uint64_t gone,
                                 int tries) {
  const auto failed = [go_on, talk = talks_](caf::error& error) { go_on(&error); };
  const auto describe = [this, go_on, tries, talk = talks_](user_actor& owner) {
    self->request(owner, no_timeout, messages::describe_user{})
        .then(
            [this, go_on, talk](messages::user_view& user) {
              const auto& granted = env->book->roles()->permissions_of(user.role);
              upstream.who = {user.id,
                              std::move(user.client_id),
                              std::move(user.role),
                              std::move(user.subscription_tier),
                              std::move(user.email),
                              *granted,
                              user.email_verified};
              go_on(nullptr);
            },
            [this, go_on, tries, gone_now = owner.id(), talk](caf::error& error) {
              if (is_gone(error) && tries > 1) return find_caller(go_on, gone_now, tries - 1);
              go_on(&error);
            });
  };
  self->request(env->directory_for(record.user), no_timeout, messages::find_user{record.user, gone})
      .then(describe, failed);
}

std::string workflow_state::order_body() const {
  std::string out = "{";
  append_member(out, "workflow_id", to_string(record.id));
  append_member(out, "workflow_type", record.workflow_type);
  append_member(out, "agent_instance_id", record.agent_instance_id);
  append_member(out, "project_id", record.project_id);
  return out += R"("parameters":)" + record.parameters + '}';
}

void workflow_state::ask_upstream_at(time_point when) {
  upstream.ask_at = when;
  remind_at(when);
}

void workflow_state::ask_upstream() {
  if (!is_running()) return;
  if (upstream.is_cancelled) tell_cancelled(); // again: the order may have come there after it
  if (upstream.is_asked) {
    if (upstream.is_cancelled) ask_upstream_at(env->steady_now() + ask_again_last);
    return;
  }
  const auto* way = env->core_manager_for(record.id);
  if (way == nullptr) return upstream_failed(to_error(error_code::upstream_unavailable));
  upstream.is_asked = true;
  upstream.calls_back = false;
  find_caller([this, way](const caf::error* error) {
    upstream.is_asked = error == nullptr;
    if (error == nullptr) return follow(*way);
    if (to_failure(*error).code == error_code::user_not_found) is_known = false;
    ask_upstream_later();
    if (!is_known) remind_at(env->steady_now());
  });
}

void workflow_state::follow(const core_manager_actor& way) {
  // One that is cancelled is looked for, and ordered never.
  const bool is_order = std::exchange(upstream.must_order, false) && !upstream.is_cancelled;
  upstream.followed_at = env->steady_now();
  messages::stream_workflow request{record.id, upstream.who,
                                    is_order ? order_body() : std::string{}};
  self->request(way, no_timeout, std::move(request))
      .then(
          [this, is_order](messages::stream_ended& left) {
            upstream.is_asked = false;
            if (is_running()) upstream_left(left, is_order);
          },
          [this, is_order](caf::error& error) {
            upstream.is_asked = false;
            upstream.must_order = is_order;
            if (is_running()) upstream_failed(error);
          });
}

// -- what has come of it ---------------------------------------------------------------------

void workflow_state::upstream_left(const messages::stream_ended& left, bool was_ordered) {
  using messages::stream_outcome;
  upstream.has_answered = true;
  if (was_ordered) ++upstream.orders;
  switch (left.outcome) {
  case stream_outcome::accepted:
    upstream.last_word = env->steady_now();
    upstream.trouble_since.reset();
    upstream.pause = ask_again_first;
    upstream.calls_back = true;
    return ask_upstream_at(env->steady_now() + (upstream.is_cancelled
                                                    ? ask_again_last
                                                    : env->policy.workflow_lost_after));
  case stream_outcome::missing:
    if (was_ordered) return fail_run(failure{error_code::upstream_unavailable});
    return upstream_has_nothing();
  case stream_outcome::refused:
    return fail_run(failure{error_code::validation_error, {}, left.reason});
  case stream_outcome::over: // but the last status was not taken
  case stream_outcome::cut:
    if (was_followed()) upstream.trouble_since.reset();
    if (is_lost()) return fail_run(failure{error_code::upstream_unavailable});
    return ask_upstream_later();
  }
}

/// Whether the stream that was cut had been one: it said something, if only what it had said
/// before, and went on for a while, or was kept open for very long. What is cut as soon as it has
/// begun to say the same is none.
bool workflow_state::was_followed() const {
  const auto open_for = env->steady_now() - upstream.followed_at;
  const bool has_spoken = upstream.last_word >= upstream.followed_at;
  return open_for >= env->policy.workflow_lost_after || (has_spoken && open_for > ask_again_last);
}

/// Whether it has gone wrong for so long that it is given up.
bool workflow_state::is_lost() {
  if (!upstream.trouble_since) upstream.trouble_since = env->steady_now();
  return env->steady_now() >= *upstream.trouble_since + env->policy.workflow_lost_after;
}

void workflow_state::upstream_has_nothing() {
  upstream.ends_cancelled = upstream.is_cancelled;
  if (upstream.is_cancelled) return fail_run(failure{error_code::upstream_unavailable});
  // It never came to anything there: an order is the same one however often it is sent.
  if (record.last_position > 0 || upstream.orders >= orders_max)
    return fail_run(failure{error_code::upstream_unavailable});
  upstream.must_order = true;
  ask_upstream_later();
}

void workflow_state::upstream_failed(const caf::error& error) {
  const auto code = to_failure(error).code;
  const bool was_never_there =
      !upstream.has_answered &&
      (env->core_managers.empty() ||
       env->steady_now() >= upstream.first_asked + env->policy.internal_deadline);
  if (was_never_there || (upstream.has_answered && is_lost()))
    return fail_run(
        failure{code == error_code::upstream_timeout ? code : error_code::upstream_unavailable});
  ask_upstream_later();
}

void workflow_state::ask_upstream_later() {
  const auto pause = upstream.pause;
  upstream.pause = std::min(2 * pause, ask_again_last);
  ask_upstream_at(env->steady_now() + pause);
}

// -- its end ---------------------------------------------------------------------------------

caf::result<messages::done> workflow_state::on_cancel(messages::cancel_workflow& request) {
  if (leaving) return gone();
  promise<messages::done> answer{self};
  const auto go = [this, request, answer] {
    if (!is_there() || record.user != request.user) return answer.fail(error_code::not_found);
    if (record.has_ended())
      return answer.fail(failure{error_code::conflict, "workflow_id", "has ended"});
    cancel(request.deadline, answer);
  };
  when_known(request.deadline, go, [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

void workflow_state::cancel(time_point deadline, const promise<messages::done>& answer) {
  const auto* way = env->core_manager_for(record.id);
  if (way == nullptr) return answer.fail(error_code::upstream_unavailable);
  find_caller([this, way, deadline, answer](const caf::error* error) {
    if (error != nullptr) return answer.deliver(*error);
    self->request(*way, no_timeout, messages::cancel_upstream{record.id, upstream.who, deadline})
        .then(
            [this, answer, talk = talks_](messages::done&) {
              upstream.is_cancelled = true;
              answer.deliver(messages::done{});
              // Its last status is on its way; if that is lost upstream is asked what came of it.
              const auto due = env->steady_now() + ask_again_last;
              const bool is_due = upstream.ask_at && *upstream.ask_at <= due;
              if (is_running() && !is_due) ask_upstream_at(due);
            },
            [answer, talk = talks_](caf::error& why) {
              if (is_gone(why)) return answer.fail(error_code::upstream_unavailable);
              answer.deliver(why);
            });
  });
}

/// Nobody waits for it.
void workflow_state::tell_cancelled() {
  const auto* way = env->core_manager_for(record.id);
  if (way == nullptr) return;
  self->request(*way, no_timeout,
                messages::cancel_upstream{record.id, upstream.who, own_deadline()})
      .then([](messages::done&) {}, [](caf::error&) {});
}

void workflow_state::run_removed() {
  if (is_running()) {
    upstream.who.user = record.user;
    tell_cancelled();
  }
  const auto id = record.id;
  record = {};
  record.id = id;
  upstream = {};
  tail.clear();
  listeners.clear();
  count();
}

} // namespace latchkey

#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

workflow_state::~workflow_state() {
  if (is_counted_) env->counts->workflows_running.add(-1);
}

void workflow_state::init(workflow_record loaded) {
  record = std::move(loaded);
  last_used = env->steady_now();
  turns.emplace(self);
  count();
  if (!runs_here()) return;
  // It was started before this process, or by an actor that is no more: the core manager may well
  // know it.
  upstream.has_answered = true;
  upstream.last_sign = env->steady_now();
  ask_upstream_at(env->steady_now());
}

// -- the record ----------------------------------------------------------------------------

task<turnstile::turn> workflow_state::take_turn(time_point deadline) {
  auto turn = co_await turns->exclusive();
  if (!turn || is_known) co_return turn;
  const auto looked = co_await look(deadline);
  if (!looked) co_return looked.error();
  co_return turn;
}

task<messages::done> workflow_state::wait_until_known(time_point deadline) {
  if (is_known) co_return messages::done{};
  const auto turn = co_await take_turn(deadline);
  if (!turn) co_return turn.error();
  co_return messages::done{};
}

task<> workflow_state::settle_in_doubt() {
  co_await take_turn(own_deadline());
}

task<messages::done> workflow_state::look(time_point deadline) {
  is_known = false;
  messages::read question{storage::find_workflow_record{record.id}, deadline};
  auto found = co_await ask(env->reader_for(record.id), std::move(question));
  if (!found) {
    remind_of_doubt(self);
    co_return found.error();
  }
  adopt(std::move(found->as<storage::find_workflow_record>()));
  co_return messages::done{};
}

void workflow_state::adopt(std::optional<workflow_record> stored) {
  is_known = true;
  if (!stored) {
    if (is_there()) workflow_removed();
    return;
  }
  const bool was_running = is_running();
  const bool ran_here = runs_here();
  const bool is_further = stored->last_seq != record.last_seq;
  if (is_further) tail.clear();
  record = std::move(*stored);
  count();
  if (is_running() && was_running) {
    owner_changed(ran_here);
  } else if (runs_here()) {
    // A second order is no harm.
    upstream.next = record.last_position == 0 ? upstream_call::order : upstream_call::look_up;
    upstream.first_asked = upstream.last_sign = env->steady_now();
    ask_upstream_at(env->steady_now());
  }
  if (is_further && owns()) { // another node has taken a status
    upstream.has_answered = true;
    upstream.last_sign = env->steady_now();
    tell_others();
  }
  send_to_all();
}

void workflow_state::workflow_removed() {
  if (runs_here()) {
    upstream.caller.user = record.user;
    send_cancellation();
  }
  const auto id = record.id;
  record = {};
  record.id = id;
  upstream = {};
  tail.clear();
  listeners.clear();
  count();
}

void workflow_state::count() {
  if (is_counted_ == runs_here()) return;
  is_counted_ = runs_here();
  env->counts->workflows_running.add(is_counted_ ? 1 : -1);
}

// -- time ------------------------------------------------------------------------------------

void workflow_state::remind_at(time_point when) {
  const auto wait = std::clamp<std::chrono::microseconds>(
      when - env->steady_now(), std::chrono::microseconds{0}, reminder_max);
  if (wait.count() == 0)
    self->send(workflow_actor{self}, messages::sweep{});
  else
    self->delayed_send(workflow_actor{self}, wait, messages::sweep{});
}

void workflow_state::remind() {
  take_reminder();
  if (!is_known) begin(settle_in_doubt());
  send_to_all();
  if (!upstream.ask_at) return;
  // The two clocks may differ by a little.
  if (env->steady_now() < *upstream.ask_at) return remind_at(*upstream.ask_at);
  const bool calls_back = upstream.link == connection::calling_back;
  const auto lost_at = upstream.last_sign + env->policy.workflow_lost_after;
  if (calls_back && !upstream.is_cancelled() && env->steady_now() < lost_at)
    return ask_upstream_at(lost_at);
  if (calls_back) upstream.trouble_since = upstream.last_sign;
  upstream.ask_at.reset();
  if (upstream.failed_for)
    fail_workflow(*upstream.failed_for);
  else
    ask_upstream();
}

void workflow_state::on_sweep(messages::sweep& sweep) {
  if (is_ending()) return end_when_answered(self);
  if (is_leaving()) return;
  if (sweep.now == time_point{}) return remind();
  const bool is_busy =
      has_conversations() || !is_known || std::ranges::any_of(listeners, &listener::is_busy);
  const bool is_followed = is_running() && (owns() || !listeners.empty());
  if (is_busy || is_followed) return;
  if (is_there() && !is_unused(sweep, ended_idle)) return;
  leave(self, env->directory_for(record.id), messages::leave_workflow{record.id});
}

workflow_actor::behavior_type workflow(workflow_actor::stateful_pointer<workflow_state> self,
                                       workflow_record record, actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->init(std::move(record));
  return {
      accepting<&workflow_state::on_start>(state),  accepting<&workflow_state::on_resume>(state),
      accepting<&workflow_state::on_cancel>(state), accepting<&workflow_state::on_take>(state),
      handler<&workflow_state::on_changed>(state),  handler<&workflow_state::on_attend>(state),
      handler<&workflow_state::on_sweep>(state)};
}

} // namespace latchkey

#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

workflow_state::~workflow_state() {
  if (is_counted_) env->counts->workflows_running.add(-1);
}

void workflow_state::begin(workflow_record loaded) {
  record = std::move(loaded);
  last_used = env->steady_now();
  turns.emplace(self);
  count();
  if (!is_running()) return;
  // It was begun before this process, or by an actor that is no more: upstream may well know it.
  upstream.has_answered = true;
  upstream.last_word = env->steady_now();
  ask_upstream_at(env->steady_now());
}

// -- the record ----------------------------------------------------------------------------

void workflow_state::take_turn(time_point deadline, in_turn go, refused no) {
  last_used = env->steady_now();
  auto enter = [this, deadline, go = std::move(go), no, talk = talks_](turnstile::turn turn) {
    if (is_known) return go(std::move(turn));
    look(deadline, [go, no, turn, talk](const caf::error* error) {
      if (error != nullptr) return no(*error);
      go(turn);
    });
  };
  if (!turns->enter(turnstile::kind::exclusive, std::move(enter))) no(to_error(error_code::overloaded));
}

void workflow_state::when_known(time_point deadline, std::function<void()> go, refused no) {
  last_used = env->steady_now();
  if (is_known) return go();
  take_turn(
      deadline, [go = std::move(go)](const turnstile::turn&) { go(); }, std::move(no));
}

void workflow_state::look(time_point deadline, done go_on) {
  is_known = false;
  self->request(env->reader_for(record.id), no_timeout,
                messages::read{storage::find_workflow_record{record.id}, deadline})
      .then(
          [this, go_on, talk = talks_](messages::found& found) {
            adopt(std::move(found.as<storage::find_workflow_record>()));
            go_on(nullptr);
          },
          [this, go_on, talk = talks_](caf::error& error) {
            retry_in_doubt_soon();
            go_on(&error);
          });
}

void workflow_state::adopt(std::optional<workflow_record> stored) {
  is_known = true;
  if (!stored) {
    if (is_there()) run_removed();
    return;
  }
  const bool was_running = is_running();
  if (stored->last_seq != record.last_seq) tail.clear();
  record = std::move(*stored);
  count();
  if (!was_running && is_running()) {
    upstream.must_order = record.last_position == 0; // which is no harm when it was ordered
    upstream.first_asked = upstream.last_word = env->steady_now();
    ask_upstream_at(env->steady_now());
  }
  tell_all();
}

void workflow_state::count() {
  if (is_counted_ == is_running()) return;
  is_counted_ = is_running();
  env->counts->workflows_running.add(is_counted_ ? 1 : -1);
}

// -- time ------------------------------------------------------------------------------------

void workflow_state::remind_at(time_point when) {
  const auto wait = std::clamp<std::chrono::microseconds>(
      when - env->steady_now(), std::chrono::microseconds{0}, reminded_within);
  if (wait.count() == 0)
    self->send(workflow_actor{self}, messages::sweep{});
  else
    self->delayed_send(workflow_actor{self}, wait, messages::sweep{});
}

void workflow_state::retry_in_doubt_soon() {
  if (std::exchange(looks_again, true)) return;
  remind_at(env->steady_now() + look_again_after);
}

void workflow_state::remind() {
  looks_again = false;
  if (!is_known) {
    const auto nothing = [](const turnstile::turn&) {};
    take_turn(own_deadline(), nothing, [](const caf::error&) {});
  }
  tell_all();
  if (!upstream.ask_at) return;
  // The two clocks may differ by a little.
  if (env->steady_now() < *upstream.ask_at) return remind_at(*upstream.ask_at);
  const auto lost_at = upstream.last_word + env->policy.workflow_lost_after;
  if (upstream.calls_back && !upstream.is_cancelled && env->steady_now() < lost_at)
    return ask_upstream_at(lost_at);
  if (upstream.calls_back) upstream.trouble_since = upstream.last_word;
  upstream.ask_at.reset();
  if (upstream.failed_for)
    fail_run(*upstream.failed_for);
  else
    ask_upstream();
}

void workflow_state::on_sweep(messages::sweep& sweep) {
  if (sweep.now == time_point{}) return remind();
  const bool is_busy = talks_.use_count() > 1 || upstream.is_asked || !is_known ||
                       std::ranges::any_of(listeners, &listener::is_busy);
  if (leaving || is_busy || is_running()) return;
  if (is_there() && sweep.now < last_used + ended_idle) return;
  // From here on every asker is sent back to the directory.
  leaving = true;
  self->request(env->directory_for(record.id), no_timeout, messages::leave_workflow{record.id})
      .then([this](messages::done&) { self->quit(); }, [this](caf::error&) { leaving = false; });
}

workflow_actor::behavior_type workflow(workflow_actor::stateful_pointer<workflow_state> self,
                                       workflow_record record, actor_env_ptr env) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->begin(std::move(record));
  return {handler(state, &workflow_state::on_start), handler(state, &workflow_state::on_resume),
          handler(state, &workflow_state::on_cancel), handler(state, &workflow_state::on_take),
          handler(state, &workflow_state::on_sweep)};
}

} // namespace latchkey

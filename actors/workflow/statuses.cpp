// statuses.cpp — the statuses of a workflow: checked, numbered and durable, then sent.
#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

constexpr int write_attempts_max = 2; // the second after the row was read again

} // namespace

task<messages::status_taken> workflow_state::on_take(messages::take_status request) {
  const auto words = read_workflow_status(request.body);
  if (!words) co_return words.error();
  const auto position = request.position ? request.position : words->sequence;
  if (position && *position < 1)
    co_return fail(error_code::validation_error, "sequence", "must be a positive integer");
  doubt_if_another_owns();
  const auto turn = co_await take_turn(request.deadline);
  if (!turn) co_return turn.error();
  for (int attempt = 1;; ++attempt) {
    if (!is_there()) co_return fail(error_code::not_found);
    upstream.has_answered = true;
    upstream.last_sign = env->steady_now();
    if (record.has_ended()) co_return messages::status_taken{true};
    const auto next = record.last_position + 1;
    if (position && *position < next) co_return messages::status_taken{};
    if (position && *position > next) {
      // Another node may have taken those before.
      if (env->cluster && attempt == 1) {
        const auto looked = co_await look(request.deadline);
        if (!looked) co_return looked.error();
        continue;
      }
      co_return fail(error_code::conflict, "sequence",
                     "is ahead: the next is " + std::to_string(next));
    }
    const auto before = co_await last_words(request.deadline);
    if (!before) co_return before.error();
    storage::add_workflow_status fact{record.id,     record.last_seq + 1,
                                      next,          workflow_status_body(*words, *before),
                                      words->status, env->now()};
    const auto outcome = co_await write(std::move(fact), request.deadline);
    if (outcome) co_return messages::status_taken{words->is_last()};
    const auto code = outcome.error().code;
    const bool may_be_there = code == error_code::outcome_unknown || code == error_code::conflict;
    // The row was read again since, if it could be: whether the status is there shows now.
    if (!may_be_there || !is_known || attempt == write_attempts_max) co_return outcome.error();
  }
}

// -- durable -----------------------------------------------------------------------------------

task<messages::done> workflow_state::write(storage::add_workflow_status fact, time_point deadline) {
  messages::commit commit{{{fact}}, deadline};
  const auto outcome = co_await ask(env->writer_for(record.id), std::move(commit));
  if (outcome) {
    written(std::move(fact));
    tell_others();
    send_to_all();
    co_return messages::done{};
  }
  const auto code = outcome.error().code;
  if (code == error_code::not_found) workflow_removed();
  if (code == error_code::outcome_unknown || code == error_code::conflict)
    co_await look(own_deadline());
  co_return outcome.error();
}

void workflow_state::written(storage::add_workflow_status fact) {
  record.last_seq = fact.seq;
  record.last_position = fact.position;
  record.status = fact.status;
  if (record.status != workflow_phase::in_progress) record.ended_at = fact.at;
  remember({fact.seq, std::move(fact.body)});
  count();
  env->counts->workflow_statuses.add();
  upstream.pause = ask_again_first;
  upstream.trouble_since.reset();
  upstream.failed_for.reset();
  if (!record.has_ended()) return;
  upstream.ask_at.reset();
  self->delayed_send(workflow_actor{self}, ended_idle,
                     messages::sweep{env->steady_now() + ended_idle});
  const auto& outcomes = env->outcomes;
  (record.status == workflow_phase::completed ? outcomes.workflows_completed
                                              : outcomes.workflows_failed)
      ->add();
}

void workflow_state::remember(messages::workflow_status status) {
  tail.push_back(std::move(status));
  std::size_t bytes = 0;
  std::size_t kept = 0;
  for (auto it = tail.rbegin(); it != tail.rend() && kept < tail_statuses_max; ++it, ++kept) {
    bytes += it->body.size();
    if (kept > 0 && bytes > tail_bytes_max) break;
  }
  tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(kept));
}

task<workflow_status_words> workflow_state::last_words(time_point deadline) {
  if (tail.empty()) {
    messages::read question{storage::list_workflow_statuses{record.id, record.last_seq - 1, 1},
                            deadline};
    auto found = co_await ask(env->reader_for(record.id), std::move(question));
    if (!found) co_return found.error();
    for (auto& row : found->as<storage::list_workflow_statuses>())
      if (tail.empty() && row.seq == record.last_seq)
        tail.push_back({row.seq, std::move(row.body)});
  }
  if (tail.empty()) co_return workflow_status_words{};
  co_return read_workflow_status(tail.back().body).value_or(workflow_status_words{});
}

// -- the end that this actor decides -------------------------------------------------------------

void workflow_state::fail_workflow(failure why) {
  upstream.failed_for = std::move(why);
  begin(end_workflow());
}

task<> workflow_state::end_workflow() {
  if (env->cluster) is_known = false; // another node may have taken it over
  const auto turn = co_await take_turn(own_deadline());
  if (turn) {
    if (!runs_here()) co_return;
    if (!upstream.failed_for) { // the core manager has sent a status after all
      ask_upstream_later();
      co_return;
    }
    const auto outcome = co_await write_last_status();
    if (outcome) {
      if (upstream.has_answered) send_cancellation(); // its statuses are not taken any more
      co_return;
    }
  }
  if (runs_here() && upstream.failed_for) ask_upstream_later();
}

task<messages::done> workflow_state::write_last_status() {
  const auto deadline = own_deadline();
  const auto before = co_await last_words(deadline);
  if (!before) co_return before.error();
  auto body = upstream.cancel == cancellation::finished
                  ? cancelled_workflow_status(*before)
                  : failed_workflow_status(*before, upstream.failed_for.value_or(failure{}));
  storage::add_workflow_status fact{record.id,       record.last_seq + 1,    record.last_position,
                                    std::move(body), workflow_phase::failed, env->now()};
  co_return co_await write(std::move(fact), deadline);
}

} // namespace latchkey

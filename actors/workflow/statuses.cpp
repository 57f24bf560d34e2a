// statuses.cpp — what is said of a run: checked, in its place, durable, then told.
#include "actors/workflow/workflow.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

constexpr int write_tries = 2; // the second after a look at the row

} // namespace

caf::result<messages::status_taken> workflow_state::on_take(messages::take_status& request) {
  if (leaving) return gone();
  promise<messages::status_taken> answer{self};
  auto words = read_workflow_status(request.body);
  if (!words) {
    answer.fail(words.error());
    return answer;
  }
  auto what = std::make_shared<said>();
  what->position = request.position ? request.position : words->sequence;
  what->words = std::move(*words);
  what->deadline = request.deadline;
  if (what->position && *what->position < 1) {
    answer.fail(failure{error_code::validation_error, "sequence", "must be a positive integer"});
    return answer;
  }
  take_turn(
      what->deadline,
      [this, what, answer](const turnstile::turn& turn) { take(what, answer, turn, write_tries); },
      [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

void workflow_state::take(const std::shared_ptr<const said>& what,
                          const promise<messages::status_taken>& answer,
                          const turnstile::turn& turn, int tries) {
  if (!is_there()) return answer.fail(error_code::not_found);
  upstream.has_answered = true;
  upstream.last_word = env->steady_now();
  if (record.has_ended()) return answer.deliver(messages::status_taken{true});
  const auto next = record.last_position + 1;
  if (what->position && *what->position < next) return answer.deliver(messages::status_taken{});
  if (what->position && *what->position > next)
    return answer.fail(
        failure{error_code::conflict, "sequence", "is ahead: the next is " + std::to_string(next)});
  const auto refuse = [this, what, answer, turn, tries](const caf::error* error) {
    const auto code = to_failure(*error).code;
    const bool may_be_there = code == error_code::outcome_unknown || code == error_code::conflict;
    // The record was looked at since, if it could be: whether it is there shows now.
    if (may_be_there && is_known && tries > 1) return take(what, answer, turn, tries - 1);
    answer.deliver(*error);
  };
  with_last_words(
      what->deadline, [this, what, next, answer, turn, refuse](const caf::error* error) {
        if (error != nullptr) return answer.deliver(*error);
        const bool is_last = what->words.is_last();
        write({record.id, record.last_seq + 1, next,
               workflow_status_body(what->words, last_words()), what->words.status, env->now()},
              what->deadline, turn, [answer, is_last, refuse](const caf::error* lost) {
                if (lost != nullptr) return refuse(lost);
                answer.deliver(messages::status_taken{is_last});
              });
      });
}

// -- durable -----------------------------------------------------------------------------------

void workflow_state::write(storage::add_workflow_status fact, time_point deadline,
                           const turnstile::turn& turn, done go_on) {
  self->request(env->writer_for(record.id), no_timeout, messages::commit{{{fact}}, deadline})
      .then(
          [this, fact, turn, go_on, talk = talks_](storage::written&) {
            written(fact);
            go_on(nullptr);
            tell_all();
          },
          [this, turn, go_on, talk = talks_](caf::error& error) {
            const auto code = to_failure(error).code;
            if (code == error_code::not_found) run_removed();
            if (code != error_code::outcome_unknown && code != error_code::conflict)
              return go_on(&error);
            look(own_deadline(), [go_on, error, turn, talk](const caf::error*) { go_on(&error); });
          });
}

void workflow_state::written(storage::add_workflow_status fact) {
  record.last_seq = fact.seq;
  record.last_position = fact.position;
  record.status = std::move(fact.status);
  if (record.status != "in_progress") record.ended_at = fact.at;
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
  (record.status == "completed" ? outcomes.workflows_completed : outcomes.workflows_failed)->add();
}

void workflow_state::remember(messages::workflow_status status) {
  tail.push_back(std::move(status));
  std::size_t bytes = 0;
  std::size_t kept = 0;
  for (auto one = tail.rbegin(); one != tail.rend() && kept < tail_statuses_max; ++one, ++kept) {
    bytes += one->body.size();
    if (kept > 0 && bytes > tail_bytes_max) break;
  }
  tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(kept));
}

void workflow_state::with_last_words(time_point deadline, done go_on) {
  if (!tail.empty()) return go_on(nullptr);
  const storage::list_workflow_statuses what{record.id, record.last_seq - 1, 1};
  self->request(env->reader_for(record.id), no_timeout, messages::read{what, deadline})
      .then(
          [this, go_on, talk = talks_](messages::found& found) {
            for (auto& one : found.as<storage::list_workflow_statuses>())
              if (tail.empty() && one.seq == record.last_seq)
                tail.push_back({one.seq, std::move(one.body)});
            go_on(nullptr);
          },
          [go_on, talk = talks_](caf::error& error) { go_on(&error); });
}

workflow_status_words workflow_state::last_words() const {
  if (tail.empty()) return {};
  return read_workflow_status(tail.back().body).value_or(workflow_status_words{});
}

// -- the end that is ours to say ---------------------------------------------------------------

void workflow_state::fail_run(failure why) {
  upstream.failed_for = std::move(why);
  const auto again = [this](const caf::error&) {
    if (upstream.failed_for) ask_upstream_later();
  };
  take_turn(
      own_deadline(), [this](const turnstile::turn& turn) { write_end(turn); }, again);
}

void workflow_state::write_end(const turnstile::turn& turn) {
  if (!is_running()) return;
  // Meanwhile upstream may have said something after all.
  if (!upstream.failed_for) return ask_upstream_later();
  const auto deadline = own_deadline();
  const auto again = [this](const caf::error* error) {
    if (error == nullptr && upstream.has_answered) tell_cancelled(); // what is not heard any more
    if (error != nullptr && is_running() && upstream.failed_for) ask_upstream_later();
  };
  with_last_words(deadline, [this, turn, deadline, again](const caf::error* error) {
    if (error != nullptr) return again(error);
    const auto before = last_words();
    auto body = upstream.ends_cancelled ? cancelled_workflow_status(before)
                                        : failed_workflow_status(before, *upstream.failed_for);
    write({record.id, record.last_seq + 1, record.last_position, std::move(body), "failed",
           env->now()},
          deadline, turn, again);
  });
}

} // namespace latchkey

// end.cpp — how a session is ended, and what is done when nobody learns whether it was.
#include "actors/session/session.hpp"

#include "actors/audit/audit_entry.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {

caf::result<messages::revoked> session_state::on_revoke(messages::revoke& request) {
  if (leaving) return gone();
  const bool proven = !request.proof || env->keys->refresh.check(*request.proof, record.salt);
  if (!proven) return to_error(error_code::token_invalid);
  promise<messages::revoked> answer{self};
  if (alive()) {
    waiting_for_end.push_back(answer);
    end({"session.revoked", request.reason, request.client, request.reason}, request.deadline);
  } else {
    // That it has ended before is true for its watchers too when it is said.
    notify_watchers(end_reason::expired, [answer] { answer.fail(error_code::token_invalid); });
  }
  return answer;
}

void session_state::end(const ending_words& words, time_point until) {
  end_wanted_until = std::max(end_wanted_until, until);
  if (!std::exchange(ending, true)) write_end(words);
}

void session_state::write_end(const ending_words& words) {
  const auto at = env->now();
  auto entry = audit_entry(words.action, words.reason, at, words.client);
  entry.user = record.user;
  entry.session = record.id;
  storage::unit unit{
      {storage::end_session{record.id, at, words.reason}, storage::add_audit{std::move(entry)}}};
  self->request(env->writer_for(record.id), no_timeout,
                messages::commit{std::move(unit), end_wanted_until})
      .then([this, told = words.told](storage::written&) { finish_end(nullptr, told); },
            [this, words](caf::error& error) { lost_end(error, words); });
}

void session_state::lost_end(const caf::error& error, const ending_words& words) {
  const auto code = to_failure(error).code;
  // Too late for the first who asked, and nothing was written; others joined since.
  if (code == error_code::timeout && end_wanted_until > env->steady_now()) return write_end(words);
  if (code != error_code::outcome_unknown) return finish_end(&error, words.told);
  // If it went through, nobody may be told that the session lives: look.
  look_at_row(words.told, [this, error, told = words.told](const caf::error*) {
    finish_end(ended ? nullptr : &error, told);
  });
}

void session_state::look_at_row(const std::string& reason, on_looked_up done) {
  in_doubt = reason;
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  self->request(env->reader_for(record.id), no_timeout, messages::read_session{record.id, deadline})
      .then(
          [this, reason, done, before = news](session_record& fresh) {
            if (news != before) return look_at_row(reason, done);
            in_doubt.reset();
            set_expiry(fresh.expires_at);
            record.user_agent = std::move(fresh.user_agent);
            const auto known = [done] { done(nullptr); };
            if (fresh.ended_at) return mark_ended(reason, known);
            known();
          },
          [this, reason, done](caf::error& error) {
            // AUTH003: the store has no such session any more.
            if (to_failure(error).code == error_code::token_invalid) {
              in_doubt.reset();
              return mark_ended(reason, [done] { done(nullptr); });
            }
            in_doubt = reason; // which another look may have settled for itself meanwhile
            retry_in_doubt_soon();
            done(&error);
          });
}

void session_state::finish_end(const caf::error* error, const std::string& told) {
  ending = false;
  auto askers = std::exchange(waiting_for_end, {});
  auto refused = std::exchange(waiting_for_refusal, {});
  if (error != nullptr) {
    for (auto& asker : askers)
      asker.deliver(*error);
    for (auto& asker : refused)
      asker.deliver(*error);
    return;
  }
  mark_ended(told, [this, askers = std::move(askers), refused = std::move(refused)] {
    for (auto& asker : askers)
      asker.deliver(messages::revoked{record.opened_by});
    for (auto& asker : refused)
      asker.fail(error_code::token_invalid);
  });
}

} // namespace latchkey

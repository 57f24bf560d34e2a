// end.cpp — how a session is ended, and what is done when nobody learns whether it was.
#include "actors/session/session.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/cluster/announce.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace latchkey {

task<messages::revoked> session_state::on_revoke(messages::revoke request) {
  const bool is_proven = !request.proof || env->keys->refresh.check(*request.proof, record.salt);
  if (!is_proven) co_return fail(error_code::token_invalid);
  if (needs_row(0)) {
    const auto read = co_await reread();
    if (!read) co_return read.error();
  }
  if (!alive()) {
    // That it has ended before is true for its watchers too when it is said.
    co_await notify_watchers(end_reason::expired);
    co_return fail(error_code::token_invalid);
  }
  ending words{"session.revoked", std::string{to_string(request.reason)}, std::move(request.client),
               request.reason};
  const auto ended = co_await end(std::move(words), request.deadline);
  if (!ended) co_return ended.error();
  co_return messages::revoked{record.opened_by};
}

task<messages::done> session_state::end(ending words, time_point until) {
  end_wanted_until = std::max(end_wanted_until, until);
  const auto write = [this, &words] { return write_end(words); };
  co_return co_await ends_.join(write);
}

task<messages::done> session_state::write_end(const ending& words) {
  for (;;) {
    const auto at = env->now();
    auto entry = audit_entry(words.action, words.reason, at, words.client);
    entry.user = record.user;
    entry.session = record.id;
    storage::unit unit{
        {storage::end_session{record.id, at, words.reason}, storage::add_audit{std::move(entry)}}};
    messages::commit message{std::move(unit), end_wanted_until};
    const auto written = co_await ask(env->writer_for(record.id), std::move(message));
    if (written) break;
    const auto code = written.error().code;
    // Too late for the first who asked, and nothing was written; others joined since.
    if (code == error_code::timeout && end_wanted_until > env->steady_now()) continue;
    if (code != error_code::outcome_unknown) co_return written.error();
    // If it went through, nobody may be told that the session lives: look.
    (void)co_await look_at_row(words.cause);
    if (!has_ended()) co_return written.error();
    break;
  }
  co_await mark_ended(words.cause);
  co_return co_await announce_end(words.cause);
}

task<messages::done> session_state::announce_end(end_reason reason) {
  return announce(*env, messages::user_sessions_changed{record.user, record.id, reason});
}

task<messages::done> session_state::look_at_row(end_reason reason) {
  for (;;) {
    in_doubt = reason; // which another look may have settled for itself meanwhile
    const auto events_before = events;
    messages::read_session request{record.id, env->steady_now() + env->policy.internal_deadline};
    auto fresh = co_await ask(env->reader_for(record.id), std::move(request));
    if (fresh && events != events_before) continue;
    // AUTH003: the store has no such session any more.
    const bool is_missing = !fresh && fresh.error().code == error_code::token_invalid;
    if (!fresh && !is_missing) {
      in_doubt = reason;
      remind_of_doubt(self);
      co_return fresh.error();
    }
    in_doubt.reset();
    if (fresh) {
      set_expiry(fresh->expires_at);
      record.user_agent = std::move(fresh->user_agent);
    }
    if (is_missing || fresh->ended_at) co_await mark_ended(reason);
    co_return messages::done{};
  }
}

task<> session_state::retry_in_doubt() {
  if (in_doubt) {
    const auto reason = *in_doubt;
    (void)co_await look_at_row(reason);
    if (has_ended()) (void)co_await announce_end(reason);
  }
  if (rotation == last_rotation::in_doubt) (void)co_await look_for_rotation();
}

} // namespace latchkey

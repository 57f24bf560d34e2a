#include "actors/session/session.hpp"

#include "actors/registry/registry.hpp"
#include "protocol/error_code.hpp"
#include "protocol/factor_policy.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {

session_state::~session_state() {
  if (env) env->counts->sessions_live.add(-1);
}

// -- time --------------------------------------------------------------------------------

void session_state::measure() {
  const auto steady = env->steady_now();
  const auto today = env->now();
  // What the row tells of has happened, so it is no earlier than that.
  const auto now = std::max({today, record.created_at, record.rotated_at, record.last_seen_at});
  const auto since_rotation = now - record.rotated_at;
  rotated_when = issued_when = steady - since_rotation;
  issued_at = record.rotated_at;
  // Nobody knows how long ago a rotation was that lies ahead. The grace is for tabs that ask at the
  // same moment, so it is over; that an answer was lost may still be, and is counted from now.
  const auto grace = env->policy.refresh_grace;
  grace_until = record.rotated_at > today ? time_point{} : rotated_when + grace;
  expires_when = steady + (record.expires_at - now);
  // Its tokens may be younger than its rotation: no longer than this from now is certain.
  access_over = earlier_access_over = steady + env->policy.access_ttl;
}

void session_state::set_expiry(time_point expires_at) {
  if (expires_at != record.expires_at) expires_when = env->steady_now() + (expires_at - env->now());
  record.expires_at = expires_at;
}

bool session_state::alive() const {
  const auto steady = env->steady_now();
  if (has_ended() || steady >= expires_when || env->now() >= record.expires_at) return false;
  const auto idle = env->policy.session_idle_ttl;
  return idle.count() == 0 || steady < rotated_when + idle;
}

bool session_state::is_access_over(std::uint64_t counter) const {
  const auto over = counter < record.counter ? earlier_access_over : access_over;
  return env->steady_now() >= over + access_leeway;
}

void session_state::begin(session_record row, std::uint64_t epoch) {
  record = std::move(row);
  read_in = epoch;
  status = record.ended_at ? life::ended : life::live;
  measure();
  last_used = env->steady_now();
  const auto since_touch = env->now() - record.last_seen_at;
  touched_when = last_used - std::max(since_touch, std::chrono::microseconds{0});
  env->counts->sessions_live.add(1);
}

// -- use ---------------------------------------------------------------------------------

bool session_state::see(std::uint64_t counter) {
  if (counter != record.counter || counter <= record.seen) return false;
  record.seen = counter;
  return counter > 1; // the first has none before it
}

caf::result<messages::validation> session_state::on_validate(messages::validate& request) {
  if (is_leaving()) return gone();
  if (needs_row(request.counter))
    return answer_with(this, when_read(&session_state::validate_now, std::move(request)));
  return validate_now(request);
}

caf::result<messages::validation> session_state::validate_now(messages::validate& request) {
  if (!alive()) return to_error(error_code::token_invalid);
  if (request.counter != 0 && is_access_over(request.counter))
    return to_error(error_code::token_expired);
  last_used = env->steady_now();
  const bool is_first = see(request.counter);
  if (is_first || last_used >= touched_when + touched_every) touch();
  if (is_refused(request.admits_awaiting)) return to_error(awaits_second_factor());
  return validation();
}

caf::result<messages::validation> session_state::on_prove(messages::prove& request) {
  if (is_leaving()) return gone();
  if (needs_row(request.token.counter))
    return answer_with(this, when_read(&session_state::prove_now, std::move(request)));
  return prove_now(request);
}

caf::result<messages::validation> session_state::prove_now(messages::prove& request) {
  if (!alive() || !env->keys->refresh.check(request.token, record.salt))
    return to_error(error_code::token_invalid);
  const auto counter = request.token.counter;
  const bool is_good =
      counter == record.counter || (counter + 1 == record.counter && may_have_lost_answer());
  if (request.is_used && !is_good) return to_error(error_code::token_invalid);
  last_used = env->steady_now();
  const bool is_late = request.is_used && last_used >= touched_when + touched_every;
  if (see(counter) || is_late) touch(); // whatever comes of what it is shown for
  if (request.is_used && is_refused(request.admits_awaiting))
    return to_error(awaits_second_factor());
  return validation();
}

bool session_state::is_refused(bool admits_awaiting) const {
  return record.awaits_second_factor && !admits_awaiting &&
         record.authenticated.by.level() == assurance_level::aal1 &&
         env->book->roles()->requires_second_factor(record.user_role);
}

messages::validation session_state::validation() const {
  return {record.user,
          record.user_number,
          record.user_role,
          record.opened_by,
          {record.authenticated.by, authenticated_at(record)},
          is_refused(false)};
}

void session_state::touch() {
  // Nobody waits for it; it may be lost.
  touched_when = env->steady_now();
  record.last_seen_at = std::max(record.last_seen_at, env->now());
  caf::anon_send(
      env->writer_for(record.id),
      messages::commit{{{storage::touch_session{record.id, record.last_seen_at, record.seen}}},
                       touched_when + env->policy.internal_deadline});
}

// -- on several nodes ----------------------------------------------------------------

bool session_state::needs_row(std::uint64_t counter) const {
  if (!env->cluster) return false;
  if (!is_current(*this)) return true;
  if (has_ended()) return false;
  // What another node does to a session that goes on is not told.
  return counter > record.counter || !alive() || (counter != 0 && is_access_over(counter));
}

template <class Request>
task<messages::validation> session_state::when_read(plain_handler<Request> handle,
                                                    Request request) {
  const auto read = co_await reread();
  if (!read) co_return read.error();
  co_return to_result((this->*handle)(request));
}

task<messages::done> session_state::reread() {
  if (!row_reads_) row_reads_ = std::make_unique<fresh_task<messages::done>>();
  const auto read = [this] { return read_row(); };
  return row_reads_->join(read);
}

task<messages::done> session_state::read_row() {
  for (;;) {
    const auto epoch = env->trust->epoch();
    const auto events_before = events;
    const messages::read_session request{record.id,
                                         env->steady_now() + env->policy.internal_deadline};
    auto fresh = co_await ask(env->reader_for(record.id), request);
    if (fresh && events != events_before) continue;
    // AUTH003: the store has no such session any more.
    const bool is_missing = !fresh && fresh.error().code == error_code::token_invalid;
    if (!fresh && !is_missing) co_return fresh.error();
    const bool has_ended_there = is_missing || adopt_row(std::move(*fresh));
    if (has_ended_there) co_await mark_ended(ended_elsewhere_by);
    read_in = epoch;
    // Others may have issued tokens of it until now.
    access_over = earlier_access_over = env->steady_now() + env->policy.access_ttl;
    co_return messages::done{};
  }
}

// -- what the store has done to it ---------------------------------------------------

// One that is about to leave answers too: it has not left before the directory says so.

// In a cluster it may have been read after another node has done more to it: then the row tells.

task<messages::done> session_state::on_session_ended(messages::session_ended event) {
  ++events;
  ended_elsewhere_by = event.reason;
  const auto is_read = co_await reread_in_cluster();
  if (!is_read) co_await mark_ended(event.reason);
  co_return messages::done{};
}

task<messages::done> session_state::on_role_changed(messages::role_changed event) {
  ++events;
  const auto is_read = co_await reread_in_cluster();
  if (!is_read) take_role(std::move(event.role));
  co_return messages::done{};
}

/// Fails where there is none, or no store.
task<messages::done> session_state::reread_in_cluster() {
  if (!env->cluster || has_ended()) co_return fail(error_code::none);
  co_return co_await reread();
}

caf::result<messages::done> session_state::on_session_synced(messages::session_synced& event) {
  ++events;
  set_expiry(event.expires_at);
  record.last_seen_at = std::max(record.last_seen_at, event.last_seen_at);
  // As in the store: for one of another service this is its only use.
  if (record.opened_by == surface::integration) {
    record.rotated_at = std::max(record.rotated_at, event.last_seen_at);
    rotated_when = env->steady_now();
  }
  if (!event.user_agent.empty()) record.user_agent = std::move(event.user_agent);
  return messages::done{};
}

void session_state::take_authentication(const authentication& more) {
  auto& known = record.authenticated;
  known.by = known.by.with(more.by);
  known.at = std::max(authenticated_at(record), more.at);
}

caf::result<messages::stepped_up>
session_state::on_reauthenticated(messages::reauthenticated& event) {
  if (!alive()) return to_error(error_code::token_invalid);
  ++events;
  take_authentication({event.by, event.at});
  return messages::stepped_up{record.authenticated};
}

task<messages::done> session_state::on_reread(messages::reread_session request) {
  if (has_ended()) co_return messages::done{};
  ended_elsewhere_by = request.reason;
  co_return co_await reread();
}

task<messages::done> session_state::on_outcome_in_doubt(messages::outcome_in_doubt event) {
  ++events; // a row that is being read may be older
  (void)co_await look_at_row(event.reason);
  co_return messages::done{};
}

task<> session_state::notify_of_expiry() {
  if (needs_row(0)) {
    const auto read = co_await reread();
    if (!read || alive()) co_return; // it is looked at again
  }
  co_await notify_watchers(end_reason::expired);
}

void session_state::on_sweep(messages::sweep& sweep) {
  if (is_ending()) return end_when_answered(self);
  if (sweep.now == time_point{}) {
    take_reminder();
    return converse(self, presence(), retry_in_doubt());
  }
  if (!alive() && !watchers.empty()) converse(self, presence(), notify_of_expiry());
  const bool is_busy =
      has_conversations() || rotation == last_rotation::in_doubt || !watchers.empty();
  if (is_busy || is_leaving()) return;
  if (alive() && !is_unused(sweep, env->policy.memory_idle)) return;
  leave(self, env->directory_for(record.id), messages::leave_session{record.id});
}

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_record record, actor_env_ptr env,
                                     std::uint64_t read_in) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->begin(std::move(record), read_in);
  return {handler<&session_state::on_validate>(state),
          handler<&session_state::on_prove>(state),
          handler<&session_state::on_issue>(state),
          accepting<&session_state::on_refresh>(state),
          accepting<&session_state::on_revoke>(state),
          handler<&session_state::on_session_ended>(state),
          handler<&session_state::on_role_changed>(state),
          handler<&session_state::on_subscription_changed>(state),
          handler<&session_state::on_session_synced>(state),
          handler<&session_state::on_reauthenticated>(state),
          handler<&session_state::on_reread>(state),
          handler<&session_state::on_outcome_in_doubt>(state),
          handler<&session_state::on_watch>(state),
          handler<&session_state::on_unwatch>(state),
          accepting<&session_state::on_use_ticket>(state),
          handler<&session_state::on_sweep>(state)};
}

} // namespace latchkey

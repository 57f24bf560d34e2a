// refresh.cpp — the next tokens: who gets them, when they are durable, and what is done
// when nobody learns whether they are.
#include "actors/audit/audit_entry.hpp"
#include "actors/session/session.hpp"
#include "protocol/error_code.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

std::int64_t seconds_of(time_point t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

} // namespace

task<messages::token_pair> session_state::on_issue(messages::issue_tokens) {
  if (!alive()) co_return fail(error_code::token_invalid);
  co_return co_await issue_pair();
}

task<messages::token_pair> session_state::on_refresh(messages::refresh request) {
  const auto& outcomes = env->outcomes;
  if (needs_row(request.token.counter)) {
    const auto read = co_await reread();
    if (!read) co_return read.error();
  }
  if (!alive() || !env->keys->refresh.check(request.token, record.salt)) {
    outcomes.refresh_refused->add();
    co_return fail(error_code::token_invalid);
  }
  const auto counter = request.token.counter;
  if (counter == record.counter) {
    see(counter);
    rotation_wanted_until = std::max(rotation_wanted_until, request.deadline);
    co_return co_await refresh_current(counter);
  }
  if (counter + 1 == record.counter && may_have_lost_answer()) {
    outcomes.refresh_retried->add();
    freshen();
    co_return co_await issue_pair();
  }
  if (counter < record.counter) {
    // A token that was already exchanged comes back: one of the two that hold it is
    // not our user, and we cannot tell which.
    outcomes.refresh_reused->add();
    ending words{"session.refresh_reused", "a refresh token was used again",
                 std::move(request.client), end_reason::reused};
    // However late the request is.
    const auto ended =
        co_await end(std::move(words), env->steady_now() + env->policy.internal_deadline);
    if (!ended) co_return ended.error();
    co_return fail(error_code::token_invalid);
  }
  outcomes.refresh_refused->add();
  co_return fail(error_code::token_invalid);
}

task<messages::token_pair> session_state::refresh_current(std::uint64_t counter) {
  const auto rotate_it = [this] { return rotate(); };
  for (;;) {
    const auto step = co_await rotations_.join(rotate_it);
    if (!step) co_return step.error();
    if (*step == rotation_step::rotated) co_return co_await issue_pair();
    if (!alive()) co_return fail(error_code::token_invalid);
    if (counter == record.counter) continue; // nothing was in doubt: it is to be rotated
    // Another writer was first, or the rotation in doubt has happened.
    if (counter + 1 != record.counter || !may_have_lost_answer())
      co_return fail(error_code::token_invalid);
    freshen();
    co_return co_await issue_pair();
  }
}

bool session_state::may_have_lost_answer() const {
  const auto steady = env->steady_now();
  if (steady <= grace_until) return true;
  const auto unseen_max = env->policy.refresh_unseen_max;
  return record.seen < record.counter && unseen_max.count() > 0 &&
         steady <= rotated_when + unseen_max;
}

void session_state::freshen() {
  const auto now = env->now();
  const auto steady = env->steady_now();
  const auto half = std::chrono::microseconds{env->policy.access_ttl} / 2;
  if (now < issued_at + half && steady < issued_when + half) return;
  issued_at = now;
  issued_when = steady;
  access_over = steady + env->policy.access_ttl;
}

// -- on its way to the store -------------------------------------------------------------

task<session_state::rotation_step> session_state::rotate() {
  // One that may have happened already must not be taken for somebody else's.
  if (rotation == last_rotation::in_doubt) co_return co_await look_at_rotation();
  for (;;) {
    const auto from = record.counter;
    const auto at = env->now();
    const auto when = env->steady_now();
    storage::unit unit{{storage::rotate_session{record.id, from, at}}};
    messages::commit message{std::move(unit), rotation_wanted_until};
    const auto written = co_await ask(env->writer_for(record.id), std::move(message));
    if (written) {
      rotated(from, at, when);
      // While it was being written the session may have ended: nobody is revived.
      if (has_ended()) co_return fail(error_code::token_invalid);
      co_return rotation_step::rotated;
    }
    const auto code = written.error().code;
    // Too late for the first who asked, and nothing was written; others joined since.
    if (code == error_code::timeout && rotation_wanted_until > env->steady_now()) continue;
    if (code == error_code::outcome_unknown) {
      rotation = last_rotation::in_doubt;
      remind_of_doubt(self);
    }
    if (code != error_code::token_invalid) co_return written.error();
    // The store knows better: another writer ended or rotated it. Look, then decide.
    const auto looked = co_await look_at_rotation();
    if (looked && record.counter == from) co_return fail(error_code::token_invalid);
    co_return looked;
  }
}

void session_state::rotated(std::uint64_t from, time_point at, time_point when) {
  record.counter = from + 1;
  record.rotated_at = issued_at = at;
  issued_when = when;
  earlier_access_over = access_over;
  access_over = when + env->policy.access_ttl;
  // From when its successor can be known.
  rotated_when = env->steady_now();
  grace_until = rotated_when + env->policy.refresh_grace;
  env->outcomes.refresh_rotated->add();
}

task<session_state::rotation_step> session_state::look_at_rotation() {
  for (;;) {
    const auto events_before = events;
    messages::read_session request{record.id, env->steady_now() + env->policy.internal_deadline};
    auto fresh = co_await ask(env->reader_for(record.id), std::move(request));
    if (fresh && events != events_before) continue;
    if (fresh) {
      const bool has_ended_there = adopt_row(std::move(*fresh));
      if (has_ended_there) co_await mark_ended(end_reason::revoked);
      co_return rotation_step::looked;
    }
    // AUTH003: the store has no such session any more.
    if (fresh.error().code == error_code::token_invalid) {
      rotation = last_rotation::known;
      co_await mark_ended(end_reason::revoked);
      co_return fresh.error();
    }
    if (rotation == last_rotation::known) co_return fresh.error();
    remind_of_doubt(self);
    co_return fail(error_code::outcome_unknown);
  }
}

bool session_state::adopt_row(session_record fresh) {
  const bool was_in_doubt =
      std::exchange(rotation, last_rotation::known) == last_rotation::in_doubt;
  const bool has_ended_there = fresh.ended_at.has_value();
  const bool was_rotated = fresh.counter != record.counter;
  take_role(fresh.user_role);
  fresh.seen = std::max(fresh.seen, record.seen);
  if (was_rotated) {
    record = std::move(fresh);
    measure();
  } else {
    set_expiry(fresh.expires_at);
    take_authentication(fresh.authenticated);
  }
  // Nobody was told the successor before now.
  if (was_rotated && was_in_doubt) {
    rotated_when = env->steady_now();
    grace_until = rotated_when + env->policy.refresh_grace;
  }
  return has_ended_there;
}

task<> session_state::look_for_rotation() {
  const auto look = [this] { return look_at_rotation(); };
  (void)co_await rotations_.join(look);
}

// -- handed out ----------------------------------------------------------------------------

task<messages::token_pair> session_state::issue_pair() {
  const auto& keys = *env->keys;
  auto claimed = claims();
  messages::token_pair tokens;
  tokens.refresh_token = keys.refresh.issue(record.id, record.salt, record.counter);
  tokens.access_ttl_s = claimed.exp - claimed.iat;
  tokens.refresh_ttl_s =
      std::max<std::int64_t>(0, (expires_when - env->steady_now()) / std::chrono::seconds{1});
  messages::sign_access request{std::move(claimed)};
  auto token = co_await ask(env->key_ring, std::move(request));
  if (!token) co_return token.error();
  if (has_ended()) co_return fail(error_code::token_invalid);
  tokens.access_token = std::move(token->token);
  co_return tokens;
}

access_claims session_state::claims() const {
  // Everything follows from the record and `issued_at`, so that a retried refresh gets an equal
  // token.
  access_claims c;
  c.sub = record.user;
  c.user_number = record.user_number;
  c.sid = record.id;
  c.type = "access";
  c.role = record.user_role;
  c.iss = env->keys->issuer;
  c.aud = env->keys->audience;
  c.iat = seconds_of(issued_at);
  c.exp = std::min(c.iat + env->policy.access_ttl.count(), seconds_of(record.expires_at));
  c.jti = to_string(record.id) + "." + std::to_string(record.counter);
  c.methods = record.authenticated.by;
  c.auth_time = seconds_of(authenticated_at(record));
  return c;
}

} // namespace latchkey

// refresh.cpp — the next tokens: who gets them, when they are durable, and what is done
// when nobody learns whether they are.
#include "actors/audit/audit_entry.hpp"
#include "actors/session/session.hpp"
#include "protocol/error_code.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace latchkey {
namespace {

std::int64_t seconds_of(time_point t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

} // namespace

caf::result<messages::token_pair> session_state::on_issue(messages::issue_tokens&) {
  promise<messages::token_pair> answer{self};
  if (alive())
    answer_with_tokens({answer});
  else
    answer.fail(error_code::token_invalid);
  return answer;
}

caf::result<messages::token_pair> session_state::on_refresh(messages::refresh& request) {
  if (leaving) return gone();
  const auto& outcomes = env->outcomes;
  if (!alive() || !env->keys->refresh.check(request.token, record.salt)) {
    outcomes.refresh_refused->add();
    return to_error(error_code::token_invalid);
  }
  last_used = env->steady_now();
  promise<messages::token_pair> answer{self};
  const auto counter = request.token.counter;
  if (counter == record.counter) {
    see(counter);
    waiting_for_rotation.push_back(answer);
    rotation_wanted_until = std::max(rotation_wanted_until, request.deadline);
    if (rotating) return answer;
    // One that may have happened already must not be taken for somebody else's.
    rotation_in_doubt ? look_at_rotation() : rotate();
  } else if (counter + 1 == record.counter && may_have_lost_answer()) {
    outcomes.refresh_retried->add();
    freshen();
    answer_with_tokens({answer});
  } else if (counter < record.counter) {
    // A token that was already exchanged comes back: one of the two that hold it is
    // not our user, and we cannot tell which.
    outcomes.refresh_reused->add();
    waiting_for_refusal.push_back(answer);
    end({"session.refresh_reused", "a refresh token was used again", request.client,
         end_reason::reused},
        last_used + env->policy.internal_deadline); // however late the request is
  } else {
    outcomes.refresh_refused->add();
    answer.fail(error_code::token_invalid);
  }
  return answer;
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

void session_state::rotate() {
  rotating = true;
  const auto from = record.counter;
  const auto at = env->now();
  storage::unit unit{{storage::rotate_session{record.id, from, at}}};
  self->request(env->writer_for(record.id), no_timeout,
                messages::commit{std::move(unit), rotation_wanted_until})
      .then([this, from, at,
             when = env->steady_now()](storage::written&) { rotated(from, at, when); },
            [this](caf::error& error) { lost_rotation(error); });
}

void session_state::rotated(std::uint64_t from, time_point at, time_point when) {
  rotating = false;
  record.counter = from + 1;
  record.rotated_at = issued_at = at;
  issued_when = when;
  earlier_access_over = access_over;
  access_over = when + env->policy.access_ttl;
  // From when its successor can be known.
  rotated_when = env->steady_now();
  grace_until = rotated_when + env->policy.refresh_grace;
  env->outcomes.refresh_rotated->add();
  // While it was being written the session may have ended: nobody is revived.
  if (ended) return refuse_rotation(to_error(error_code::token_invalid));
  answer_with_tokens(std::exchange(waiting_for_rotation, {}));
}

void session_state::lost_rotation(const caf::error& error) {
  const auto code = to_failure(error).code;
  // Too late for the first who asked, and nothing was written; others joined since.
  if (code == error_code::timeout && rotation_wanted_until > env->steady_now()) return rotate();
  // The store knows better: another writer ended or rotated it. Look, then decide.
  if (code == error_code::token_invalid) return look_at_rotation();
  rotating = false;
  if (code == error_code::outcome_unknown) {
    rotation_in_doubt = true;
    retry_in_doubt_soon();
  }
  refuse_rotation(error);
}

void session_state::look_at_rotation() {
  rotating = true;
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  self->request(env->reader_for(record.id), no_timeout, messages::read_session{record.id, deadline})
      .then(
          [this, before = news](session_record& fresh) {
            if (news != before) return look_at_rotation();
            found_rotation(std::move(fresh));
          },
          [this](caf::error& second) {
            rotating = false;
            const auto refuse = [this, second] { refuse_rotation(second); };
            // AUTH003: the store has no such session any more.
            if (to_failure(second).code == error_code::token_invalid) {
              rotation_in_doubt = false;
              return mark_ended(end_reason::revoked, refuse);
            }
            if (!rotation_in_doubt) return refuse();
            retry_in_doubt_soon();
            refuse_rotation(to_error(error_code::outcome_unknown));
          });
}

void session_state::found_rotation(session_record fresh) {
  rotating = false;
  const bool was_in_doubt = std::exchange(rotation_in_doubt, false);
  const bool has_ended = fresh.ended_at.has_value();
  const bool was_rotated = fresh.counter != record.counter;
  const bool is_one_ahead = !has_ended && fresh.counter == record.counter + 1;
  take_role(fresh.user_role);
  fresh.seen = std::max(fresh.seen, record.seen);
  if (was_rotated) {
    record = std::move(fresh);
    measure();
  } else {
    set_expiry(fresh.expires_at);
  }
  // Nobody was told the successor before now.
  if (was_rotated && was_in_doubt) {
    rotated_when = env->steady_now();
    grace_until = rotated_when + env->policy.refresh_grace;
  }
  const auto refuse = [this] { refuse_rotation(to_error(error_code::token_invalid)); };
  if (has_ended) return mark_ended(end_reason::revoked, refuse);
  if (waiting_for_rotation.empty()) return;
  if (!was_rotated && was_in_doubt && alive()) return rotate();
  if (!is_one_ahead || !alive() || !may_have_lost_answer()) return refuse();
  freshen();
  answer_with_tokens(std::exchange(waiting_for_rotation, {}));
}

void session_state::refuse_rotation(const caf::error& error) {
  for (auto& asker : std::exchange(waiting_for_rotation, {}))
    asker.deliver(error);
}

void session_state::retry_in_doubt_soon() {
  if (!std::exchange(has_reminder, true))
    self->delayed_send(self, look_again_every, messages::sweep{});
}

void session_state::answer_with_tokens(const std::vector<promise<messages::token_pair>>& askers) {
  const auto& keys = *env->keys;
  auto claimed = claims();
  messages::token_pair tokens;
  tokens.refresh_token = keys.refresh.issue(record.id, record.salt, record.counter);
  tokens.access_ttl_s = claimed.exp - claimed.iat;
  tokens.refresh_ttl_s =
      std::max<std::int64_t>(0, (expires_when - env->steady_now()) / std::chrono::seconds{1});
  self->request(env->key_ring, no_timeout, messages::sign_access{std::move(claimed)})
      .then(
          [this, askers, tokens](messages::signed_token& token) mutable {
            tokens.access_token = std::move(token.token);
            for (auto& asker : askers) {
              if (ended)
                asker.fail(error_code::token_invalid);
              else
                asker.deliver(tokens);
            }
          },
          [askers](caf::error& error) {
            for (auto& asker : askers)
              asker.deliver(error);
          });
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
  return c;
}

} // namespace latchkey

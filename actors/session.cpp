#include "actors/session.hpp"

#include "actors/audit_entry.hpp"
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

session_state::~session_state() {
  if (with) with->counts->sessions_live.add(-1);
}

bool session_state::alive(time_point now) const {
  if (ended || now >= record.expires_at) return false;
  return record.rotated_at > with->policy.idle_since(now);
}

caf::result<messages::validation> session_state::on_validate(messages::validate&) {
  if (leaving) return gone();
  const auto now = with->now();
  if (!alive(now)) return to_error(error_code::token_invalid);
  last_used = now;
  if (now >= record.last_seen_at + touched_every) touch(now);
  return messages::validation{record.user, record.user_number, record.user_role, record.opened_by};
}

caf::result<messages::validation> session_state::on_prove(messages::prove& request) {
  if (leaving) return gone();
  const auto now = with->now();
  if (!alive(now) || !with->keys->refresh.check(request.token, record.salt))
    return to_error(error_code::token_invalid);
  last_used = now;
  return messages::validation{record.user, record.user_number, record.user_role, record.opened_by};
}

void session_state::touch(time_point now) {
  // Nobody waits for it; it may be lost.
  record.last_seen_at = now;
  caf::anon_send(with->writer_for(record.id),
                 messages::commit{{{storage::touch_session{record.id, now}}},
                                  now + with->policy.internal_deadline});
}

caf::result<messages::token_pair> session_state::on_issue(messages::issue_tokens&) {
  promise<messages::token_pair> answer{self};
  if (alive(with->now()))
    answer_with_tokens({answer});
  else
    answer.fail(error_code::token_invalid);
  return answer;
}

caf::result<messages::token_pair> session_state::on_refresh(messages::refresh& request) {
  if (leaving) return gone();
  const auto now = with->now();
  const auto& outcomes = with->outcomes;
  if (!alive(now) || !with->keys->refresh.check(request.token, record.salt)) {
    outcomes.refresh_refused->add();
    return to_error(error_code::token_invalid);
  }
  last_used = now;
  promise<messages::token_pair> answer{self};
  const auto counter = request.token.counter;
  if (counter == record.counter) {
    waiting_for_rotation.push_back(answer);
    rotation_wanted_until = std::max(rotation_wanted_until, request.deadline);
    if (!rotating) rotate();
  } else if (counter + 1 == record.counter && now <= grace_from + with->policy.refresh_grace) {
    outcomes.refresh_retried->add();
    answer_with_tokens({answer});
  } else if (counter < record.counter) {
    // A token that was already exchanged comes back: one of the two that hold it is
    // not our user, and we cannot tell which.
    outcomes.refresh_reused->add();
    waiting_for_refusal.push_back(answer);
    end({"session.refresh_reused", "a refresh token was used again", request.client,
         end_reason::reused},
        now + with->policy.internal_deadline); // however late the request is
  } else {
    outcomes.refresh_refused->add();
    answer.fail(error_code::token_invalid);
  }
  return answer;
}

void session_state::rotate() {
  rotating = true;
  const auto at = with->now();
  storage::unit unit{{storage::rotate_session{record.id, record.counter, at}}};
  self->request(with->writer_for(record.id), no_timeout,
                messages::commit{std::move(unit), rotation_wanted_until})
      .then([this, at](storage::written&) { rotated(at); },
            [this](caf::error& error) { lost_rotation(error); });
}

void session_state::rotated(time_point at) {
  rotating = false;
  ++record.counter;
  record.rotated_at = at;
  grace_from = with->now();
  with->outcomes.refresh_rotated->add();
  // While it was being written the session may have ended: nobody is revived.
  if (ended) return refuse_rotation(to_error(error_code::token_invalid));
  answer_with_tokens(std::exchange(waiting_for_rotation, {}));
}

void session_state::lost_rotation(const caf::error& error) {
  const auto code = to_failure(error).code;
  // Too late for the first who asked, and nothing was written; others joined since.
  if (code == error_code::timeout && rotation_wanted_until > with->now()) return rotate();
  if (code != error_code::token_invalid) {
    rotating = false;
    return refuse_rotation(error);
  }
  // The store knows better: another writer ended or rotated it, or an earlier rotation
  // whose outcome we could not learn went through after all. Look, then decide.
  look_at_rotation();
}

void session_state::look_at_rotation() {
  const auto deadline = with->now() + with->policy.internal_deadline;
  self->request(with->reader_for(record.id), no_timeout,
                messages::read_session{record.id, deadline})
      .then(
          [this, before = news](session_record& fresh) {
            if (news != before) return look_at_rotation();
            found_rotation(std::move(fresh));
          },
          [this](caf::error& second) {
            rotating = false;
            const auto refuse = [this, second] { refuse_rotation(second); };
            // AUTH003: the store has no such session any more.
            if (to_failure(second).code == error_code::token_invalid)
              return conclude(end_reason::revoked, refuse);
            refuse();
          });
}

void session_state::found_rotation(session_record fresh) {
  rotating = false;
  const bool has_ended = fresh.ended_at.has_value();
  const bool one_ahead = !has_ended && fresh.counter == record.counter + 1;
  take_role(fresh.user_role);
  record = std::move(fresh);
  grace_from = record.rotated_at;
  const bool in_grace = with->now() <= grace_from + with->policy.refresh_grace;
  if (one_ahead && in_grace && alive(with->now()))
    return answer_with_tokens(std::exchange(waiting_for_rotation, {}));
  const auto refuse = [this] { refuse_rotation(to_error(error_code::token_invalid)); };
  if (has_ended) return conclude(end_reason::revoked, refuse);
  refuse();
}

void session_state::refuse_rotation(const caf::error& error) {
  for (auto& asker : std::exchange(waiting_for_rotation, {}))
    asker.deliver(error);
}

void session_state::answer_with_tokens(const std::vector<promise<messages::token_pair>>& askers) {
  const auto& keys = *with->keys;
  auto claimed = claims();
  messages::token_pair tokens;
  tokens.refresh_token = keys.refresh.issue(record.id, record.salt, record.counter);
  tokens.access_ttl_s = claimed.exp - claimed.iat;
  tokens.refresh_ttl_s =
      std::max<std::int64_t>(0, seconds_of(record.expires_at) - seconds_of(with->now()));
  self->request(with->key_ring, no_timeout, messages::sign_access{std::move(claimed)})
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
  // Everything follows from the record, so that a retried refresh gets an equal token.
  access_claims c;
  c.sub = record.user;
  c.user_number = record.user_number;
  c.sid = record.id;
  c.type = "access";
  c.role = record.user_role;
  c.iss = with->keys->issuer;
  c.aud = with->keys->audience;
  c.iat = seconds_of(record.rotated_at);
  c.exp = std::min(c.iat + with->policy.access_ttl.count(), seconds_of(record.expires_at));
  c.jti = to_string(record.id) + "." + std::to_string(record.counter);
  return c;
}

// -- what the store has done to it ---------------------------------------------------

// One that is about to leave answers too: it has not left before the directory says so.

caf::result<messages::learnt> session_state::on_learn_end(messages::learn_end& told) {
  promise<messages::learnt> answer{self};
  ++news;
  conclude(told.reason, [answer] { answer.deliver(messages::learnt{}); });
  return answer;
}

caf::result<messages::learnt> session_state::on_learn_role(messages::learn_role& told) {
  ++news;
  take_role(std::move(told.role));
  return messages::learnt{};
}

caf::result<messages::learnt> session_state::on_learn_sync(messages::learn_sync& told) {
  ++news;
  record.expires_at = told.expires_at;
  record.last_seen_at = std::max(record.last_seen_at, told.last_seen_at);
  // As in the store: for one of another service this is its only use.
  if (record.opened_by == surface::integration)
    record.rotated_at = std::max(record.rotated_at, told.last_seen_at);
  if (!told.user_agent.empty()) record.user_agent = std::move(told.user_agent);
  return messages::learnt{};
}

caf::result<messages::learnt> session_state::on_learn_doubt(messages::learn_doubt& told) {
  promise<messages::learnt> answer{self};
  ++news; // a row that is being read may be older
  look_at_row(told.reason, [answer](const caf::error*) { answer.deliver(messages::learnt{}); });
  return answer;
}

void session_state::on_sweep(messages::sweep& sweep) {
  if (sweep.now == time_point{}) {
    has_reminder = false;
    if (doubt) look_at_row(*doubt, [](const caf::error*) {});
    return;
  }
  if (!alive(sweep.now)) tell_of_end(end_reason::expired, [] {});
  const bool busy = rotating || ending || !watchers.empty() || unheard > 0;
  const bool unused = !alive(sweep.now) || sweep.now >= last_used + with->policy.memory_idle;
  if (busy || !unused || leaving) return;
  // From here on every asker is sent back to the directory, which may load another actor
  // for this session: two at work on one id must never be.
  leaving = true;
  self->request(with->directory_for(record.id), no_timeout, messages::leave_session{record.id})
      .then([this](messages::left&) { self->quit(); }, [this](caf::error&) { leaving = false; });
}

session_actor::behavior_type session(session_actor::stateful_pointer<session_state> self,
                                     session_record record, services_ptr with) {
  quiet(self);
  auto* state = &self->state;
  state->self = self;
  state->with = std::move(with);
  state->record = std::move(record);
  state->ended = state->record.ended_at.has_value();
  state->grace_from = state->record.rotated_at;
  state->last_used = state->with->now();
  state->with->counts->sessions_live.add(1);
  return {handler(state, &session_state::on_validate),
          handler(state, &session_state::on_prove),
          handler(state, &session_state::on_issue),
          handler(state, &session_state::on_refresh),
          handler(state, &session_state::on_revoke),
          handler(state, &session_state::on_learn_end),
          handler(state, &session_state::on_learn_role),
          handler(state, &session_state::on_learn_subscription),
          handler(state, &session_state::on_learn_sync),
          handler(state, &session_state::on_learn_doubt),
          handler(state, &session_state::on_watch),
          handler(state, &session_state::on_unwatch),
          handler(state, &session_state::on_use_ticket),
          handler(state, &session_state::on_sweep)};
}

} // namespace latchkey

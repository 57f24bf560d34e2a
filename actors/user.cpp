#include "actors/user.hpp"

#include "actors/shard_round.hpp"
#include "protocol/login_name.hpp"

#include <chrono>
#include <utility>

namespace latchkey {
namespace {

/// After which one that was removed looks whether everybody has been answered.
constexpr std::chrono::seconds last_look{1};

} // namespace

bool user_state::serves() {
  if (leaving) return false;
  last_used = with->steady_now();
  return true;
}

void user_state::commit(storage::unit unit, time_point deadline,
                        std::function<void(storage::written&)> done, on_error failed) {
  self->request(with->writer_for(record.id), no_timeout,
                messages::commit{std::move(unit), deadline})
      .then([done = std::move(done), here = present_](storage::written& w) { done(w); },
            [failed = std::move(failed), here = present_](caf::error& e) { failed(e); });
}

void user_state::announce_mail() const {
  if (with->mailer) self->send(with->mailer, messages::mail_waiting{});
}

bool user_state::may_notify(std::string_view kind) const {
  return with->may_mail(kind, fold_login_name(record.email).value_or(record.email));
}

// -- what the store and the sessions know --------------------------------------------

template <class Message>
void user_state::tell_sessions(Message what, std::function<void(const caf::error*)> done) {
  tell_shards(self, *with, what, present_, std::move(done));
}
template void user_state::tell_sessions(messages::user_sessions_ended what,
                                        std::function<void(const caf::error*)> done);
template void user_state::tell_sessions(messages::user_role_changed what,
                                        std::function<void(const caf::error*)> done);

void user_state::reload(time_point deadline, std::function<void(const caf::error*)> done) {
  self->request(with->reader_for(record.id), no_timeout, messages::read_user{record.id, deadline})
      .then([this, done, here = present_](user_record& fresh) { learn(std::move(fresh), done); },
            [this, done, here = present_](caf::error& error) {
              if (to_failure(error).code != error_code::user_not_found) return done(&error);
              be_removed();
              tell_sessions(
                  messages::user_sessions_ended{record.id, std::nullopt, end_reason::deleted},
                  [done, error](const caf::error*) { done(&error); });
            });
}

void user_state::learn(user_record fresh, std::function<void(const caf::error*)> done) {
  // An answer may be older than what has been learnt meanwhile.
  if (fresh.version <= record.version) return done(nullptr);
  const bool deactivated = record.is_active && !fresh.is_active;
  const bool has_other_role = record.role != fresh.role;
  record = std::move(fresh);
  if (deactivated)
    tell_sessions(messages::user_sessions_ended{record.id, std::nullopt, end_reason::deactivated},
                  std::move(done));
  else if (has_other_role)
    tell_sessions(messages::user_role_changed{record.id, record.role}, std::move(done));
  else
    done(nullptr);
}

caf::result<messages::user_reloaded> user_state::on_reload(messages::reload_user& request) {
  if (!serves()) return gone();
  promise<messages::user_reloaded> answer{self};
  reload(request.deadline, [answer](const caf::error* error) {
    if (error != nullptr)
      answer.deliver(*error);
    else
      answer.deliver(messages::user_reloaded{});
  });
  return answer;
}

// -- leaving -----------------------------------------------------------------------------

void user_state::be_removed() {
  if (std::exchange(removed, true)) return;
  record.is_active = false;
  leave();
}

void user_state::leave() {
  leaving = true;
  self->request(with->directory_for(record.id), no_timeout,
                messages::leave_user{record.id, removed})
      .then(
          [this](messages::left&) {
            // One that was removed may have others to answer still.
            if (is_busy())
              self->delayed_send(self, last_look, messages::sweep{});
            else
              self->quit();
          },
          [this](caf::error&) { leaving = removed; });
}

void user_state::on_sweep(messages::sweep& sweep) {
  if (removed) {
    if (is_busy())
      self->delayed_send(self, last_look, messages::sweep{});
    else
      self->quit();
    return;
  }
  if (sweep.now == time_point{}) {
    has_reminder_ = false;
    return settle_doubt([](const caf::error*) {});
  }
  if (leaving || is_busy() || sweep.now < last_used + with->policy.memory_idle) return;
  leave();
}

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, user_record record,
                               services_ptr with) {
  quiet(self);
  auto* state = &self->state;
  state->self = self;
  state->with = std::move(with);
  state->record = std::move(record);
  state->last_used = state->with->steady_now();
  const auto id = to_string(state->record.id);
  state->turns.emplace(self);
  state->count_failures();
  state->recoveries.emplace(self, state->with, "recovery:" + id,
                            &session_policy::recovery_failures);
  return {handler(state, &user_state::on_authenticate),
          handler(state, &user_state::on_describe),
          handler(state, &user_state::on_update),
          handler(state, &user_state::on_delete),
          handler(state, &user_state::on_end_sessions),
          handler(state, &user_state::on_change_password),
          handler(state, &user_state::on_begin_recovery),
          handler(state, &user_state::on_verify_passphrase),
          handler(state, &user_state::on_reset_password),
          handler(state, &user_state::on_change_recovery),
          handler(state, &user_state::on_begin_verification),
          handler(state, &user_state::on_confirm_email),
          handler(state, &user_state::on_create_key),
          handler(state, &user_state::on_list_keys),
          handler(state, &user_state::on_revoke_key),
          handler(state, &user_state::on_use_key),
          handler(state, &user_state::on_reload),
          handler(state, &user_state::on_sweep)};
}

} // namespace latchkey

#include "actors/user/user.hpp"

#include "actors/base/shard_round.hpp"
#include "actors/limits/charge_rate.hpp"
#include "config/log.hpp"
#include "protocol/text/login_name.hpp"

#include <utility>

namespace latchkey {

task<turnstile::turn> user_state::take_turn(turnstile::kind type) {
  auto turn = co_await turns->enter(type);
  if (!turn) co_return turn.error();
  const auto settled = co_await settle_in_doubt();
  if (!settled) co_return settled.error();
  co_return std::move(*turn);
}

void user_state::commit_unawaited(storage::unit unit, const char* complaint) {
  converse(self, presence(), write_unawaited(std::move(unit), complaint));
}

task<> user_state::write_unawaited(storage::unit unit, const char* complaint) {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  const auto written = co_await commit(std::move(unit), deadline);
  if (!written && complaint != nullptr) log_warning(name, complaint);
}

void user_state::announce_mail() const {
  if (env->mailer) self->send(env->mailer, messages::mail_waiting{});
}

task<bool> user_state::may_notify(std::string_view kind) const {
  return may_mail(*env, kind, fold_login_name(record.email).value_or(record.email),
                  record.email_verified);
}

// -- what the store and the sessions know --------------------------------------------

task<messages::done> user_state::reload(time_point deadline) {
  messages::read_user request{record.id, deadline};
  auto fresh = co_await ask(env->reader_for(record.id), std::move(request));
  if (fresh) co_return co_await adopt_row(std::move(*fresh));
  if (fresh.error().code == error_code::user_not_found) {
    on_removed();
    messages::user_sessions_ended event{record.id, std::nullopt, end_reason::deleted};
    (void)co_await notify_shards(*env, std::move(event));
  }
  co_return fresh.error();
}

task<messages::done> user_state::adopt_row(user_record fresh) {
  // An answer may be older than what has been adopted meanwhile.
  if (fresh.version <= record.version) co_return messages::done{};
  revision change;
  if (record.is_active && !fresh.is_active) change.ends_sessions = end_reason::deactivated;
  change.changes_role = record.role != fresh.role;
  record = std::move(fresh);
  adopt_forgotten_failures();
  co_return co_await notify_shards_of(change);
}

void user_state::adopt_forgotten_failures() {
  // A reset at another node, which moves the version. What is counted here may be on its way to the
  // store, so no other count of the row is taken over.
  for (std::size_t i = 0; i < failure_budgets; ++i)
    if (record.failures_in_a_row[i] == 0) wrong_in_a_row[i]->count = 0;
  if (record.factor_failures_in_a_row == 0) wrong_codes_in_a_row->count = 0;
}

task<messages::done> user_state::reread() {
  if (!row_reads_) row_reads_ = std::make_unique<fresh_task<messages::done>>();
  const auto read = [this] { return read_row(); };
  return row_reads_->join(read);
}

task<messages::done> user_state::read_row() {
  const auto epoch = env->trust->epoch();
  forget_keys();
  auto outcome = co_await reload(env->steady_now() + env->policy.internal_deadline);
  if (outcome) read_in = epoch;
  co_return outcome;
}

task<messages::done> user_state::on_reload(messages::reload_user request) {
  forget_keys();
  return reload(request.deadline);
}

// -- leaving -----------------------------------------------------------------------------

void user_state::on_removed() {
  if (is_removed()) return;
  set_removed();
  record.is_active = false;
  leave(self, env->directory_for(record.id), messages::leave_user{record.id, true});
}

void user_state::on_sweep(messages::sweep& sweep) {
  if (is_ending()) return end_when_answered(self);
  if (sweep.now == time_point{}) {
    take_reminder();
    return converse(self, presence(), retry_in_doubt());
  }
  if (is_leaving() || is_busy() || !is_unused(sweep, env->policy.memory_idle)) return;
  leave(self, env->directory_for(record.id), messages::leave_user{record.id, false});
}

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, user_record record,
                               actor_env_ptr env, std::uint64_t read_in) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->record = std::move(record);
  state->read_in = read_in;
  state->last_used = state->env->steady_now();
  const auto id = to_string(state->record.id);
  state->turns.emplace(self);
  state->count_failures();
  state->count_wrong_codes();
  state->recoveries.emplace(self, state->env, "recovery:" + id, &session_policy::recovery_failures);
  return {accepting<&user_state::on_authenticate>(state),
          accepting<&user_state::on_finish_sign_in>(state),
          accepting<&user_state::on_step_up>(state),
          accepting<&user_state::on_sign_in_with_passkey>(state),
          accepting<&user_state::on_begin_passkey>(state),
          accepting<&user_state::on_add_passkey>(state),
          accepting<&user_state::on_change_passkey>(state),
          accepting<&user_state::on_remove_passkey>(state),
          accepting<&user_state::on_require_recent_sign_in>(state),
          accepting<&user_state::on_list_factors>(state),
          accepting<&user_state::on_enrol_totp>(state),
          accepting<&user_state::on_confirm_totp>(state),
          accepting<&user_state::on_remove_totp>(state),
          accepting<&user_state::on_make_recovery_codes>(state),
          accepting<&user_state::on_reset_factors>(state),
          accepting<&user_state::on_describe>(state),
          accepting<&user_state::on_update>(state),
          accepting<&user_state::on_delete>(state),
          accepting<&user_state::on_end_sessions>(state),
          accepting<&user_state::on_change_password>(state),
          accepting<&user_state::on_begin_recovery>(state),
          accepting<&user_state::on_verify_passphrase>(state),
          accepting<&user_state::on_reset_password>(state),
          accepting<&user_state::on_change_recovery>(state),
          accepting<&user_state::on_begin_verification>(state),
          accepting<&user_state::on_confirm_email>(state),
          accepting<&user_state::on_create_key>(state),
          accepting<&user_state::on_list_keys>(state),
          accepting<&user_state::on_revoke_key>(state),
          accepting<&user_state::on_use_key>(state),
          accepting<&user_state::on_reload>(state),
          handler<&user_state::on_sweep>(state)};
}

} // namespace latchkey

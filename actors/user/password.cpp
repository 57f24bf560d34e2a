// password.cpp — a new password, for the old one or for a reset token. Whichever way, the
// other sessions end with the same COMMIT, and the user is told by mail.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "protocol/text/password_policy.hpp"

#include <utility>

namespace latchkey {

using token_kind = storage::use_up_reset_tokens::kind;

storage::unit user_state::password_facts(const secret& phc, const std::string& action,
                                         const messages::author& author,
                                         const std::optional<session_id>& keep,
                                         bool notifies) const {
  const auto at = env->now();
  auto entry = audit_entry(action,
                           keep ? "with the current password; every other session has ended"
                                : "with the current password; every session has ended",
                           at, author, record.id);
  entry.session = keep;
  storage::unit unit{{storage::set_password_hash{record.id, record.version, phc, at},
                      storage::end_sessions_of{record.id, keep, at, action},
                      storage::use_up_reset_tokens{record.id, at, outdone_by_password()},
                      storage::add_audit{std::move(entry)}}};
  if (notifies) unit.facts.emplace_back(env->mails->password_changed(record.email, at));
  return unit;
}

token_kind user_state::outdone_by_password() const {
  return record.email_verified ? token_kind::resets : token_kind::passphrase_resets;
}

// -- by the old one ---------------------------------------------------------------------

task<messages::done> user_state::on_change_password(messages::change_password request) {
  for (std::size_t attempt = 1;; ++attempt) {
    const auto tried = co_await match_password(request.current, request.deadline);
    if (!tried) co_return tried.error();
    const auto chosen =
        check_password(request.next.reveal(), record.username, record.email, password_length_min());
    if (!chosen) co_return chosen.error();
    messages::hash_password question{request.next, request.deadline};
    const auto hashed = co_await ask(env->hasher, std::move(question));
    if (!hashed) co_return hashed.error();
    const auto turn = co_await take_turn(turnstile::kind::exclusive);
    if (!turn) co_return turn.error();

    bool notifies = false;
    if (is_current(*tried)) {
      const auto may = co_await may_notify("password_changed");
      notifies = may.value_or(false);
    }
    bool is_outdated = false;
    revision change;
    change.deadline = request.deadline;
    change.ends_sessions = end_reason::password_changed;
    change.keep = request.keep;
    change.facts = [&, this]() -> result<std::optional<storage::unit>> {
      // Another change came before: what was compared is no longer the password's hash.
      is_outdated = !is_current(*tried);
      if (is_outdated) return std::nullopt;
      return password_facts(hashed->phc, "user.password_changed", request.author, request.keep,
                            notifies);
    };
    change.adopt = [&, this] {
      record.password_hash = hashed->phc;
      ++record.version;
    };
    const auto written = co_await revise(change);
    if (!written) co_return written.error();
    if (!is_outdated) break;
    if (attempt == attempts_max) co_return too_many();
  }
  announce_mail();
  co_return messages::done{};
}

// -- by a reset token -----------------------------------------------------------------------

task<messages::done> user_state::on_reset_password(messages::reset_password request) {
  // A look first, so that a token which is no good costs no hash; that it is used once is
  // decided where it is written.
  const storage::find_reset_token query{request.token_id};
  const auto found = co_await read(query, request.deadline);
  if (!found) co_return found.error();
  const auto& token = *found;
  const bool is_good = token && record.is_active && token->user == record.id &&
                       token->purpose != token_purpose::email_verification &&
                       equal_in_constant_time(token->secret_hash, request.token_hash) &&
                       !token->used_at && token->expires_at > env->now();
  if (!is_good) co_return fail(error_code::token_invalid);
  // Before the token is used up: whoever chose badly may choose again.
  const auto chosen =
      check_password(request.next.reveal(), record.username, record.email, password_length_min());
  if (!chosen) co_return chosen.error();
  messages::hash_password question{request.next, request.deadline};
  const auto hashed = co_await ask(env->hasher, std::move(question));
  if (!hashed) co_return hashed.error();
  co_return co_await set_reset_password(request, hashed->phc, token->purpose);
}

task<messages::done> user_state::set_reset_password(const messages::reset_password& request,
                                                    const secret& phc, token_purpose purpose) {
  const auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  if (!record.is_active) co_return fail(error_code::token_invalid);
  const auto may_tell = co_await may_notify("password_was_reset");
  reset_effects effects;
  revision change;
  change.deadline = request.deadline;
  change.ends_sessions = end_reason::password_reset;
  change.facts = [&, this]() -> result<std::optional<storage::unit>> {
    if (!record.is_active) return fail(error_code::token_invalid);
    effects = effects_of(purpose);
    effects.notifies = may_tell.value_or(false);
    auto unit = reset_facts(request, phc, purpose, effects);
    unit.facts.emplace_back(storage::forget_password_failures{record.id});
    unit.facts.emplace_back(storage::count_factor_failures{record.id, 0});
    return unit;
  };
  change.committed = [&, this] {
    ++recovery_changes_;
    if (effects.ends_keys) forget_keys();
  };
  change.adopt = [&, this] {
    record.password_hash = phc;
    record.version += !effects.takes_over ? 1 : record.factors.any() ? 3 : 2;
    if (effects.takes_over) {
      record.factors = {};
      record.second_factor_due_at.reset();
    }
    if (!effects.proves_address) return;
    record.email_verified = true;
    if (!record.used_at) record.used_at = effects.at;
  };
  const auto written = co_await revise(change);
  if (!written) co_return written.error();
  // A locked account is open again for its owner.
  forget_failures();
  forget_wrong_codes();
  announce_mail();
  co_return messages::done{};
}

user_state::reset_effects user_state::effects_of(token_purpose purpose) const {
  reset_effects effects;
  effects.at = env->now();
  effects.proves_address = purpose == token_purpose::mailed_reset;
  effects.takes_over = effects.proves_address && !record.email_verified;
  effects.ends_keys = effects.takes_over || !effects.proves_address;
  return effects;
}

storage::unit user_state::reset_facts(const messages::reset_password& request, const secret& phc,
                                      token_purpose purpose, const reset_effects& effects) const {
  const auto at = effects.at;
  const char* reason = !effects.proves_address ? "by the recovery passphrase"
                       : effects.takes_over
                           ? "by mail; the address is proven, what was set up before is gone"
                           : "by mail; the address was verified before";
  auto entry = audit_entry("user.password_reset", reason, at, request.author, record.id);
  storage::unit unit{
      {storage::use_reset_token{request.token_id, record.id, request.token_hash, at, purpose},
       storage::set_password_hash{record.id, record.version, phc, at},
       storage::end_sessions_of{record.id, std::nullopt, at, "user.password_reset"},
       storage::use_up_reset_tokens{
           record.id, at, effects.takes_over ? token_kind::every_token : token_kind::resets}}};
  if (effects.ends_keys) {
    unit.facts.emplace_back(storage::remove_recovery{record.id});
    unit.facts.emplace_back(storage::revoke_api_keys_of{record.id, at});
  }
  if (effects.takes_over) {
    storage::user_changes changes;
    changes.email_verified = true;
    unit.facts.emplace_back(
        storage::update_user{record.id, record.version + 1, std::move(changes), at});
    if (record.factors.any())
      unit.facts.emplace_back(storage::remove_factors{record.id, record.version + 2, at});
    unit.facts.emplace_back(storage::drop_mails_to{record.email, at});
  }
  if (effects.proves_address) unit.facts.emplace_back(storage::mark_used{record.id, at});
  unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  if (effects.notifies)
    unit.facts.emplace_back(env->mails->password_was_reset(record.email, effects.ends_keys, at));
  return unit;
}

} // namespace latchkey

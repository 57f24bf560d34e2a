// passphrase.cpp — the recovery passphrase: set and removed with the password, and the reset
// token that it earns. What is answered, and after how much work, does not depend on whether
// there is one.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/base/owner_token.hpp"

#include <utility>

namespace latchkey {

// -- set and removed ------------------------------------------------------------------------

task<messages::done> user_state::on_change_recovery(messages::change_recovery request) {
  for (std::size_t attempt = 1;; ++attempt) {
    const auto tried = co_await match_password(request.current, request.deadline);
    if (!tried) co_return tried.error();
    if (const auto recent = check_recent_factor(request.shown); !recent) co_return recent.error();
    secret phc; // empty: the passphrase is removed
    if (!request.next.empty()) {
      messages::hash_password question{request.next, request.deadline};
      const auto hashed = co_await ask(env->hasher, std::move(question));
      if (!hashed) co_return hashed.error();
      phc = hashed->phc;
    }
    const auto turn = co_await take_turn(turnstile::kind::exclusive);
    if (!turn) co_return turn.error();

    bool notifies = false;
    if (is_current(*tried)) {
      const auto may = co_await may_notify("recovery_changed");
      notifies = may.value_or(false);
    }
    bool is_outdated = false;
    revision change;
    change.deadline = request.deadline;
    change.facts = [&, this]() -> result<std::optional<storage::unit>> {
      // The password was changed meanwhile: whoever knows the old one alone sets nothing.
      is_outdated = !is_current(*tried);
      if (is_outdated) return std::nullopt;
      if (const auto recent = check_recent_factor(request.shown); !recent)
        return fail(recent.error());
      return recovery_facts(request.author, phc, notifies);
    };
    change.committed = [this] { ++recovery_changes_; };
    const auto written = co_await revise(change);
    if (!written) co_return written.error();
    if (!is_outdated) break;
    if (attempt == attempts_max) co_return too_many();
  }
  announce_mail();
  co_return messages::done{};
}

storage::unit user_state::recovery_facts(const messages::author& author, const secret& phc,
                                         bool notifies) const {
  const auto at = env->now();
  const bool removes = phc.empty();
  storage::unit unit;
  if (removes)
    unit.facts.emplace_back(storage::remove_recovery{record.id});
  else
    unit.facts.emplace_back(storage::set_recovery{record.id, phc, at});
  // Tokens that the former one has earned go with it.
  unit.facts.emplace_back(storage::use_up_reset_tokens{record.id, at, outdone_by_password()});
  unit.facts.emplace_back(storage::add_audit{
      audit_entry(removes ? "user.recovery_passphrase_removed" : "user.recovery_passphrase_set",
                  "with the current password", at, author, record.id)});
  if (notifies) unit.facts.emplace_back(env->mails->recovery_changed(record.email, removes, at));
  return unit;
}

// -- used -----------------------------------------------------------------------------------

task<messages::reset_grant> user_state::on_verify_passphrase(messages::verify_passphrase request) {
  const auto changes_seen = recovery_changes_;
  const storage::find_recovery query{record.id};
  const auto stored = co_await read(query, request.deadline);
  if (!stored) co_return stored.error();
  const bool has_passphrase = stored->has_value();
  // An inactive user's, a locked one's and one of an address that nobody has proven to own are
  // compared for nothing: what is there costs its time all the same.
  failure_gate::pass pass;
  if (has_passphrase && record.is_active && !lacks_proof()) {
    auto entered = co_await recoveries->enter();
    if (!entered) co_return too_many();
    pass = std::move(*entered);
  }
  messages::verify_password question{request.passphrase, has_passphrase ? **stored : secret{},
                                     request.deadline, pass != nullptr};
  question.is_for_nothing = !pass;
  const auto verdict = co_await ask(env->hasher, std::move(question));
  if (!verdict) co_return verdict.error();
  if (pass && !verdict->matches) pass->wrong();
  if (!pass || !verdict->matches || !record.is_active) {
    // The client hears the same of each.
    const char* why = !record.is_active ? "the account is inactive"
                      : lacks_proof()   ? "the address is not verified"
                      : !has_passphrase ? "has no recovery passphrase"
                      : !pass           ? "locked after too many wrong recovery passphrases"
                                        : "wrong recovery passphrase";
    co_return fail_because(error_code::invalid_credentials, why);
  }
  pass->right();

  const auto turn = co_await take_turn(turnstile::kind::shared);
  if (!turn) co_return turn.error();
  // Another passphrase, another password or another address since.
  if (changes_seen != recovery_changes_ || !record.is_active || lacks_proof())
    co_return fail_because(error_code::invalid_credentials, "the account was changed meanwhile");
  co_return co_await grant_reset(request, verdict->rehashed);
}

task<messages::reset_grant> user_state::grant_reset(const messages::verify_passphrase& request,
                                                    const secret& rehashed) {
  const auto at = env->now();
  auto token =
      make_owner_token(record.id, token_purpose::passphrase_reset, at, env->policy.reset_token_ttl);
  storage::unit unit{{std::move(token.fact)}};
  if (!rehashed.empty()) unit.facts.emplace_back(storage::set_recovery{record.id, rehashed, at});
  unit.facts.emplace_back(storage::add_audit{audit_entry("user.recovery_passphrase_accepted",
                                                         "a reset token was given for it", at,
                                                         request.author, record.id)});
  const auto written = co_await commit(std::move(unit), request.deadline);
  if (!written) co_return written.error();
  co_return messages::reset_grant{std::move(token.text)};
}

} // namespace latchkey

// user_passphrase.cpp — the recovery passphrase: set and removed with the password, and the reset
// token that it earns. What is answered, and after how much work, does not depend on whether
// there is one.
#include "actors/user.hpp"

#include "actors/audit_entry.hpp"
#include "actors/owner_token.hpp"

#include <utility>

namespace latchkey {

// -- set and removed ------------------------------------------------------------------------

caf::result<messages::recovery_changed>
user_state::on_change_recovery(messages::change_recovery& request) {
  if (!serves()) return gone();
  recovery_answer answer{self};
  change_recovery(request, answer, 1);
  return answer;
}

void user_state::change_recovery(const messages::change_recovery& request,
                                 const recovery_answer& answer, std::size_t attempt) {
  password_check check;
  check.password = request.current;
  check.deadline = request.deadline;
  check.refused = [answer](const caf::error& error) { answer.deliver(error); };
  check.right = [this, request, answer, attempt](const secret& tried) {
    if (request.next.empty()) return set_recovery(request, answer, tried, {}, attempt);
    self->request(with->hasher, no_timeout, messages::hash_password{request.next, request.deadline})
        .then(
            [this, request, answer, tried, attempt, here = present_](messages::hashed& hashed) {
              set_recovery(request, answer, tried, hashed.phc, attempt);
            },
            [answer, here = present_](caf::error& error) { answer.deliver(error); });
  };
  check_login(std::move(check));
}

void user_state::set_recovery(const messages::change_recovery& request,
                              const recovery_answer& answer, const secret& tried, const secret& phc,
                              std::size_t attempt) {
  auto change = std::make_shared<revision>();
  change->deadline = request.deadline;
  change->facts = [this, request, answer, tried, phc, attempt]() -> std::optional<storage::unit> {
    // The password was changed meanwhile: whoever knows the old one alone sets nothing.
    if (!is_current(tried)) {
      if (attempt == attempts_max)
        answer.deliver(too_many());
      else
        change_recovery(request, answer, attempt + 1);
      return std::nullopt;
    }
    return recovery_facts(request.who, phc);
  };
  change->committed = [this] { ++recovery_changes_; };
  change->learn = [] {};
  change->done = [this, answer](const storage::written&) {
    announce_mail();
    answer.deliver(messages::recovery_changed{});
  };
  change->failed = [answer](const caf::error& error) { answer.deliver(error); };
  take_turn(turnstile::kind::alone, answer, [this, change](turn mine) {
    change->alone = std::move(mine);
    revise(change);
  });
}

storage::unit user_state::recovery_facts(const messages::author& who, const secret& phc) const {
  const auto at = with->now();
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
                  "with the current password", at, who, record.id)});
  if (may_notify("recovery_changed"))
    unit.facts.emplace_back(with->mails->recovery_changed(record.email, removes, at));
  return unit;
}

// -- used -----------------------------------------------------------------------------------

caf::result<messages::reset_grant>
user_state::on_verify_passphrase(messages::verify_passphrase& request) {
  if (!serves()) return gone();
  promise<messages::reset_grant> answer{self};
  read(
      storage::find_recovery{record.id}, request.deadline,
      [this, request, answer, seen = recovery_changes_](std::optional<secret>& phc) {
        // An inactive user's, one of an address that nobody has proven to own, and one that is not
        // there are compared with nothing.
        if (!phc || !record.is_active || lacks_proof())
          return compare_passphrase(request, answer, nullptr, secret{}, seen, phc.has_value());
        const bool entered = recoveries->enter([this, request, answer, phc = *phc, seen,
                                                here = present_](const failure_gate::pass& pass) {
          compare_passphrase(request, answer, pass, pass ? phc : secret{}, seen);
        });
        if (!entered) answer.deliver(too_many());
      },
      [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

void user_state::compare_passphrase(const messages::verify_passphrase& request,
                                    const promise<messages::reset_grant>& answer,
                                    const failure_gate::pass& pass, const secret& phc,
                                    std::uint64_t seen, bool has_passphrase) {
  const char* why_without_pass = has_passphrase ? "locked after too many wrong recovery passphrases"
                                                : "has no recovery passphrase";
  self->request(with->hasher, no_timeout,
                messages::verify_password{request.passphrase, phc, request.deadline})
      .then(
          [this, request, answer, pass, seen, why_without_pass,
           here = present_](messages::verdict& verdict) {
            if (pass && !verdict.matches) pass->wrong();
            if (!pass || !verdict.matches || !record.is_active) {
              // The client hears the same of each.
              const char* why = !record.is_active ? "the account is inactive"
                                : lacks_proof()   ? "the address is not verified"
                                : !pass           ? why_without_pass
                                                  : "wrong recovery passphrase";
              return answer.fail({error_code::invalid_credentials, {}, {}, 0, {}, why});
            }
            pass->right();
            take_turn(
                turnstile::kind::together, answer,
                [this, request, answer, seen, rehashed = verdict.rehashed](const turn& together) {
                  // Another passphrase, another password or another address since.
                  if (seen != recovery_changes_ || !record.is_active || lacks_proof())
                    return answer.fail({error_code::invalid_credentials,
                                        {},
                                        {},
                                        0,
                                        {},
                                        "the account was changed meanwhile"});
                  grant_reset(request, answer, rehashed, together);
                });
          },
          [answer, here = present_](caf::error& error) { answer.deliver(error); });
}

void user_state::grant_reset(const messages::verify_passphrase& request,
                             const promise<messages::reset_grant>& answer, const secret& rehashed,
                             const turn& together) {
  const auto at = with->now();
  auto token = make_owner_token(record.id, token_purpose::passphrase_reset, at,
                                with->policy.reset_token_ttl);
  storage::unit unit{{std::move(token.fact)}};
  if (!rehashed.empty()) unit.facts.emplace_back(storage::set_recovery{record.id, rehashed, at});
  unit.facts.emplace_back(storage::add_audit{audit_entry("user.recovery_passphrase_accepted",
                                                         "a reset token was given for it", at,
                                                         request.who, record.id)});
  commit(
      std::move(unit), request.deadline,
      [answer, together, text = token.text](storage::written&) {
        answer.deliver(messages::reset_grant{text});
      },
      [answer, together](const caf::error& error) { answer.deliver(error); });
}

} // namespace latchkey

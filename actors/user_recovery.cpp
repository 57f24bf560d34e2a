// user_recovery.cpp — the ways back for somebody who has lost the password: a mailed reset
// token, or one for the recovery passphrase. What is answered, and after how much work, does
// not depend on whether there is anything to send.
#include "actors/user.hpp"

#include "actors/audit_entry.hpp"
#include "protocol/opaque_key.hpp"

#include <utility>

namespace latchkey {

user_state::reset_token_facts user_state::make_reset_token() const {
  auto made = make_opaque_key(reset_token_kind, record.id);
  const auto at = with->now();
  reset_token_record token;
  token.id = made.key.id;
  token.user = record.id;
  token.secret_hash = std::move(made.key.secret_hash);
  token.created_at = at;
  token.expires_at = at + with->policy.reset_token_ttl;
  return {std::move(made.text), {storage::add_reset_token{std::move(token)}}};
}

// -- by mail ------------------------------------------------------------------------------

caf::result<messages::recovery_begun>
user_state::on_begin_recovery(messages::begin_recovery& request) {
  if (!serves()) return gone();
  promise<messages::recovery_begun> answer{self};
  // Not beside a change of the address: the old one would get a token that outlives it.
  take_turn(turnstile::kind::together, answer, [this, request, answer](const turn& together) {
    begin_recovery(request, answer, together);
  });
  return answer;
}

void user_state::begin_recovery(const messages::begin_recovery& request,
                                const promise<messages::recovery_begun>& answer,
                                const turn& together) {
  const auto at = with->now();
  // A window of its own: whoever guesses passphrases must not keep the owner's mail away.
  const auto key = "recovery-mail:" + to_string(record.id);
  const bool granted = with->limiter->take(key, with->policy.recovery_failures, at).granted;
  auto entry = audit_entry("user.recovery_requested", at, request.who, record.id);
  storage::unit unit;
  bool sends = false;
  if (!granted) {
    entry.reason = "too many; nothing was sent";
  } else if (!record.is_active) {
    entry.reason = "inactive; nothing was sent";
  } else if (with->mails) {
    sends = true;
    auto token = make_reset_token();
    unit.facts = std::move(token.facts);
    unit.facts.emplace_back(with->mails->password_reset(record.email, token.text,
                                                        with->policy.reset_token_ttl.count(), at));
  }
  unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  commit(
      std::move(unit), request.deadline,
      [this, answer, sends, together](storage::written&) {
        if (sends) announce_mail();
        answer.deliver(messages::recovery_begun{});
      },
      [answer, together](const caf::error& error) { answer.deliver(error); });
}

// -- by the passphrase ----------------------------------------------------------------------

caf::result<messages::reset_grant>
user_state::on_verify_passphrase(messages::verify_passphrase& request) {
  if (!serves()) return gone();
  promise<messages::reset_grant> answer{self};
  read(
      storage::find_recovery{record.id}, request.deadline,
      [this, request, answer](std::optional<secret>& phc) {
        // An inactive user's, and one that is not there, are compared with nothing.
        if (!phc || !record.is_active)
          return compare_passphrase(request, answer, nullptr, secret{}, phc.has_value());
        const bool entered = recoveries->enter(
            [this, request, answer, phc = *phc, here = present_](const failure_gate::pass& pass) {
              compare_passphrase(request, answer, pass, pass ? phc : secret{});
            });
        if (!entered) answer.deliver(too_many());
      },
      [answer](const caf::error& error) { answer.deliver(error); });
  return answer;
}

void user_state::compare_passphrase(const messages::verify_passphrase& request,
                                    const promise<messages::reset_grant>& answer,
                                    const failure_gate::pass& pass, const secret& phc,
                                    bool has_passphrase) {
  const char* why_without_pass = has_passphrase ? "locked after too many wrong recovery passphrases"
                                                : "has no recovery passphrase";
  self->request(with->hasher, no_timeout,
                messages::verify_password{request.passphrase, phc, request.deadline})
      .then(
          [this, request, answer, pass, why_without_pass,
           here = present_](messages::verdict& verdict) {
            if (pass && !verdict.matches) pass->wrong();
            if (!pass || !verdict.matches || !record.is_active) {
              // The client hears the same of each.
              const char* why = !record.is_active ? "the account is inactive"
                                : !pass           ? why_without_pass
                                                  : "wrong recovery passphrase";
              return answer.fail({error_code::invalid_credentials, {}, {}, 0, {}, why});
            }
            pass->right();
            grant_reset(request, answer, verdict.rehashed);
          },
          [answer, here = present_](caf::error& error) { answer.deliver(error); });
}

void user_state::grant_reset(const messages::verify_passphrase& request,
                             const promise<messages::reset_grant>& answer, const secret& rehashed) {
  auto token = make_reset_token();
  const auto at = with->now();
  storage::unit unit{std::move(token.facts)};
  if (!rehashed.empty()) unit.facts.emplace_back(storage::set_recovery{record.id, rehashed, at});
  unit.facts.emplace_back(storage::add_audit{
      audit_entry("user.recovery_passphrase_accepted", at, request.who, record.id)});
  commit(
      std::move(unit), request.deadline,
      [answer, text = token.text](storage::written&) {
        answer.deliver(messages::reset_grant{text});
      },
      [answer](const caf::error& error) { answer.deliver(error); });
}

} // namespace latchkey

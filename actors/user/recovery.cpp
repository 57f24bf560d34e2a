// recovery.cpp — the way back by mail for somebody who has lost the password. What is
// answered, and after how much work, does not depend on whether there is anything to send.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/base/owner_token.hpp"
#include "actors/limits/charge_rate.hpp"

#include <utility>

namespace latchkey {

task<messages::done> user_state::on_begin_recovery(messages::begin_recovery request) {
  // Not beside a change of the address: the old one would get a token that outlives it.
  const auto turn = co_await take_turn(turnstile::kind::shared);
  if (!turn) co_return turn.error();
  const auto at = env->now();
  // A window of its own: whoever guesses passphrases must not keep the owner's mail away.
  const auto key = "recovery-mail:" + to_string(record.id);
  const auto charged = co_await charge_rate(*env, key, env->policy.reset_mails);
  if (!charged) co_return charged.error();
  std::string reason = "mail is off; nothing was sent";
  storage::unit unit;
  bool sends = false;
  if (!charged->granted) {
    reason = "too many; nothing was sent";
  } else if (!record.is_active) {
    reason = "inactive; nothing was sent";
  } else if (env->mails) {
    sends = true;
    reason = "a reset token was mailed";
    const auto ttl = env->policy.reset_token_ttl;
    auto token = make_owner_token(record.id, token_purpose::mailed_reset, at, ttl);
    unit.facts.emplace_back(std::move(token.fact));
    unit.facts.emplace_back(env->mails->password_reset(record.email, token.text, ttl.count(), at));
  }
  unit.facts.emplace_back(storage::add_audit{
      audit_entry("user.recovery_requested", std::move(reason), at, request.author, record.id)});
  const auto written = co_await commit(std::move(unit), request.deadline);
  if (!written) co_return written.error();
  if (sends) announce_mail();
  co_return messages::done{};
}

} // namespace latchkey

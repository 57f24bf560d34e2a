// email.cpp — whether the address is the user's: a mailed token proves it.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/base/owner_token.hpp"
#include "actors/limits/charge_rate.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace latchkey {

bool user_state::lacks_proof() const {
  return env->policy.verification != email_verification::off && !record.email_verified;
}

void user_state::add_verification(std::vector<storage::fact>& facts, const std::string& address,
                                  time_point at) const {
  const auto ttl = env->policy.email_token_ttl;
  auto token = make_owner_token(record.id, token_purpose::email_verification, at, ttl);
  facts.emplace_back(std::move(token.fact));
  facts.emplace_back(env->mails->email_verification(address, token.text, ttl.count(), at));
}

// -- asked for ------------------------------------------------------------------------------

task<messages::verification_begun>
user_state::on_begin_verification(messages::begin_verification request) {
  // Not beside a change of the address: the old one would get a token that outlives it.
  const auto turn = co_await take_turn(turnstile::kind::shared);
  if (!turn) co_return turn.error();
  if (record.email_verified) co_return messages::verification_begun{true};
  const auto at = env->now();
  const auto key = "verification-mail:" + to_string(record.id);
  const auto now = env->steady_now();
  const auto charged = co_await charge_rate(*env, key, env->policy.verification_mails);
  if (!charged) co_return charged.error();
  if (!charged->granted) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(charged->reset - now).count();
    co_return fail_with_retry(error_code::rate_limited,
                              static_cast<std::uint32_t>(std::max<std::int64_t>(wait, 1)),
                              "several mails were asked for already");
  }
  storage::unit unit;
  if (env->mails) add_verification(unit.facts, record.email, at);
  unit.facts.emplace_back(storage::add_audit{
      audit_entry("user.email_verification_requested",
                  env->mails ? "a token was mailed" : "mail is off; nothing was sent", at,
                  request.author, record.id)});
  const auto written = co_await commit(std::move(unit), request.deadline);
  if (!written) co_return written.error();
  announce_mail();
  co_return messages::verification_begun{};
}

// -- proven ---------------------------------------------------------------------------------

task<messages::done> user_state::on_confirm_email(messages::confirm_email request) {
  const auto turn = co_await take_turn(turnstile::kind::exclusive);
  if (!turn) co_return turn.error();
  time_point at{};
  revision change;
  change.deadline = request.deadline;
  // That the token is good, and used once, is decided where it is written.
  change.facts = [&, this]() -> result<std::optional<storage::unit>> {
    if (!record.is_active) return fail(error_code::token_invalid);
    at = env->now();
    storage::user_changes changes;
    changes.email_verified = true;
    return storage::unit{{storage::update_user{record.id, record.version, std::move(changes), at},
                          storage::use_reset_token{request.token_id, record.id, request.token_hash,
                                                   at, token_purpose::email_verification},
                          storage::mark_used{record.id, at},
                          storage::add_audit{audit_entry("user.email_verified", "by a mailed token",
                                                         at, request.author, record.id)}}};
  };
  change.adopt = [&, this] {
    record.email_verified = true;
    if (!record.used_at) record.used_at = at;
    ++record.version;
  };
  const auto written = co_await revise(change);
  if (!written) co_return written.error();
  co_return messages::done{};
}

} // namespace latchkey

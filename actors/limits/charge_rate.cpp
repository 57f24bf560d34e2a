#include "actors/limits/charge_rate.hpp"

#include <utility>

namespace latchkey {

task<rate_verdict> charge_rate(const actor_env& env, std::string key, rate_limit limit) {
  const auto verdict = env.limiter->take(key, limit, env.steady_now());
  if (!verdict.is_undecided) co_return verdict;
  messages::take_rate question;
  question.key = std::move(key);
  question.limit = limit;
  question.deadline = env.steady_now() + env.policy.internal_deadline;
  const auto taken = co_await ask(env.redis, std::move(question));
  if (!taken) co_return taken.error();
  co_return taken->verdict;
}

task<bool> may_mail(const actor_env& env, std::string_view kind, std::string address,
                    bool is_proven) {
  if (!env.mails) co_return false;
  auto key = mail_rate_key(kind, address);
  const auto limit = is_proven ? env.policy.notice_mails_proven : env.policy.notice_mails;
  const auto charged = co_await charge_rate(env, std::move(key), limit);
  co_return charged && charged->granted;
}

std::string mail_rate_key(std::string_view kind, std::string_view address) {
  return ("mail:" + std::string{kind} + ":").append(address);
}

} // namespace latchkey

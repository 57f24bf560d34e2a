#include "gateway/request/token_verifier.hpp"

#include <chrono>

namespace latchkey::gateway {
namespace {

/// Clocks of nodes differ a little.
constexpr std::chrono::seconds clock_leeway{5};

} // namespace

result<verified_token> token_verifier::verify(std::string_view token, bool remember) {
  const auto now = env_->now();
  if (const auto* known = tokens_.find(token)) {
    const auto end = time_point{std::chrono::seconds{known->exp}};
    if (now >= end + clock_leeway) return fail(error_code::token_expired);
    return *known;
  }
  const auto& keys = *env_->keys;
  // Qualified: the free function of protocol/tokens/jwt.hpp.
  auto claims = latchkey::verify(token, keys.access, keys.issuer, keys.audience, now, clock_leeway);
  if (!claims) return fail(std::move(claims.error()));
  const verified_token verified{claims->sub, claims->sid, claims->iat, claims->exp,
                                claims->counter()};
  if (remember) tokens_.put(std::string{token}, verified);
  return verified;
}

result<service_claims> token_verifier::verify_service(std::string_view token) const {
  const auto& keys = *env_->keys;
  return latchkey::verify_service(token, keys.access, keys.issuer, keys.audience, env_->now(),
                                  clock_leeway);
}

} // namespace latchkey::gateway

// token_verifier.hpp — checks the signature and the times of tokens; remembers good access tokens.
#pragma once

#include "actors/base/actor_env.hpp"
#include "gateway/reactor/generation_cache.hpp"
#include "protocol/result.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::gateway {

/// The claims of an access token whose signature and times are good. Whether its session lives,
/// only the session knows.
struct verified_token {
  user_id user;
  session_id session;
  std::int64_t iat = 0; // seconds since the epoch
  std::int64_t exp = 0;
  std::uint64_t counter = 0; // that `jti` names
};

/// One a reactor, used on its thread alone.
class token_verifier {
public:
  /// Tokens remembered, twice over at most (generation_cache).
  static constexpr std::size_t tokens_max = 8192;

  explicit token_verifier(actor_env_ptr env) : env_(std::move(env)) {}

  /// AUTH002, AUTH003. A token that will not be shown again soon need not be remembered.
  result<verified_token> verify(std::string_view token, bool remember = true);
  /// A service's token. Errors as above.
  result<service_claims> verify_service(std::string_view token) const;

private:
  /// Hashes the end of a token: only good tokens are kept, and theirs is a MAC, which is spread
  /// evenly. (Not noexcept: libstdc++ then keeps the hash beside the key.)
  struct token_hash {
    using is_transparent = void;
    static constexpr std::size_t chars = 32;
    std::size_t operator()(std::string_view token) const {
      return std::hash<std::string_view>{}(
          token.substr(token.size() - std::min(token.size(), chars)));
    }
  };

  actor_env_ptr env_;
  generation_cache<std::string, verified_token, token_hash> tokens_{tokens_max};
};

} // namespace latchkey::gateway

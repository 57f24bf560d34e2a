// rate_limits.hpp — what the tests of rate limits share: how an answer's headers are read.
#pragma once

#include "tests/product/product.hpp"
#include "tests/product/server/redis_process.hpp"

#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

namespace latchkey::test {

/// A server whose limits are counted in its memory ("memory") or in a Redis of its own ("redis");
/// the database makes no difference.
class limits_of_one_server : public testing::TestWithParam<std::string> {
protected:
  product with(environment more) {
    if (GetParam() == "redis") {
      redis_ = std::make_unique<redis_process>();
      more["REDIS_URL"] = redis_->url();
    }
    return product{"sqlite", std::move(more)};
  }

private:
  std::unique_ptr<redis_process> redis_; // goes after the server
};

#define LATCHKEY_LIMITS_IN_MEMORY_AND_IN_REDIS(Suite)                                              \
  class Suite : public limits_of_one_server {};                                                    \
  INSTANTIATE_TEST_SUITE_P(Product, Suite, testing::Values("memory", "redis"), name_of_engine)

inline long left(const http_reply& reply) {
  return reply.has("X-RateLimit-Remaining") ? std::stol(reply.header("X-RateLimit-Remaining")) : -1;
}

/// The answer's own time, so that none passes between it and what it says.
inline std::time_t date_of(const http_reply& reply) {
  std::tm parts{};
  if (::strptime(reply.header("Date").c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr)
    return 0;
  return ::timegm(&parts);
}

/// 429 in the envelope with everything that goes with it.
inline testing::AssertionResult is_limited(const http_reply& reply) {
  auto answer = is_error(reply, 429, "RATE_LIMITED");
  if (!answer) return answer;
  if (left(reply) != 0) return testing::AssertionFailure() << "something is left";
  const auto wait = std::stol(reply.header("Retry-After"));
  const auto until = std::stol(reply.header("X-RateLimit-Reset")) - date_of(reply);
  if (wait < 1 || std::abs(wait - until) > 2)
    return testing::AssertionFailure() << wait << " s, but until then " << until << " s";
  return testing::AssertionSuccess();
}

inline http_call sign_in_call(const std::string& name, const std::string& word = password) {
  return post_json("/auth/token", credentials(name, word).dump());
}

} // namespace latchkey::test

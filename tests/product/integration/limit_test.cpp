// "Service Integration API Documentation", Rate Limiting
#include "tests/product/integration/integration.hpp"

#include <algorithm>
#include <chrono>

namespace latchkey::test {
namespace {

class IntegrationLimit : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(IntegrationLimit);

const json no_token{{"token", "jwt-token-string"}};

std::chrono::seconds unix_now() {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

TEST_P(IntegrationLimit, IsOneHundredAMinuteForAServiceHoweverManyAsk) {
  // Nothing set: the documented default.
  const product instance{GetParam(), {{"SERVICE_KEYS", service_keys}, {"RATE_LIMIT_SERVICE", ""}}};
  const auto path = "/api/auth/validate-token";
  const std::vector<http_call> wave(8, service_call(path, no_token));
  std::vector<http_reply> answers;
  // 15 waves of 8 clients at once: 120 requests.
  for (int i = 0; i < 15; ++i)
    for (auto& answer : in_parallel(instance.server->port(), wave))
      answers.push_back(std::move(answer.reply));

  std::vector<long> remaining;
  long refused = 0;
  for (const auto& reply : answers) {
    EXPECT_EQ(reply.header("X-RateLimit-Limit"), "100");
    const auto reset = std::chrono::seconds{std::stol(reply.header("X-RateLimit-Reset"))};
    EXPECT_LE(reset, unix_now() + std::chrono::seconds{61});
    EXPECT_GE(reset, unix_now() - std::chrono::seconds{1});
    if (reply.status == 429) {
      ++refused;
      EXPECT_TRUE(is_flat(reply, 429, "Rate limit exceeded"));
      EXPECT_EQ(reply.header("X-RateLimit-Remaining"), "0");
      EXPECT_GE(std::stol(reply.header("Retry-After")), 1);
      EXPECT_LE(std::stol(reply.header("Retry-After")), 60);
    } else {
      EXPECT_TRUE(is_flat(reply, 401, "Invalid token"));
      remaining.push_back(std::stol(reply.header("X-RateLimit-Remaining")));
    }
  }
  EXPECT_EQ(refused, 20);
  // Each number once: 99 down to 0.
  std::sort(remaining.begin(), remaining.end());
  ASSERT_EQ(remaining.size(), 100u);
  for (long i = 0; i < 100; ++i)
    EXPECT_EQ(remaining[static_cast<std::size_t>(i)], i);

  // Another service has its own; the internal listener counts nobody.
  EXPECT_EQ(instance.call(service_call(path, no_token, other_service_key)).status, 401);
  EXPECT_EQ(instance.call(service_call(path, no_token)).status, 429);
  EXPECT_EQ(instance.call_internal(service_call(path, no_token)).status, 401);
}

TEST_P(IntegrationLimit, CountsBothFormsOfTheKeyAsOneService) {
  const product instance{GetParam(),
                         {{"SERVICE_KEYS", service_keys}, {"RATE_LIMIT_SERVICE", "2/minute"}}};
  const auto path = "/api/auth/validate-token";
  EXPECT_EQ(instance.call(service_call(path, no_token)).header("X-RateLimit-Remaining"), "1");
  EXPECT_EQ(instance.call(post_json(path, no_token.dump()).as(service_key))
                .header("X-RateLimit-Remaining"),
            "0");
  EXPECT_EQ(instance.call(service_call(path, no_token)).status, 429);
  EXPECT_EQ(instance.call(post_json(path, no_token.dump()).as(service_key)).status, 429);
}

TEST_P(IntegrationLimit, CountsAWrongKeyAgainstTheAddressAlone) {
  const product instance{GetParam(),
                         {{"SERVICE_KEYS", service_keys},
                          {"RATE_LIMIT_DEFAULT", "3/hour"},
                          {"RATE_LIMIT_SERVICE", "5/minute"}}};
  const auto path = "/api/auth/validate-token";
  for (const auto* left : {"2", "1", "0"}) {
    const auto reply = instance.call(service_call(path, no_token, "wrong"));
    EXPECT_TRUE(is_flat(reply, 403, "Invalid service key"));
    EXPECT_EQ(reply.header("X-RateLimit-Remaining"), left);
  }
  EXPECT_TRUE(
      is_flat(instance.call(service_call(path, no_token, "wrong")), 429, "Rate limit exceeded"));
  const auto right = instance.call(service_call(path, no_token));
  EXPECT_TRUE(is_flat(right, 401, "Invalid token"));
  EXPECT_EQ(right.header("X-RateLimit-Remaining"), "4");
}

} // namespace
} // namespace latchkey::test

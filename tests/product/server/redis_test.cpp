// redis_test.cpp — a Redis that comes and goes changes what /health says and who counts the rate
// limits, and nothing else.
#include "tests/product/server/rate_limits.hpp"

#include <mutex>
#include <thread>
#include <vector>

namespace latchkey::test {
namespace {

std::string redis_word(const product& instance, int status) {
  const auto reply = instance.call(get("/health"));
  EXPECT_EQ(reply.status, status);
  const auto body = json_of(reply);
  EXPECT_EQ(body["status"], "healthy");
  EXPECT_EQ(body["redis"], body["dependencies"]["redis"]);
  return body["redis"].get<std::string>();
}

class Redis : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(Redis);

// "Auth Service API Documentation", Health Check, Response (200 OK); "Flask Service Integration
// Documentation", Health Check: as printed, every dependency connected
TEST_P(Redis, IsToldByHealthAndItsAbsenceIsNotUnhealthy) {
  redis_process redis;
  product instance{GetParam(), {{"REDIS_URL", redis.url()}}};
  ASSERT_TRUE(eventually([&] { return redis_word(instance, 200) == "connected"; }));
  auto body = json_of(instance.call(get("/health")));
  EXPECT_TRUE(is_time(body["timestamp"])) << body;
  EXPECT_TRUE(body["uptime"].is_string()) << body;
  body["timestamp"] = body["uptime"] = nullptr;
  EXPECT_EQ(body, (json{{"status", "healthy"},
                        {"service", "auth_service"},
                        {"version", LATCHKEY_VERSION},
                        {"uptime", nullptr},
                        {"dependencies", {{"database", "connected"}, {"redis", "connected"}}},
                        {"database", "connected"},
                        {"redis", "connected"},
                        {"timestamp", nullptr}}));
  EXPECT_EQ(json_of(instance.call_internal(get("/internal/health")))["dependencies"]["redis"],
            "healthy");
  EXPECT_GE(instance.metric("redis_connections"), 1);

  redis.stop();
  ASSERT_TRUE(eventually([&] { return redis_word(instance, 200) == "disconnected"; }));
  const auto internal = json_of(instance.call_internal(get("/internal/health")));
  EXPECT_EQ(internal["status"], "healthy");
  EXPECT_EQ(internal["rate_limits"], "degraded");
  EXPECT_TRUE(eventually([&] {
    return says(instance.server->log(), "is away: this node grants its part");
  })) << instance.server->log();
  const auto held = instance.sign_in_new_user();
  EXPECT_EQ(instance.status_of_me(held.access), 200);

  redis.start();
  ASSERT_TRUE(eventually([&] { return redis_word(instance, 200) == "connected"; }));
  EXPECT_TRUE(eventually([&] {
    return !json_of(instance.call_internal(get("/internal/health"))).contains("rate_limits");
  }));
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(Redis, NeedNotBeThereWhenTheServerStarts) {
  const temporary_folder empty;
  product instance{GetParam(), {{"REDIS_URL", "unix://" + (empty / "nobody.sock")}}};
  EXPECT_EQ(redis_word(instance, 200), "disconnected");
  EXPECT_FALSE(instance.sign_in_new_user().access.empty());
  EXPECT_EQ(instance.server->stop(), 0);
}

/// Two servers that know of each other only by their Redis.
struct two_servers {
  redis_process redis;
  std::vector<std::unique_ptr<product>> both;

  explicit two_servers(environment more) {
    more["REDIS_URL"] = redis.url();
    for (int i = 0; i < 2; ++i)
      both.push_back(std::make_unique<product>("sqlite", more));
  }
  /// How many answers of both, asked at once, have that status.
  int count(const std::vector<http_call>& calls, int status) {
    int found = 0;
    std::vector<std::thread> threads;
    std::mutex mutex;
    for (const auto& one : both)
      threads.emplace_back([&] {
        for (const auto& answer : in_parallel(one->server->port(), calls)) {
          const std::lock_guard lock{mutex};
          found += answer.reply.status == status;
        }
      });
    for (auto& thread : threads)
      thread.join();
    return found;
  }
};

TEST(SharedRedis, MakesTheLimitOfAnAddressThatOfAllServers) {
  two_servers all{{{"RATE_LIMIT_UNPROVEN", "30/hour"}}};
  EXPECT_EQ(all.count(std::vector<http_call>(150, get("/nothing")), 404), 30);
  for (const auto& one : all.both)
    EXPECT_TRUE(is_limited(one->call(get("/nothing"))));
}

TEST(SharedRedis, CountsWrongPasswordsOfAllServers) {
  two_servers all{{{"LOGIN_FAILURE_LIMIT_ADDRESS", "6/hour"}}};
  const auto guess = sign_in_call("nobody", "a wrong guess");
  for (int i = 0; i < 3; ++i)
    for (const auto& one : all.both)
      EXPECT_EQ(one->call(guess).status, 401);
  // That the last one counts is told to Redis after its answer; until then it may come back, and
  // the next one is told to try again. None is compared.
  const auto is_told_the_limit = [&guess](const product& one) {
    const auto reply = one.call(guess);
    EXPECT_TRUE(reply.status == 429 || is_error(reply, 503, "OVERLOADED")) << reply.body;
    return bool{is_limited(reply)};
  };
  for (const auto& one : all.both)
    EXPECT_TRUE(eventually([&] { return is_told_the_limit(*one); }));
}

TEST(SharedRedis, IsNotNeededToLimit) {
  two_servers all{{{"RATE_LIMIT_UNPROVEN", "10/hour"}}};
  all.redis.stop();
  for (const auto& one : all.both) {
    int found = 0;
    for (const auto& answer :
         in_parallel(one->server->port(), std::vector<http_call>(40, get("/nothing"))))
      found += answer.reply.status == 404;
    EXPECT_EQ(found, 10);
  }
}

} // namespace
} // namespace latchkey::test

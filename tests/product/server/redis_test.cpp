// redis_test.cpp — a Redis that comes and goes changes what /health says and nothing else.
#include "tests/config/temporary_folder.hpp"
#include "tests/product/product.hpp"

#include <csignal>
#include <filesystem>

namespace latchkey::test {
namespace {

constexpr const char* program = "/usr/bin/redis-server";

/// On a socket in a folder of its own.
class redis_process {
public:
  redis_process() { start(); }
  void start() {
    child_ = std::make_unique<child_process>(
        std::vector<std::string>{program, "--port", "0", "--unixsocket", socket(), "--save", "",
                                 "--appendonly", "no"},
        environment{}, folder_ / ".");
    child_->out_until("ready to accept connections");
  }
  void stop() {
    child_->signal(SIGTERM);
    child_->wait();
  }
  std::string socket() const { return folder_ / "redis.sock"; }

private:
  temporary_folder folder_;
  std::unique_ptr<child_process> child_;
};

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
  ASSERT_TRUE(std::filesystem::exists(program)) << "scripts/install test brings " << program;
  redis_process redis;
  product instance{GetParam(), {{"REDIS_URL", "unix://" + redis.socket()}}};
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
  // The operator is not left to believe that nodes share their limits by it.
  EXPECT_TRUE(eventually([&] {
    return instance.server->log().find("counts rate limits by itself") != std::string::npos;
  }));

  redis.stop();
  ASSERT_TRUE(eventually([&] { return redis_word(instance, 200) == "disconnected"; }));
  const auto held = instance.sign_in_new_user();
  EXPECT_EQ(instance.status_of_me(held.access), 200);

  redis.start();
  ASSERT_TRUE(eventually([&] { return redis_word(instance, 200) == "connected"; }));
  EXPECT_EQ(instance.server->stop(), 0);
}

TEST_P(Redis, NeedNotBeThereWhenTheServerStarts) {
  const temporary_folder empty;
  product instance{GetParam(), {{"REDIS_URL", "unix://" + (empty / "nobody.sock")}}};
  EXPECT_EQ(redis_word(instance, 200), "disconnected");
  EXPECT_FALSE(instance.sign_in_new_user().access.empty());
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

// A limit of a cluster is one limit: exact through Redis, divided without it.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/product/server/rate_limits.hpp"

namespace latchkey::test {
namespace {

constexpr int limit = 60;

class ClusterLimits : public testing::Test {
protected:
  redis_process redis_; // goes after the nodes
  few_servers nodes_{3, {{"REDIS_URL", redis_.url()}, {"RATE_LIMIT_DEFAULT", "60/60minutes"}}};

  /// How many of so many requests at once, to all nodes, are answered with 200.
  int granted(const std::string& token, int requests) {
    std::vector<std::thread> threads;
    std::vector<std::vector<timed_reply>> replies(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      threads.emplace_back([&, i] {
        const std::vector<http_call> calls(static_cast<std::size_t>(requests) / nodes_.size(),
                                           get("/auth/me").as(token));
        replies[i] = in_parallel(nodes_[i].server->port(), calls);
      });
    for (auto& each : threads)
      each.join();
    int out = 0;
    for (const auto& of_one : replies)
      for (const auto& each : of_one) {
        if (each.reply.status == 200)
          ++out;
        else
          EXPECT_TRUE(is_error(each.reply, 429, "RATE_LIMITED"));
      }
    return out;
  }
};

TEST_F(ClusterLimits, GrantExactlyWhatTheySayOverAllNodes) {
  for (int round = 0; round < 3; ++round)
    EXPECT_EQ(granted(nodes_[0].sign_in_new_user().access, 10 * limit), limit) << round;
}

TEST_F(ClusterLimits, AreDividedWhileRedisIsAwayAndWholeWhenItIsBack) {
  redis_.stop();
  const auto health = json_of(nodes_[0].call_internal(get("/internal/health")));
  EXPECT_EQ(nodes_[0].call(get("/health")).status, 200) << "everything else works: " << health;
  for (int round = 0; round < 2; ++round)
    EXPECT_LE(granted(nodes_[0].sign_in_new_user().access, 10 * limit), limit) << round;
  EXPECT_EQ(json_of(nodes_[0].call_internal(get("/internal/health")))["rate_limits"], "degraded");
  redis_.start();
  const auto is_whole = [&](std::size_t i) {
    return !json_of(nodes_[i].call_internal(get("/internal/health"))).contains("rate_limits");
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    EXPECT_TRUE(eventually([&] { return is_whole(i); })) << i;
  EXPECT_EQ(granted(nodes_[1].sign_in_new_user().access, 10 * limit), limit);
}

} // namespace
} // namespace latchkey::test

// A cluster whose Redis is killed, emptied and frozen: nobody who uses the nodes notices, each node
// says that it counts alone and grants its part of a limit, and a limit is whole again afterwards.
// LATCHKEY_CHAOS=N repeats the faults under load N times.
#include "tests/product/cluster/nodes_under_load.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/redis_server.hpp"

#include <csignal>
#include <memory>
#include <numeric>
#include <sstream>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

class ClusterRedisFaults : public testing::Test {
protected:
  static constexpr std::size_t nodes_count = nodes_under_load::count;
  /// Three nodes cannot divide it evenly.
  static constexpr int whole_limit = 62;
  static constexpr int part_of_node = 20;

  void start_nodes(environment limits) {
    limits["REDIS_URL"] = "unix://" + redis_.socket();
    nodes_ = std::make_unique<nodes_under_load>(make_postgres_database(), limits);
    expect_degraded(false, "at the start");
  }
  product& node(std::size_t i) { return (*nodes_)[i]; }

  bool is_degraded(std::size_t i) {
    const auto health = json_of(node(i).call_internal(get("/internal/health")));
    return health.is_object() && health.value("rate_limits", "") == "degraded";
  }
  void expect_degraded(bool wanted, const std::string& when) {
    for (std::size_t i = 0; i < nodes_count; ++i)
      EXPECT_TRUE(eventually([&] { return is_degraded(i) == wanted; })) << when << ", node " << i;
  }

  // -- what the load is answered

  /// The nodes count by windows in Redis.
  void expect_windows_in_redis(const std::string& when) {
    EXPECT_TRUE(eventually([&] { return redis_.command({"DBSIZE"}).number > 0; })) << when;
  }
  /// Requests that were answered with a 5xx, by the node's own count.
  std::vector<std::string> failures_of(std::size_t i) {
    std::istringstream lines(node(i).call_internal(get("/metrics")).body);
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("http_requests_total{") && says(line, "status=\"5"))
        found.push_back(line);
    return found;
  }
  void kill_and_start() {
    redis_.stop();
    expect_degraded(true, "killed");
    nodes_->await_acks(100);
    redis_.start();
    expect_degraded(false, "started again");
    expect_windows_in_redis("started again");
    nodes_->await_acks(100);
  }
  void empty() {
    redis_.command({"FLUSHALL"});
    nodes_->await_acks(100);
    expect_windows_in_redis("emptied");
    expect_degraded(false, "emptied");
  }
  void freeze_and_thaw() {
    redis_.signal(SIGSTOP);
    expect_degraded(true, "frozen");
    nodes_->await_acks(100);
    std::this_thread::sleep_for(3s);
    nodes_->await_acks(100);
    redis_.signal(SIGCONT);
    expect_degraded(false, "thawed");
    nodes_->await_acks(100);
  }

  // -- how much is granted

  /// How many of ten times the limit, asked of all nodes at once, each node grants.
  std::vector<int> granted(const std::string& token) {
    const std::vector<http_call> calls(10 * whole_limit / nodes_count, get("/auth/me").as(token));
    std::vector<std::vector<timed_reply>> replies(nodes_count);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < nodes_count; ++i)
      threads.emplace_back([&, i] { replies[i] = in_parallel(node(i).server->port(), calls); });
    for (auto& each : threads)
      each.join();
    std::vector<int> out;
    for (const auto& of_one : replies)
      out.push_back(granted_of(of_one));
    return out;
  }
  static int granted_of(const std::vector<timed_reply>& replies) {
    int out = 0;
    for (const auto& each : replies) {
      if (each.reply.status == 200)
        ++out;
      else
        EXPECT_TRUE(is_error(each.reply, 429, "RATE_LIMITED"));
    }
    return out;
  }
  /// Of a user who has asked for nothing yet.
  void expect_parts(const std::string& when) {
    EXPECT_EQ(granted(node(0).sign_in_new_user().access),
              std::vector<int>(nodes_count, part_of_node))
        << when;
  }
  void expect_whole(const std::string& when) {
    const auto by_nodes = granted(node(1).sign_in_new_user().access);
    EXPECT_EQ(std::accumulate(by_nodes.begin(), by_nodes.end(), 0), whole_limit) << when;
  }

  redis_server redis_; // goes after the nodes
  std::unique_ptr<nodes_under_load> nodes_;
};

TEST_F(ClusterRedisFaults, AreNotNoticedByWhoeverUsesTheNodes) {
  start_nodes({{"RATE_LIMIT_DEFAULT", "1000000/hour"}, {"RATE_LIMIT_SERVICE", "1000000/hour"}});
  nodes_->begin();
  nodes_->await_acks(100);
  expect_windows_in_redis("at the start");
  for (int round = 0; round < nodes_under_load::times(1); ++round) {
    kill_and_start();
    empty();
    freeze_and_thaw();
  }
  for (std::size_t i = 0; i < nodes_count; ++i)
    EXPECT_EQ(failures_of(i), std::vector<std::string>{}) << i;
  nodes_->end_and_check();
}

TEST_F(ClusterRedisFaults, DivideALimitUntilRedisIsBackAndWhole) {
  start_nodes({{"RATE_LIMIT_DEFAULT", std::to_string(whole_limit) + "/60minutes"},
               {"RATE_LIMIT_SIGN_IN", "0"}});
  expect_whole("at the start");
  redis_.stop();
  expect_degraded(true, "killed");
  expect_parts("killed");
  redis_.start();
  expect_degraded(false, "started again");
  expect_whole("started again");
  redis_.command({"FLUSHALL"});
  expect_whole("emptied");
  redis_.signal(SIGSTOP);
  expect_degraded(true, "frozen");
  expect_parts("frozen");
  redis_.signal(SIGCONT);
  expect_degraded(false, "thawed");
  expect_whole("thawed");
}

} // namespace
} // namespace latchkey::test

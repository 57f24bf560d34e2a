// A cluster under load while its nodes and its database fail: what was acked is there, once. Each
// test prints its seed; LATCHKEY_CHAOS=N repeats each fault N times as often.
#include "tests/product/cluster/nodes_under_load.hpp"
#include "tests/support/postgres_server.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

class ClusterChaos : public testing::Test {
protected:
  std::size_t any_node() { return nodes_.below(nodes_under_load::count); }
  void kill_and_restart(std::size_t i) {
    nodes_.leave_alone(i);
    nodes_[i].server->kill();
    nodes_.await_acks(20); // the others serve
    nodes_.start(i);
  }

  postgres_server postgres_;
  nodes_under_load nodes_{postgres_.make_database()};
};

TEST_F(ClusterChaos, ANodeThatIsKilledLosesNothing) {
  nodes_.begin();
  for (int round = 0; round < nodes_under_load::times(3); ++round) {
    nodes_.await_acks(100);
    kill_and_restart(any_node());
  }
  nodes_.end_and_check();
}

TEST_F(ClusterChaos, ADatabaseThatCrashesLosesNothing) {
  nodes_.begin();
  for (int round = 0; round < nodes_under_load::times(2); ++round) {
    nodes_.await_acks(100);
    postgres_.stop_immediately();
    std::this_thread::sleep_for(std::chrono::milliseconds{nodes_.below(1500)});
    postgres_.start();
  }
  nodes_.await_acks(100);
  nodes_.end_and_check();
}

TEST_F(ClusterChaos, ADatabaseThatIsFrozenLosesNothing) {
  nodes_.begin();
  for (int round = 0; round < nodes_under_load::times(1); ++round) {
    nodes_.await_acks(100);
    postgres_.freeze();
    std::this_thread::sleep_for(10s);
    postgres_.thaw();
  }
  nodes_.await_acks(100);
  nodes_.end_and_check();
}

TEST_F(ClusterChaos, ANodeThatIsFrozenLosesNothing) {
  nodes_.begin();
  for (int round = 0; round < nodes_under_load::times(3); ++round) {
    const auto i = any_node();
    nodes_.await_acks(50);
    nodes_[i].server->freeze();
    std::this_thread::sleep_for(std::chrono::milliseconds{200 + nodes_.below(4000)});
    nodes_[i].server->thaw();
    nodes_.await_acks(50);
    nodes_.start_if_removed(i);
  }
  nodes_.end_and_check();
}

TEST_F(ClusterChaos, NodesThatRestartInTurnLoseNothing) {
  nodes_.begin();
  for (int round = 0; round < nodes_under_load::times(1); ++round)
    for (std::size_t i = 0; i < nodes_under_load::count; ++i) {
      nodes_.await_acks(50);
      nodes_.leave_alone(i);
      EXPECT_EQ(nodes_[i].server->stop(), 0) << nodes_[i].server->log();
      nodes_.start(i);
    }
  nodes_.end_and_check();
}

} // namespace
} // namespace latchkey::test

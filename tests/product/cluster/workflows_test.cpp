// Workflows of a cluster: told in order and once on every node, whatever becomes of the one that
// follows them.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/product/core_manager.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/product/live/following.hpp"

namespace latchkey::test {
namespace {

class ClusterFlows : public testing::Test {
protected:
  explicit ClusterFlows(const environment& more = {})
      : nodes_(3, with(more, {{"CORE_MANAGER_URL", upstream_.url()},
                              {"SERVICE_KEYS", service_keys},
                              {"TIERS", "free:workflows=unlimited"}})),
        user_(nodes_[0].sign_in_new_user()) {}

  static environment with(const environment& more, environment all) {
    for (const auto& [name, value] : more)
      all[name] = value;
    return all;
  }
  ws_client open(std::size_t i) { return {nodes_[i].server->port(), user_.access}; }
  /// Starts it at that node and hears its first status.
  follower start(ws_client& socket) {
    socket.say(start_of("msg-1"));
    follower all;
    all.take(socket.hear("workflow_status"));
    return all;
  }

  core_manager upstream_{testing::TempDir()};
  few_servers nodes_;
  tokens user_;
};

TEST_F(ClusterFlows, AreToldOnEveryNodeAndStartedOnce) {
  upstream_.behave({{"statuses", 40}, {"interval_ms", 10}});
  auto first = open(0);
  auto all = start(first);
  auto second = open(1);
  second.say(resume_of(all.workflow, 0));
  auto third = open(2);
  third.say(start_of("msg-1")); // sent again, by a client that lost its socket
  follower of_second;
  follower of_third;
  of_second.follow(second);
  of_third.follow(third);
  all.follow(first);
  for (const auto* each : {&all, &of_second, &of_third}) {
    EXPECT_EQ(each->status, "completed");
    EXPECT_EQ(each->seq, 41);
  }
  EXPECT_EQ(upstream_.workflows_started(), 1);
}

TEST_F(ClusterFlows, OfANodeThatIsKilledGoOnForTheSocketsOfOthersWithoutAGap) {
  upstream_.behave({{"statuses", 200}, {"interval_ms", 40}});
  auto first = open(0);
  auto all = start(first);
  auto second = open(1);
  second.say(resume_of(all.workflow, 0));
  follower of_second;
  while (of_second.seq < 10)
    of_second.take(second.hear("workflow_status"));
  while (all.seq < 10)
    all.take(first.hear("workflow_status"));
  nodes_[0].server->kill();
  auto again = open(2); // the client of the node that is gone
  again.say(resume_of(all.workflow, all.seq));
  all.follow(again);
  of_second.follow(second);
  EXPECT_EQ(all.seq, 201);
  EXPECT_EQ(of_second.seq, 201);
  EXPECT_EQ(all.status, "completed");
  EXPECT_EQ(upstream_.workflows_started(), 1);
}

TEST_F(ClusterFlows, OfANodeThatStopsGoOnAtOnce) {
  upstream_.behave({{"statuses", 100}, {"interval_ms", 30}});
  auto first = open(0);
  auto all = start(first);
  auto second = open(1);
  second.say(resume_of(all.workflow, 0));
  EXPECT_EQ(nodes_[0].server->stop(), 0) << nodes_[0].server->log();
  follower of_second;
  of_second.follow(second);
  EXPECT_EQ(of_second.seq, 101);
  EXPECT_EQ(upstream_.workflows_started(), 1);
}

TEST_F(ClusterFlows, AreCancelledAtAnyNode) {
  upstream_.behave({{"statuses", 1000}, {"interval_ms", 20}});
  auto first = open(0);
  auto all = start(first);
  auto second = open(1);
  const json cancel{
      {"type", "cancel_workflow"}, {"id", "c"}, {"data", {{"workflow_id", all.workflow}}}};
  second.say(cancel);
  EXPECT_EQ(second.hear("ack")["correlation_id"], "c");
  all.follow(first);
  EXPECT_EQ(all.status, "failed");
  EXPECT_EQ(upstream_.workflows_started(), 1);
}

} // namespace
} // namespace latchkey::test

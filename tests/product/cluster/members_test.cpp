// Nodes that come, go, freeze and die.
#include "tests/product/cluster/few_servers.hpp"

#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

class ClusterMembers : public testing::Test {
protected:
  static int logout(product& at, const std::string& token) {
    return at.call(post("/auth/logout").as(token)).status;
  }
  /// A server that does not start: what it says.
  static std::string refusal(const test_store& store, const environment& settings) {
    const auto ended = run_latchkey({"serve"}, settings, store.folder());
    EXPECT_NE(ended.exit_code, 0);
    return ended.err + ended.out;
  }
};

TEST_F(ClusterMembers, OneThatIsFrozenDelaysARevocationByAPromiseAndNeverBelievesItsMemoryAfter) {
  few_servers nodes{2};
  const auto user = nodes[0].sign_in_new_user();
  ASSERT_EQ(nodes[1].status_of_me(user.access), 200);
  nodes[1].server->freeze();
  const auto begun = clock_type::now();
  EXPECT_EQ(logout(nodes[0], user.access), 200);
  const auto took = clock_type::now() - begun;
  nodes[1].server->thaw();
  EXPECT_EQ(nodes[1].status_of_me(user.access), 401);
  EXPECT_LT(took, 2s) << "a promise lasts a second";
}

TEST_F(ClusterMembers, OneThatIsFrozenForLongIsRemovedAndStops) {
  few_servers nodes{2};
  const auto user = nodes[0].sign_in_new_user();
  ASSERT_EQ(nodes[1].status_of_me(user.access), 200);
  nodes[1].server->freeze();
  ASSERT_TRUE(eventually(
      [&] { return nodes[0].store.count("SELECT count(*) FROM cluster_members") == 1; }));
  EXPECT_EQ(logout(nodes[0], user.access), 200);
  nodes[1].server->thaw();
  EXPECT_EQ(nodes[1].server->wait(), 1);
  EXPECT_TRUE(says(nodes[1].server->log(), "have removed this one")) << nodes[1].server->log();
  nodes[1].start();
  EXPECT_EQ(nodes[1].status_of_me(user.access), 401);
}

TEST_F(ClusterMembers, OneThatIsKilledIsNotMissedForLongAndComesBack) {
  few_servers nodes{3};
  const auto user = nodes[2].sign_in_new_user();
  nodes[2].server->kill();
  EXPECT_EQ(nodes[0].status_of_me(user.access), 200);
  const auto begun = clock_type::now();
  const auto next = tokens_of(nodes[1].call(post("/auth/token/refresh").cookie(user.refresh)));
  EXPECT_FALSE(next.access.empty());
  EXPECT_EQ(logout(nodes[0], next.access), 200);
  EXPECT_LT(clock_type::now() - begun, 3s);
  nodes[2].start();
  EXPECT_EQ(nodes[2].status_of_me(next.access), 401);
  EXPECT_EQ(nodes[2].store.count("SELECT count(*) FROM cluster_members WHERE is_open"), 3);
}

TEST_F(ClusterMembers, OneThatStopsTakesItsLeave) {
  few_servers nodes{2};
  const auto user = nodes[1].sign_in_new_user();
  EXPECT_EQ(nodes[1].server->stop(), 0) << nodes[1].server->log();
  EXPECT_EQ(nodes[0].store.count("SELECT count(*) FROM cluster_members"), 1);
  EXPECT_EQ(nodes[0].status_of_me(user.access), 200);
  EXPECT_EQ(logout(nodes[0], user.access), 200);
}

TEST_F(ClusterMembers, AServerThatIsAloneIsRefusedBesideThem) {
  few_servers nodes{1};
  auto store = test_store::on(nodes.database());
  const auto said = refusal(store, store.settings());
  EXPECT_TRUE(says(said, "CLUSTER_BIND")) << said;
  EXPECT_EQ(nodes[0].call(get("/health")).status, 200);
}

TEST_F(ClusterMembers, ANodeWithOtherTermsIsRefused) {
  few_servers nodes{1};
  auto store = test_store::on(nodes.database());
  auto settings = nodes.settings_of_another(store);
  settings["CLUSTER_PROMISE"] = "2s";
  const auto said = refusal(store, settings);
  EXPECT_TRUE(says(said, "CLUSTER_PROMISE=1000ms")) << said;
  EXPECT_EQ(nodes[0].call(get("/health")).status, 200);
}

TEST_F(ClusterMembers, ANodeWithAnotherSecretIsNotLetIn) {
  few_servers nodes{1};
  auto store = test_store::on(nodes.database());
  auto settings = nodes.settings_of_another(store);
  settings["CLUSTER_SECRET"] = "another one: 0123456789abcdefghijklmnopqrstuvwxyz";
  child_process stranger{{latchkey_program(), "serve"}, settings, store.folder()};
  ASSERT_TRUE(eventually([&] { return says(stranger.err(), "is refused"); })) << stranger.err();
  EXPECT_EQ(nodes[0].store.count("SELECT count(*) FROM cluster_members WHERE is_open"), 1);
  const auto user = nodes[0].sign_in_new_user();
  EXPECT_EQ(logout(nodes[0], user.access), 200);
  stranger.signal(SIGTERM);
  EXPECT_NE(stranger.wait(), 0) << "it was told to stop before it served";
}

} // namespace
} // namespace latchkey::test

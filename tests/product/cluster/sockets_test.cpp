// Live sockets of a cluster: a revocation closes them on every node before it is answered, and a
// node that could not be told lets nothing out.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

class ClusterSockets : public OnThreeNodes {
protected:
  /// Without waiting: all that the server will ever send has come.
  static void expect_revoked_by_now(ws_client& socket) {
    const auto notice = socket.receive_now();
    ASSERT_TRUE(notice) << "the answer left before the socket was told";
    EXPECT_EQ(json::parse(notice->payload)["type"], "session_revoked");
    const auto last = socket.receive_now();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->close_code(), 4001u);
    EXPECT_TRUE(socket.has_ended());
  }
  static std::vector<ws_client> open_everywhere(const std::string& token, int each) {
    std::vector<ws_client> out;
    for (std::size_t i = 0; i < nodes().size(); ++i)
      for (int k = 0; k < each; ++k)
        out.emplace_back(node(i).server->port(), token);
    return out;
  }
};

TEST_F(ClusterSockets, OfEveryNodeAreClosedBeforeALogoutIsAnswered) {
  for (int round = 0; round < 20; ++round) {
    const auto user = node(0).sign_in_new_user();
    const auto other = node(1).sign_in_new_user();
    auto open = open_everywhere(user.access, 4);
    auto kept = open_everywhere(other.access, 1);
    EXPECT_EQ(
        node(static_cast<std::size_t>(round) % 3).call(post("/auth/logout").as(user.access)).status,
        200);
    for (auto& socket : open)
      ASSERT_NO_FATAL_FAILURE(expect_revoked_by_now(socket)) << round;
    for (auto& socket : kept) {
      socket.say({{"type", "ping"}});
      EXPECT_EQ(socket.hear()["type"], "pong");
    }
  }
}

TEST_F(ClusterSockets, HearOfAnotherRoleOnEveryNode) {
  const auto name = new_name();
  node(0).add_user(name);
  auto open = open_everywhere(node(0).sign_in(name).access, 1);
  const auto path = "/admin/users/" + node(0).id_of(name) + "/role";
  const auto reply = node(2).call(put_json(path, R"({"role":"admin"})").as(node(1).admin()));
  EXPECT_EQ(reply.status, 200) << reply.body;
  for (auto& socket : open)
    EXPECT_EQ(socket.hear()["data"]["role"], "admin");
}

class ClusterFrozenSockets : public testing::Test {};

TEST_F(ClusterFrozenSockets, AreSentNothingAfterARevocationThatTheirNodeHasMissed) {
  few_servers nodes{2};
  for (int round = 0; round < 3; ++round) {
    const auto user = nodes[0].sign_in_new_user();
    ws_client idle{nodes[1].server->port(), user.access};
    ws_client asks{nodes[1].server->port(), user.access};
    asks.say({{"type", "ping"}});
    EXPECT_EQ(asks.hear()["type"], "pong");
    nodes[1].server->freeze();
    asks.say({{"type", "ping"}}); // is there when the node goes on
    EXPECT_EQ(nodes[0].call(post("/auth/logout").as(user.access)).status, 200);
    nodes[1].server->thaw();
    for (auto* socket : {&idle, &asks}) {
      EXPECT_EQ(socket->hear()["type"], "session_revoked");
      EXPECT_EQ(socket->wait_for_close(), 4001u);
    }
  }
}

TEST_F(ClusterFrozenSockets, GoOnAfterTheirNodeHasBeenAwayForAMoment) {
  // From one moment to the next it may come to no heartbeat.
  few_servers nodes{2, {{"CLUSTER_DEAD_AFTER", "10s"}}};
  const auto user = nodes[0].sign_in_new_user();
  ws_client socket{nodes[1].server->port(), user.access};
  for (int round = 0; round < 3; ++round) {
    nodes[1].server->freeze();
    for (int i = 0; i < 5; ++i)
      socket.say({{"type", "ping"}, {"id", std::to_string(i)}});
    // Answered when the promises that the node holds have run out.
    const auto other = nodes[0].sign_in_new_user();
    EXPECT_EQ(nodes[0].call(post("/auth/logout").as(other.access)).status, 200);
    nodes[1].server->thaw();
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(socket.hear()["correlation_id"], std::to_string(i)) << "in their order";
  }
}

} // namespace
} // namespace latchkey::test

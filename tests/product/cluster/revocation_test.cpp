// What one node has answered, every node goes by.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/support/ws_client.hpp"

#include <cstdlib>
#include <set>
#include <thread>

namespace latchkey::test {
namespace {

using statuses = std::vector<int>;

const statuses all_good{200, 200, 200};
const statuses all_refuse{401, 401, 401};

class ClusterRevocation : public OnThreeNodes {
protected:
  struct person {
    std::string name;
    tokens has;
  };
  /// Known in the memory of every node.
  static person somebody() {
    person made;
    made.name = new_name();
    node(0).add_user(made.name);
    made.has = node(0).sign_in(made.name);
    EXPECT_EQ(statuses_of_me(made.has.access), all_good);
    return made;
  }
  static statuses statuses_of_sign_in(const std::string& name, const std::string& with) {
    return statuses_of(post_json("/auth/token", credentials(name, with).dump()));
  }
};

TEST_F(ClusterRevocation, ALogoutIsAFactOnEveryNode) {
  for (std::size_t by = 0; by < nodes().size(); ++by) {
    const auto user = somebody();
    EXPECT_EQ(node(by).call(post("/auth/logout").as(user.has.access)).status, 200);
    EXPECT_EQ(statuses_of_me(user.has.access), all_refuse) << by;
  }
}

TEST_F(ClusterRevocation, AnOldPasswordIsRefusedByEveryNode) {
  const auto user = somebody();
  const auto elsewhere = node(2).sign_in(user.name).access;
  EXPECT_EQ(statuses_of_me(elsewhere), all_good);
  const json change{{"current_password", password}, {"new_password", "another good one"}};
  const auto reply =
      node(1).call(put_json("/account/change-password", change.dump()).as(user.has.access));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(statuses_of_sign_in(user.name, password), all_refuse);
  EXPECT_EQ(statuses_of_sign_in(user.name, "another good one"), all_good);
  EXPECT_EQ(statuses_of_me(elsewhere), all_refuse);
  EXPECT_EQ(statuses_of_me(user.has.access), all_good);
}

TEST_F(ClusterRevocation, ARevokedKeyIsRefusedByEveryNode) {
  const auto user = somebody();
  const json wanted{{"name", "ci"}, {"scopes", json::array({"profile:read"})}};
  const auto made =
      json_of(node(1).call(post_json("/auth/api-keys", wanted.dump()).as(user.has.access)));
  const auto with_key = get("/auth/me").with("X-API-Key", made.value("key", std::string{}));
  EXPECT_EQ(statuses_of(with_key), all_good) << made;
  const auto path = "/auth/api-keys/" + made.value("id", std::string{});
  EXPECT_EQ(node(2).call(delete_(path).as(user.has.access)).status, 204);
  EXPECT_EQ(statuses_of(with_key), all_refuse);
}

TEST_F(ClusterRevocation, AnotherRoleIsTheOnlyOneOnEveryNode) {
  const auto user = somebody();
  const auto admin = node(0).admin();
  const auto path = "/admin/users/" + node(0).id_of(user.name) + "/role";
  const auto give = [&](std::size_t at, const char* role) {
    return node(at).call(put_json(path, json{{"role", role}}.dump()).as(admin)).status;
  };
  EXPECT_EQ(statuses_of(get("/admin/users").as(user.has.access)), (statuses{403, 403, 403}));
  EXPECT_EQ(give(1, "admin"), 200);
  EXPECT_EQ(statuses_of(get("/admin/users").as(user.has.access)), all_good);
  EXPECT_EQ(give(2, "user"), 200);
  EXPECT_EQ(statuses_of(get("/admin/users").as(user.has.access)), (statuses{403, 403, 403}));
}

TEST_F(ClusterRevocation, ARoleThatLosesAPermissionHasLostItOnEveryNode) {
  const auto user = somebody();
  const auto admin = node(0).admin();
  const auto role = new_name();
  const json has{{"name", role}, {"permissions", json::array({"users:read"})}};
  EXPECT_EQ(node(1).call(post_json("/admin/roles", has.dump()).as(admin)).status, 201);
  const auto path = "/admin/users/" + node(0).id_of(user.name) + "/role";
  EXPECT_EQ(node(2).call(put_json(path, json{{"role", role}}.dump()).as(admin)).status, 200);
  const auto users = get("/admin/users").as(user.has.access);
  EXPECT_EQ(statuses_of(users), all_good);
  const json less{{"permissions", json::array({"profile:read"})}};
  const auto reply = node(0).call(put_json("/admin/roles/" + role, less.dump()).as(admin));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(statuses_of(users), (statuses{403, 403, 403}));
}

TEST_F(ClusterRevocation, ATicketThatWasUsedIsRefusedByEveryNode) {
  const auto user = somebody();
  const auto made = json_of(node(0).call(post("/api/v1/ws/ticket").as(user.has.access)));
  const auto handshake = ws_handshake("/ws?ticket=" + made.value("ticket", std::string{}));
  EXPECT_EQ(ws_client(node(1).server->port(), handshake).answer().status, 101) << made;
  for (std::size_t i = 0; i < nodes().size(); ++i)
    EXPECT_EQ(ws_client(node(i).server->port(), handshake).answer().status, 401) << i;
}

TEST_F(ClusterRevocation, AResetTokenThatWasUsedIsRefusedByEveryNode) {
  const auto name = new_name();
  const json account{{"email", name + "@example.com"},
                     {"username", name},
                     {"password", password},
                     {"recovery_passphrase", "three words that nobody guesses"}};
  EXPECT_EQ(node(0).call(post_json("/users/register", account.dump())).status, 201);
  node(0).store.query("UPDATE users SET email_verified = TRUE WHERE username = '" + name + "'");
  const json words{{"email", account["email"]}, {"passphrase", account["recovery_passphrase"]}};
  const auto granted =
      json_of(node(1).call(post_json("/recovery/verify-passphrase", words.dump())));
  const json change{{"reset_token", granted.value("reset_token", std::string{})},
                    {"new_password", "another good one"}};
  const auto reset = post_json("/recovery/reset-password", change.dump());
  EXPECT_EQ(node(2).call(reset).status, 200) << granted;
  for (const int status : statuses_of(reset))
    EXPECT_GE(status, 400);
  EXPECT_EQ(statuses_of_sign_in(name, password), all_refuse);
  EXPECT_EQ(statuses_of_sign_in(name, "another good one"), all_good);
}

TEST_F(ClusterRevocation, ADeactivatedUserIsRefusedByEveryNode) {
  const auto user = somebody();
  const auto path = "/admin/users/" + node(0).id_of(user.name);
  const auto admin = node(2).admin();
  EXPECT_EQ(node(1).call(put_json(path, R"({"is_active":false})").as(admin)).status, 200);
  EXPECT_EQ(statuses_of_me(user.has.access), all_refuse);
  EXPECT_EQ(statuses_of_sign_in(user.name, password), all_refuse);
}

// -- refresh -----------------------------------------------------------------------------------

TEST_F(ClusterRevocation, ATokenThatIsRotatedAtOneNodeIsGoodAtTheOthersAtOnce) {
  auto has = somebody().has;
  for (std::size_t i = 0; i < 12; ++i) {
    const auto next = tokens_of(node(i % 3).call(post("/auth/token/refresh").cookie(has.refresh)));
    ASSERT_FALSE(next.access.empty()) << i;
    EXPECT_EQ(statuses_of_me(next.access), all_good) << i;
    has = next;
  }
}

TEST_F(ClusterRevocation, OneTokenThatIsRefreshedOnAllNodesAtOnceHasOneSuccessor) {
  const auto has = somebody().has;
  std::vector<std::thread> threads;
  std::vector<std::vector<timed_reply>> replies(nodes().size());
  for (std::size_t i = 0; i < nodes().size(); ++i)
    threads.emplace_back([&, i] {
      const std::vector<http_call> calls(16, post("/auth/token/refresh").cookie(has.refresh));
      replies[i] = in_parallel(node(i).server->port(), calls);
    });
  for (auto& each : threads)
    each.join();
  std::set<std::string> successors;
  for (const auto& of_one : replies)
    for (const auto& each : of_one) {
      EXPECT_EQ(each.reply.status, 200) << each.reply.body;
      successors.insert(tokens_of(each.reply).refresh);
    }
  EXPECT_EQ(successors.size(), 1u);
  const auto next = post("/auth/token/refresh").cookie(*successors.begin());
  EXPECT_EQ(node(1).call(next).status, 200);
}

TEST_F(ClusterRevocation, ASignInByTheOldPasswordThatRacesItsChangeLeavesNoSession) {
  const char* wanted = std::getenv("LATCHKEY_ROUNDS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 20;
  for (int round = 0; round < rounds; ++round) {
    const auto user = somebody();
    std::vector<timed_reply> raced;
    std::thread racer([&] {
      const std::vector<http_call> calls(4,
                                         post_json("/auth/token", credentials(user.name).dump()));
      raced = in_parallel(node(1).server->port(), calls);
    });
    const json change{{"current_password", password}, {"new_password", "another good one"}};
    const auto reply =
        node(0).call(put_json("/account/change-password", change.dump()).as(user.has.access));
    EXPECT_EQ(reply.status, 200) << reply.body;
    racer.join();
    for (const auto& each : raced) {
      if (each.reply.status != 200) continue;
      EXPECT_EQ(statuses_of_me(tokens_of(each.reply).access), all_refuse) << round;
    }
  }
}

} // namespace
} // namespace latchkey::test

// passed_on_test.cpp — WebSockets that are passed on to an upstream: for how long their user
// may use them.
#include "tests/product/core_manager.hpp"
#include "tests/support/ws_client.hpp"

#include <thread>

namespace latchkey::test {
namespace {

const char* const instances = "/api/v1/personas/instances";

/// A server whose route to the sample core manager's echo asks for a permission.
class LivePassedOn : public testing::Test {
protected:
  static environment with(environment more, const core_manager& upstream) {
    const json routes{{"routes", json::array({{{"methods", {"GET"}},
                                               {"path", instances},
                                               {"upstream", "core-manager"},
                                               {"permission", "echo:use"}}})}};
    more.emplace("CORE_MANAGER_URL", upstream.url());
    more.emplace("PROXY_ROUTES", routes.dump());
    return more;
  }
  /// Signs in a new user with a role of their own, which has the permission.
  void sign_in(const product& instance) {
    admin_ = instance.admin();
    for (const auto* name : {"echoers", "loud-echoers"}) {
      const json made{{"name", name}, {"permissions", {"echo:use"}}};
      ASSERT_EQ(instance.call(post_json("/admin/roles", made.dump()).as(admin_)).status, 201);
    }
    name_ = new_name();
    instance.add_user(name_);
    role_of_user_ = "/admin/users/" + instance.id_of(name_) + "/role";
    give_role(instance, "echoers");
    user_ = instance.sign_in(name_);
  }
  void give_role(const product& instance, const std::string& role) {
    const json given{{"role", role}};
    ASSERT_EQ(instance.call(put_json(role_of_user_, given.dump()).as(admin_)).status, 200);
  }
  ws_client open(const product& instance) const {
    return {instance.server->port(), ws_handshake(instances).as(user_.access)};
  }
  /// Whether both sides hear each other.
  static bool passes(ws_client& socket) {
    socket.say({{"is", "heard"}});
    return socket.hear()["is"] == "heard";
  }
  /// Its bytes have come to an end, without a frame of the gateway's, which has none to send: the
  /// protocol is the upstream's.
  static bool is_cut_off(ws_client& socket) {
    return socket.hear().is_null() && socket.close_code() == 1006;
  }

  core_manager upstream_{testing::TempDir()};
  std::string admin_, name_, role_of_user_;
  tokens user_;
};

TEST_F(LivePassedOn, EndsWithItsSession) {
  const product instance{"sqlite", with({}, upstream_)};
  sign_in(instance);
  auto socket = open(instance);
  ASSERT_TRUE(passes(socket));
  EXPECT_EQ(instance.call(post("/auth/logout").as(user_.access)).status, 200);
  EXPECT_TRUE(is_cut_off(socket));
}

TEST_F(LivePassedOn, EndsWithTheOthersOfItsSessionWhateverElseChangesMeanwhile) {
  const product instance{"sqlite",
                         with({{"WORKERS", "1"}, {"RATE_LIMIT_DEFAULT", "0"}}, upstream_)};
  sign_in(instance);
  const auto another = instance.sign_in(name_);
  const ws_client listener{instance.server->port(), another.access}; // of every change of the role
  for (int i = 0; i < 10; ++i) {
    user_ = instance.sign_in(name_);
    auto first = open(instance);
    auto second = open(instance);
    ws_client live{instance.server->port(), user_.access};
    std::thread changes{[&] { give_role(instance, "loud-echoers"); }};
    EXPECT_EQ(instance.call(post("/auth/logout").as(user_.access)).status, 200);
    changes.join();
    give_role(instance, "echoers");
    EXPECT_TRUE(is_cut_off(first));
    EXPECT_TRUE(is_cut_off(second));
    EXPECT_EQ(live.wait_for_close(), 4001u);
  }
}

TEST_F(LivePassedOn, EndsWithItsToken) {
  const product instance{"sqlite", with({{"ACCESS_TOKEN_TTL", "3"}}, upstream_)};
  sign_in(instance);
  auto socket = open(instance);
  ASSERT_TRUE(passes(socket));
  EXPECT_TRUE(is_cut_off(socket));
  EXPECT_EQ(instance.call(post("/auth/token/refresh").cookie(user_.refresh)).status, 200);
}

TEST_F(LivePassedOn, EndsWithTheRolesPermission) {
  const product instance{"sqlite", with({}, upstream_)};
  sign_in(instance);
  auto socket = open(instance);
  ASSERT_TRUE(passes(socket));
  const json changed{{"permissions", {"echo:use", "other:use"}}};
  EXPECT_EQ(instance.call(put_json("/admin/roles/echoers", changed.dump()).as(admin_)).status, 200);
  ASSERT_TRUE(passes(socket)) << "it may still";
  const json without{{"permissions", {"other:use"}}};
  EXPECT_EQ(instance.call(put_json("/admin/roles/echoers", without.dump()).as(admin_)).status, 200);
  EXPECT_TRUE(is_cut_off(socket));
}

TEST_F(LivePassedOn, EndsWithTheUsersRole) {
  const product instance{"sqlite", with({}, upstream_)};
  sign_in(instance);
  auto socket = open(instance);
  ASSERT_TRUE(passes(socket));
  give_role(instance, "user");
  EXPECT_TRUE(is_cut_off(socket));
  EXPECT_EQ(open(instance).answer().status, 403);
}

TEST_F(LivePassedOn, TakesNoTokenToTheUpstream) {
  const product instance{"sqlite", with({}, upstream_)};
  sign_in(instance);
  upstream_.forget();
  const ws_client socket{
      instance.server->port(),
      ws_handshake(instances)
          .as(user_.access)
          .with("Sec-WebSocket-Protocol", "chat, bearer." + user_.access + ", superchat")};
  const auto seen = upstream_.seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(values_of(seen[0], "Sec-WebSocket-Protocol"),
            std::vector<std::string>{"chat, superchat"});
  EXPECT_EQ(seen.dump().find(user_.access), std::string::npos);
}

} // namespace
} // namespace latchkey::test

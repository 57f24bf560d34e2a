// revocation_test.cpp — what becomes of a session reaches its open sockets: an end closes
// them before it is answered, and nothing is sent on them afterwards.
#include "tests/product/integration/integration.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/ws_client.hpp"

#include <chrono>
#include <iostream>

namespace latchkey::test {
namespace {

class LiveRevocation : public Integration {
protected:
  std::uint16_t port() const { return on().server->port(); }

  /// Without waiting: all that the server will ever send has come.
  static void expect_revoked_by_now(ws_client& socket, const std::string& reason) {
    const auto notice = socket.receive_now();
    ASSERT_TRUE(notice) << "the answer left before the socket was told";
    EXPECT_EQ(json::parse(notice->payload),
              (json{{"type", "session_revoked"}, {"data", {{"reason", reason}}}}));
    const auto last = socket.receive_now();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->opcode, opcode::close);
    EXPECT_EQ(last->close_code(), 4001u);
    EXPECT_TRUE(socket.has_ended());
    EXPECT_FALSE(socket.receive_now());
  }
};
LATCHKEY_ON_BOTH_ENGINES(LiveRevocation);

TEST_P(LiveRevocation, LogoutClosesTheSessionsSocketsAndNoOthers) {
  const auto name = new_name();
  on().add_user(name);
  const auto user = on().sign_in(name);
  const auto other = on().sign_in(name);
  ws_client first{port(), user.access};
  ws_client second{port(), user.access};
  ws_client kept{port(), other.access};
  EXPECT_EQ(call(post("/auth/logout").as(user.access)).status, 200);
  expect_revoked_by_now(first, "logout");
  expect_revoked_by_now(second, "logout");
  kept.say({{"type", "ping"}});
  EXPECT_EQ(kept.hear()["type"], "pong");
}

TEST_P(LiveRevocation, AnEndedSessionClosesItsSockets) {
  const auto name = new_name();
  on().add_user(name);
  const auto lost = on().sign_in(name);
  const auto kept = on().sign_in(name);
  ws_client socket{port(), lost.access};
  const auto all = json_of(call(get("/auth/sessions").as(kept.access)))["sessions"];
  for (const auto& session : all) {
    if (session["current"] == true) continue;
    const auto path = "/auth/sessions/" + session["id"].get<std::string>();
    EXPECT_EQ(call(delete_(path).as(kept.access)).status, 204);
  }
  expect_revoked_by_now(socket, "revoked");
}

TEST_P(LiveRevocation, AnotherPasswordClosesTheOtherSessionsSockets) {
  const auto name = new_name();
  on().add_user(name);
  const auto own_session = on().sign_in(name);
  const auto there = on().sign_in(name);
  ws_client own{port(), own_session.access};
  ws_client other{port(), there.access};
  const json change{{"current_password", password}, {"new_password", "another good one"}};
  const auto reply =
      call(put_json("/account/change-password", change.dump()).as(own_session.access));
  EXPECT_EQ(reply.status, 200) << reply.body;
  expect_revoked_by_now(other, "password_changed");
  own.say({{"type", "ping"}});
  EXPECT_EQ(own.hear()["type"], "pong");
}

TEST_P(LiveRevocation, ARemovedFactorOrNewRecoveryCodesCloseTheOtherSessionsSockets) {
  const auto refreshed = [this](const tokens& session) {
    return call(post("/auth/token/refresh").cookie(session.refresh)).status;
  };
  for (const bool is_removed : {false, true}) {
    const auto owner = add_app_owner(on(), true);
    ws_client own{port(), owner.session.access};
    ws_client other{port(), owner.earlier.access};
    const auto factors = json_of(call(get("/auth/mfa").as(owner.session.access)));
    auto change = is_removed ? delete_("/auth/mfa/totp/" + factors["totp"][0].value("id", ""))
                             : post_json("/auth/mfa/recovery-codes", "{}");
    const auto reply = call(std::move(change).as(owner.session.access));
    EXPECT_LT(reply.status, 300) << reply.body;
    expect_revoked_by_now(other, "revoked");
    own.say({{"type", "ping"}});
    EXPECT_EQ(own.hear()["type"], "pong");
    EXPECT_EQ(on().status_of_me(owner.earlier.access), 401);
    EXPECT_EQ(refreshed(owner.earlier), 401);
    EXPECT_EQ(on().status_of_me(owner.session.access), 200);
    EXPECT_EQ(refreshed(owner.session), 200);
  }
}

TEST_P(LiveRevocation, FactorsThatAnAdministratorRemovesCloseEverySocket) {
  const auto owner = add_app_owner(on());
  ws_client socket{port(), owner.session.access};
  const auto path = "/admin/users/" + on().id_of(owner.name) + "/mfa";
  EXPECT_EQ(call(delete_(path).as(on().admin())).status, 204);
  expect_revoked_by_now(socket, "revoked");
  EXPECT_EQ(on().status_of_me(owner.session.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(owner.session.refresh)).status, 401);
}

TEST_P(LiveRevocation, DeactivationAndDeletionCloseEverySocket) {
  const auto admin = on().admin();
  const auto sleeper = new_name();
  const auto goner = new_name();
  on().add_user(sleeper);
  on().add_user(goner);
  ws_client sleeping{port(), on().sign_in(sleeper).access};
  ws_client going{port(), on().sign_in(goner).access};
  const auto path = "/admin/users/";
  const auto put = call(put_json(path + on().id_of(sleeper), R"({"is_active":false})").as(admin));
  EXPECT_EQ(put.status, 200) << put.body;
  expect_revoked_by_now(sleeping, "deactivated");
  EXPECT_EQ(call(delete_(path + on().id_of(goner)).as(admin)).status, 204);
  expect_revoked_by_now(going, "deleted");
}

TEST_P(LiveRevocation, AReusedRefreshTokenClosesTheSessionsSockets) {
  const auto user = on().sign_in_new_user();
  ws_client socket{port(), user.access};
  const auto second = tokens_of(call(post("/auth/token/refresh").cookie(user.refresh)));
  const auto third = tokens_of(call(post("/auth/token/refresh").cookie(second.refresh)));
  ASSERT_FALSE(third.access.empty());
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(user.refresh)).status, 401);
  expect_revoked_by_now(socket, "refresh_reused");
}

TEST_P(LiveRevocation, RevokingAUsersSessionsClosesAThousandSocketsBeforeItsAnswer) {
  constexpr int sessions = 100;
  constexpr int sockets_each = 10;
  const auto name = new_name();
  on().add_user(name);
  // All sign in first, which may take long: a socket that waited for it would be pinged.
  std::vector<std::string> tokens_of_all;
  for (int i = 0; i < sessions; ++i)
    tokens_of_all.push_back(on().sign_in(name).access);
  std::vector<ws_client> open;
  for (const auto& token : tokens_of_all)
    for (int k = 0; k < sockets_each; ++k)
      open.emplace_back(port(), token);
  ASSERT_TRUE(
      eventually([&] { return on().metric("live_sockets_open") >= sessions * sockets_each; }));
  const auto number =
      json_of(call(get("/auth/me").as(on().sign_in(name).access)))["id"].get<std::int64_t>();
  const auto began = std::chrono::steady_clock::now();
  const json body{{"user_id", number}, {"reason", "stolen laptop"}};
  const auto reply = ask("revoke-user-sessions", body);
  const auto answered = std::chrono::steady_clock::now();
  ASSERT_EQ(reply.status, 200) << reply.body;
  for (auto& socket : open)
    expect_revoked_by_now(socket, "revoked");
  const auto all = std::chrono::steady_clock::now();
  const auto ms = [&](auto until) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(until - began).count();
  };
  std::cout << "revoke-user-sessions: answered after " << ms(answered) << " ms; the last of "
            << open.size() << " sockets was seen closed after " << ms(all) << " ms\n";
}

// -- what changes and does not end -----------------------------------------------------------

TEST_P(LiveRevocation, AnotherRoleIsToldAndActsAtOnce) {
  const auto admin = on().admin();
  const auto name = new_name();
  on().add_user(name);
  const auto user = on().sign_in(name);
  ws_client socket{port(), user.access};
  const auto path = "/admin/users/" + on().id_of(name) + "/role";
  EXPECT_EQ(call(put_json(path, R"({"role":"admin"})").as(admin)).status, 200);
  const auto notice = socket.hear("permissions_changed");
  EXPECT_EQ(notice["data"]["role"], "admin");
  EXPECT_FALSE(notice["data"]["permissions"].empty());
  EXPECT_EQ(call(put_json(path, R"({"role":"user"})").as(admin)).status, 200);
  EXPECT_EQ(socket.hear("permissions_changed")["data"]["role"], "user");
}

TEST_P(LiveRevocation, ARoleThatIsChangedItselfIsTold) {
  const auto admin = on().admin();
  const auto role = new_name();
  const json made{{"name", role}, {"permissions", {"users:read"}}};
  ASSERT_EQ(call(post_json("/admin/roles", made.dump()).as(admin)).status, 201);
  const auto name = new_name();
  on().add_user(name);
  const auto path = "/admin/users/" + on().id_of(name) + "/role";
  ASSERT_EQ(call(put_json(path, json{{"role", role}}.dump()).as(admin)).status, 200);
  ws_client socket{port(), on().sign_in(name).access};
  const json changed{{"permissions", {"users:read", "roles:read"}}};
  ASSERT_EQ(call(put_json("/admin/roles/" + role, changed.dump()).as(admin)).status, 200);
  const auto words = socket.hear("permissions_changed")["data"]["permissions"];
  EXPECT_NE(std::find(words.begin(), words.end(), "roles:read"), words.end()) << words;
}

TEST_P(LiveRevocation, AnotherSubscriptionIsTold) {
  const auto admin = on().admin();
  const auto name = new_name();
  on().add_user(name);
  ws_client socket{port(), on().sign_in(name).access};
  const auto path = "/api/v1/admin/subscriptions/" + on().id_of(name);
  const auto put = call(put_json(path, R"({"tier":"pro","status":"active"})").as(admin));
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(socket.hear("subscription_changed")["data"],
            (json{{"tier", "pro"}, {"status", "active"}}));
}

} // namespace
} // namespace latchkey::test

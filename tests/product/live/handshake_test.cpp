// handshake_test.cpp — GET /ws: who may open a live socket, and how they show it.
#include "tests/product/core_manager.hpp"
#include "tests/product/second_factors.hpp"
#include "tests/support/ws_client.hpp"

#include <atomic>
#include <thread>

namespace latchkey::test {
namespace {

class LiveHandshake : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<product>("sqlite");
    user_ = server_->sign_in_new_user();
  }
  static void TearDownTestSuite() { server_.reset(); }
  static std::uint16_t port() { return server_->server->port(); }
  static ws_client open(const http_call& handshake) { return ws_client{port(), handshake}; }
  static http_reply refused(const http_call& handshake) { return open(handshake).answer(); }
  static std::string ticket() {
    const auto reply = server_->call(post("/api/v1/ws/ticket").as(user_.access));
    EXPECT_EQ(reply.status, 201) << reply.body;
    EXPECT_EQ(json_of(reply)["expires_in"], 30);
    return json_of(reply)["ticket"];
  }

  static inline std::unique_ptr<product> server_;
  static inline tokens user_;
};

TEST_F(LiveHandshake, TakesATokenInItsHeader) {
  auto socket = open(ws_handshake().as(user_.access));
  EXPECT_EQ(socket.answer().status, 101);
  EXPECT_EQ(socket.answer().header("Upgrade"), "websocket");
  EXPECT_EQ(socket.answer().header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      << "RFC 6455, 1.3";
  EXPECT_FALSE(socket.answer().has("Sec-WebSocket-Protocol"));
  socket.say({{"type", "ping"}, {"id", "1"}});
  EXPECT_EQ(socket.hear()["type"], "pong");
}

TEST_F(LiveHandshake, TakesATokenInASubprotocolAndSelectsItsOwn) {
  auto socket =
      open(ws_handshake().with("Sec-WebSocket-Protocol", "latchkey.v1, bearer." + user_.access));
  EXPECT_EQ(socket.answer().status, 101);
  EXPECT_EQ(socket.answer().header("Sec-WebSocket-Protocol"), "latchkey.v1");
}

TEST_F(LiveHandshake, RefusesATokenThatIsTheOnlySubprotocol) {
  for (const auto* others : {"", ", other.v1"})
    EXPECT_TRUE(is_error(
        refused(ws_handshake().with("Sec-WebSocket-Protocol", "bearer." + user_.access + others)),
        400, "VALIDATION_ERROR", "Sec-WebSocket-Protocol"));
  const auto late = open(
      ws_handshake().with("Sec-WebSocket-Protocol", "bearer." + user_.access + ", latchkey.v1"));
  EXPECT_EQ(late.answer().header("Sec-WebSocket-Protocol"), "latchkey.v1");
}

TEST_F(LiveHandshake, TakesATicketOnce) {
  const auto text = ticket();
  EXPECT_TRUE(open(ws_handshake("/ws?ticket=" + text)).is_open());
  EXPECT_TRUE(is_error(refused(ws_handshake("/ws?ticket=" + text)), 401, "AUTH003"));
  EXPECT_TRUE(open(ws_handshake("/ws?ticket=" + ticket())).is_open()) << "another one is good";
}

TEST_F(LiveHandshake, TakesATicketOnceHoweverManyTryAtOnce) {
  const auto text = ticket();
  std::atomic<int> opened{0};
  std::atomic<int> refusals{0};
  std::vector<std::jthread> all;
  for (int i = 0; i < 20; ++i)
    all.emplace_back([&] {
      const auto status = refused(ws_handshake("/ws?ticket=" + text)).status;
      opened += status == 101;
      refusals += status == 401;
    });
  all.clear();
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(refusals, 19);
}

TEST_F(LiveHandshake, TakesNoTicketOfASessionThatHasEnded) {
  const auto gone = server_->sign_in_new_user();
  const auto reply = server_->call(post("/api/v1/ws/ticket").as(gone.access));
  const std::string text = json_of(reply)["ticket"];
  EXPECT_EQ(server_->call(post("/auth/logout").as(gone.access)).status, 200);
  EXPECT_TRUE(is_error(refused(ws_handshake("/ws?ticket=" + text)), 401, "AUTH003"));
}

TEST_F(LiveHandshake, RefusesWhoeverShowsNothingOrWhatIsNoToken) {
  EXPECT_TRUE(is_error(refused(ws_handshake()), 401, "AUTH003", "Authorization"));
  EXPECT_TRUE(is_error(refused(ws_handshake().as("junk")), 401, "AUTH003"));
  EXPECT_TRUE(is_error(refused(ws_handshake("/ws?ticket=junk")), 401, "AUTH003", "ticket"));
  const auto by_protocol =
      ws_handshake().with("Sec-WebSocket-Protocol", "latchkey.v1, bearer.junk");
  EXPECT_TRUE(is_error(refused(by_protocol), 401, "AUTH003"));
  EXPECT_TRUE(is_error(refused(ws_handshake().as(user_.refresh)), 401, "AUTH003"))
      << "a refresh token opens nothing";
}

TEST_F(LiveHandshake, RefusesASessionThatHasEnded) {
  const auto gone = server_->sign_in_new_user();
  EXPECT_EQ(server_->call(post("/auth/logout").as(gone.access)).status, 200);
  EXPECT_TRUE(is_error(refused(ws_handshake().as(gone.access)), 401, "AUTH003"));
}

TEST_F(LiveHandshake, RefusesASignInThatWaitsForItsSecondFactor) {
  auto owner = add_app_owner(*server_);
  const auto pending = mfa_token(*server_, owner);
  const auto by_protocol =
      ws_handshake().with("Sec-WebSocket-Protocol", "latchkey.v1, bearer." + pending);
  EXPECT_TRUE(is_error(refused(ws_handshake().as(pending)), 401, "AUTH003"));
  EXPECT_TRUE(is_error(refused(by_protocol), 401, "AUTH003"));
  EXPECT_TRUE(is_error(refused(ws_handshake("/ws?ticket=" + pending)), 401, "AUTH003", "ticket"));
  EXPECT_TRUE(is_error(refused(ws_handshake().cookie(pending)), 401, "AUTH003"));
  EXPECT_TRUE(is_error(server_->call(post("/api/v1/ws/ticket").as(pending)), 401, "AUTH003"));
  const auto opened = tokens_of(server_->call(finish_call(pending, "totp", owner.next_code())));
  EXPECT_TRUE(open(ws_handshake().as(opened.access)).is_open()) << "it was the factor alone";
}

TEST_F(LiveHandshake, RefusesATokenThatIsOver) {
  product brief{"sqlite", {{"ACCESS_TOKEN_TTL", "1"}}};
  const auto user = brief.sign_in_new_user();
  ASSERT_TRUE(eventually([&] { return brief.status_of_me(user.access) == 401; }));
  const auto answer = [&](const http_call& handshake) {
    return ws_client{brief.server->port(), handshake}.answer();
  };
  EXPECT_TRUE(is_error(answer(ws_handshake().as(user.access)), 401, "AUTH002"));
  EXPECT_TRUE(is_error(
      answer(ws_handshake().with("Sec-WebSocket-Protocol", "latchkey.v1, bearer." + user.access)),
      401, "AUTH002"));
}

TEST_F(LiveHandshake, RefusesTwoWaysAtOnce) {
  EXPECT_TRUE(is_error(refused(ws_handshake("/ws?ticket=" + ticket()).as(user_.access)), 400,
                       "VALIDATION_ERROR", "Authorization", "more than one way"));
}

TEST_F(LiveHandshake, RefusesPagesOfForeignOriginsBeforeAnythingElse) {
  for (const auto* origin : {"https://evil.example.com", "null", "https://app.example.com.evil"})
    EXPECT_TRUE(is_error(refused(ws_handshake().as(user_.access).with("Origin", origin)), 403,
                         "CSRF_FAILED"))
        << origin;
  EXPECT_TRUE(
      open(ws_handshake().as(user_.access).with("Origin", "https://app.example.com")).is_open());
  const auto own = "http://127.0.0.1:" + std::to_string(port());
  EXPECT_TRUE(open(ws_handshake().as(user_.access).with("Origin", own)).is_open());
}

TEST_F(LiveHandshake, RefusesWhatIsNoHandshake) {
  EXPECT_TRUE(
      is_error(server_->call(get("/ws").as(user_.access)), 400, "VALIDATION_ERROR", "Upgrade"));
  EXPECT_TRUE(is_error(server_->call(post("/ws").as(user_.access)), 405, "METHOD_NOT_ALLOWED"));
  auto old = ws_handshake().as(user_.access);
  for (auto& header : old.headers)
    if (header.name == "Sec-WebSocket-Version") header.value = "8";
  const auto reply = refused(old);
  EXPECT_EQ(reply.status, 426);
  EXPECT_EQ(reply.header("Sec-WebSocket-Version"), "13");
  EXPECT_TRUE(is_error(refused(ws_handshake("/ws?wrong=1").as(user_.access)), 400,
                       "VALIDATION_ERROR", "wrong"));
}

TEST_F(LiveHandshake, CountsTheSocketsOfEachSession) {
  const auto user = server_->sign_in_new_user();
  const auto sockets = [&] {
    return json_of(
               server_->call(get("/auth/sessions").as(user.access)))["sessions"][0]["live_sockets"]
        .get<int>();
  };
  EXPECT_EQ(sockets(), 0);
  std::vector<ws_client> open;
  for (int i = 0; i < 5; ++i)
    open.emplace_back(port(), user.access);
  EXPECT_TRUE(eventually([&] { return sockets() == 5; }));
  open.pop_back();
  EXPECT_TRUE(eventually([&] { return sockets() == 4; }));
}

TEST(LiveLimits, SocketsOfASessionAndOfTheServerAreBounded) {
  product instance{"sqlite",
                   {{"WORKERS", "1"}, {"WS_SOCKETS_MAX", "5"}, {"WS_SOCKETS_PER_SESSION", "3"}}};
  const auto ada = instance.sign_in_new_user();
  const auto bob = instance.sign_in_new_user();
  const auto port = instance.server->port();
  std::vector<ws_client> open;
  for (int i = 0; i < 3; ++i)
    open.emplace_back(port, ada.access);
  EXPECT_TRUE(is_error(ws_client{port, ws_handshake().as(ada.access)}.answer(), 503, "OVERLOADED",
                       "session"));
  for (int i = 0; i < 2; ++i)
    open.emplace_back(port, bob.access);
  EXPECT_TRUE(is_error(ws_client{port, ws_handshake().as(bob.access)}.answer(), 503, "OVERLOADED"));
  open.pop_back();
  EXPECT_TRUE(eventually([&] { return ws_client{port, ws_handshake().as(bob.access)}.is_open(); }));
}

TEST(LiveLimits, SocketsThatArePassedOnToUpstreamsAreAmongThoseOfTheSession) {
  const core_manager upstream{testing::TempDir()};
  product instance{
      "sqlite",
      {{"WORKERS", "1"}, {"CORE_MANAGER_URL", upstream.url()}, {"WS_SOCKETS_PER_SESSION", "2"}}};
  const auto user = instance.sign_in_new_user();
  const auto port = instance.server->port();
  const auto passed_on = ws_handshake("/api/v1/personas/instances").as(user.access);
  std::vector<ws_client> open;
  for (int i = 0; i < 2; ++i) {
    open.emplace_back(port, passed_on);
    ASSERT_TRUE(open.back().is_open());
  }
  EXPECT_TRUE(is_error(ws_client{port, passed_on}.answer(), 503, "OVERLOADED", "session"));
  const auto live = ws_handshake().as(user.access);
  EXPECT_TRUE(is_error(ws_client{port, live}.answer(), 503, "OVERLOADED", "session"));
  open.pop_back();
  EXPECT_TRUE(eventually([&] { return ws_client{port, live}.is_open(); }));
}

} // namespace
} // namespace latchkey::test

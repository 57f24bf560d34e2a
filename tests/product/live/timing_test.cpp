// timing_test.cpp — what a live socket is told, and when it is closed, as time passes.
#include "tests/product/product.hpp"
#include "tests/support/ws_client.hpp"

#include <set>

namespace latchkey::test {
namespace {

TEST(LiveExpiry, ASocketIsToldOfItsTokensEndAndClosedWhenItHasCome) {
  product instance{"sqlite", {{"ACCESS_TOKEN_TTL", "3"}, {"WS_EXPIRY_NOTICE", "2"}}};
  const auto user = instance.sign_in_new_user();
  ws_client socket{instance.server->port(), user.access};
  const auto notice = socket.hear();
  EXPECT_EQ(notice["type"], "session_expiring");
  EXPECT_TRUE(is_whole_second(notice["data"]["expires_at"])) << notice;
  EXPECT_EQ(socket.wait_for_close(), 4002u);
}

TEST(LiveExpiry, AFreshTokenKeepsTheSocketOpen) {
  product instance{"sqlite", {{"ACCESS_TOKEN_TTL", "3"}, {"WS_EXPIRY_NOTICE", "2"}}};
  auto user = instance.sign_in_new_user();
  ws_client socket{instance.server->port(), user.access};
  std::string first_end;
  for (int i = 0; i < 3; ++i) {
    const auto notice = socket.hear("session_expiring");
    ASSERT_FALSE(notice.is_null()) << "closed by " << socket.close_code();
    user = tokens_of(instance.call(post("/auth/token/refresh").cookie(user.refresh)));
    socket.say({{"type", "authenticate"}, {"id", "a"}, {"data", {{"token", user.access}}}});
    const auto answer = socket.hear("ack");
    ASSERT_FALSE(answer.is_null());
    EXPECT_GT(answer["data"]["expires_at"], notice["data"]["expires_at"]);
  }
}

TEST(LiveExpiry, ATicketIsGoodForNoLongerThanItsToken) {
  product instance{"sqlite", {{"ACCESS_TOKEN_TTL", "2"}}};
  const auto user = instance.sign_in_new_user();
  const auto made = instance.call(post("/api/v1/ws/ticket").as(user.access));
  ASSERT_EQ(made.status, 201);
  ASSERT_TRUE(eventually([&] { return instance.status_of_me(user.access) == 401; }));
  const std::string text = json_of(made)["ticket"];
  const ws_client late{instance.server->port(), ws_handshake("/ws?ticket=" + text)};
  EXPECT_TRUE(is_error(late.answer(), 401, "AUTH002", "ticket"));
}

TEST(LiveSilence, AClientThatOnlyPingsStaysAndASilentOneGoes) {
  product instance{"sqlite", {{"WS_PING_INTERVAL", "1"}}};
  const auto user = instance.sign_in_new_user();
  const auto port = instance.server->port();
  ws_client silent{port, user.access}; // answers no ping
  ws_client pinging{port, user.access};
  ws_client ponging{port, user.access};
  bool was_asked = false;
  unsigned pings = 0;
  while (!silent.has_ended()) {
    pinging.say({{"type", "ping"}, {"id", std::to_string(++pings)}});
    ASSERT_EQ(pinging.hear("pong")["correlation_id"], std::to_string(pings));
    if (const auto frame = ponging.receive_now(); frame && frame->opcode == opcode::ping) {
      was_asked = true;
      ws_frame answer;
      answer.opcode = opcode::pong;
      answer.payload = frame->payload;
      ponging.send(answer);
    }
  }
  EXPECT_TRUE(was_asked);
  EXPECT_EQ(silent.wait_for_close(), 1008u);
  ponging.say({{"type", "ping"}});
  EXPECT_EQ(ponging.hear("pong")["type"], "pong");
}

TEST(LiveDrain, SocketsAreClosedWhenTheServerStops) {
  product instance{"sqlite"};
  const auto user = instance.sign_in_new_user();
  std::vector<ws_client> open;
  for (int i = 0; i < 20; ++i)
    open.emplace_back(instance.server->port(), user.access);
  instance.server->ask_to_stop();
  std::set<int> pauses; // so that they do not all come back at once
  for (auto& socket : open) {
    const auto last = socket.hear("server_stopping");
    const auto pause = last["data"].value("reconnect_in_ms", -1);
    EXPECT_TRUE(pause >= 0 && pause <= 2000) << last;
    pauses.insert(pause);
    EXPECT_EQ(socket.wait_for_close(), 1001u);
  }
  EXPECT_GT(pauses.size(), 10u);
  open.clear();
  EXPECT_EQ(instance.server->wait(), 0);
}

TEST(LiveDrain, AClientThatNeverClosesDoesNotHoldTheServerBack) {
  product instance{"sqlite"};
  const auto user = instance.sign_in_new_user();
  ws_client stubborn{instance.server->port(), user.access};
  instance.server->ask_to_stop();
  EXPECT_EQ(instance.server->wait(), 0);
  EXPECT_EQ(stubborn.wait_for_close(), 1001u);
}

} // namespace
} // namespace latchkey::test

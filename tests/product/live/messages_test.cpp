// messages_test.cpp — what is said on a live socket, but for workflows ("Auth Service
// Internal API Documentation", Message Format).
#include "tests/product/product.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

class LiveMessages : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<product>("sqlite");
    user_ = server_->sign_in_new_user();
  }
  static void TearDownTestSuite() { server_.reset(); }
  static ws_client open() { return ws_client{server_->server->port(), user_.access}; }
  static json answer_to(ws_client& socket, const json& message) {
    socket.say(message);
    return socket.hear();
  }
  static json answer_to_text(ws_client& socket, const std::string& text) {
    ws_frame frame;
    frame.payload = text;
    socket.send(frame);
    return socket.hear();
  }
  static void expect_error(const json& answer, const std::string& code, const std::string& field) {
    EXPECT_EQ(answer["type"], "error") << answer;
    EXPECT_EQ(answer["error"]["code"], code) << answer;
    EXPECT_FALSE(answer["error"]["message"].get<std::string>().empty());
    EXPECT_EQ(answer["error"]["details"]["field"], field) << answer;
  }

  static inline std::unique_ptr<product> server_;
  static inline tokens user_;
};

TEST_F(LiveMessages, PingIsAnsweredByPong) {
  auto socket = open();
  EXPECT_EQ(answer_to(socket, {{"type", "ping"}, {"id", "p-1"}}),
            (json{{"type", "pong"}, {"correlation_id", "p-1"}}));
  EXPECT_EQ(answer_to(socket, {{"type", "ping"}}), (json{{"type", "pong"}}));
}

TEST_F(LiveMessages, ANumberForAnIdComesBackAsItWasSent) {
  auto socket = open();
  const auto texts = [&](const std::string& text) {
    socket.send({.payload = text});
    return socket.receive().value().payload;
  };
  for (const std::string id : {"7", "0", "-0", "12345678901234567890123", "1.50", "1e3", "1e400",
                               "\"7\"", "\"#7\"", "\"##7\""}) {
    EXPECT_EQ(texts(R"({"type":"ping","id":)" + id + "}"),
              R"({"type":"pong","correlation_id":)" + id + "}");
    EXPECT_NE(texts(R"({"type":"sing","id":)" + id + "}").find("\"correlation_id\":" + id + ","),
              std::string::npos);
  }
  for (const std::string neither : {"true", "{}", "[\"7\"]"}) {
    const auto refused = answer_to_text(socket, R"({"type":"ping","id":)" + neither + "}");
    expect_error(refused, "VALIDATION_ERROR", "id");
    EXPECT_EQ(refused["error"]["details"]["reason"], "must be a string or a number") << neither;
  }
  expect_error(answer_to_text(socket, R"({"type":"ping","id":)" + std::string(101, '1') + "}"),
               "VALIDATION_ERROR", "id");
}

TEST_F(LiveMessages, AWorkflowIsRefusedAtOnceWithoutACoreManager) {
  const auto user = server_->sign_in_new_user();
  ws_client socket{server_->server->port(), user.access};
  const auto refused = answer_to(
      socket, {{"type", "start_workflow"}, {"id", 7}, {"data", {{"workflow_type", "content"}}}});
  EXPECT_EQ(refused["type"], "error") << refused;
  EXPECT_EQ(refused["error"]["code"], "GW001");
  EXPECT_EQ(refused["correlation_id"], 7);
  const auto subscription = json_of(server_->call(get("/api/v1/subscription").as(user.access)));
  EXPECT_EQ(subscription.dump().find("\"used\":1"), std::string::npos) << subscription;
}

TEST_F(LiveMessages, WhatIsNoMessageIsAnErrorAndTheSocketStays) {
  auto socket = open();
  expect_error(answer_to_text(socket, "not json"), "VALIDATION_ERROR", "body");
  expect_error(answer_to_text(socket, "[1]"), "VALIDATION_ERROR", "body");
  expect_error(answer_to_text(socket, std::string(2000, '[')), "VALIDATION_ERROR", "body");
  expect_error(answer_to_text(socket, R"({"type":"ping","type":"ping"})"), "VALIDATION_ERROR",
               "type");
  expect_error(answer_to(socket, {{"id", "1"}}), "VALIDATION_ERROR", "type");
  expect_error(answer_to(socket, {{"type", 7}, {"id", "1"}}), "VALIDATION_ERROR", "type");
  expect_error(answer_to(socket, {{"type", "ping"}, {"data", "text"}}), "VALIDATION_ERROR", "data");
  expect_error(answer_to(socket, {{"type", "ping"}, {"more", 1}}), "VALIDATION_ERROR", "more");
  expect_error(answer_to(socket, {{"type", "ping"}, {"id", std::string(129, 'i')}}),
               "VALIDATION_ERROR", "id");
  EXPECT_EQ(answer_to(socket, {{"type", "ping"}})["type"], "pong");
}

TEST_F(LiveMessages, AnErrorNamesTheMessageThatItAnswers) {
  auto socket = open();
  const auto unknown = answer_to(socket, {{"type", "sing"}, {"id", "m-1"}});
  expect_error(unknown, "VALIDATION_ERROR", "type");
  EXPECT_EQ(unknown["correlation_id"], "m-1");
  const auto broken = answer_to(socket, {{"type", "ping"}, {"id", "m-2"}, {"more", 1}});
  EXPECT_EQ(broken["correlation_id"], "m-2");
}

TEST_F(LiveMessages, AuthenticateTakesAFreshTokenOfTheSameSessionAlone) {
  const auto name = new_name();
  server_->add_user(name);
  const auto first = server_->sign_in(name);
  const auto other = server_->sign_in(name);
  ws_client socket{server_->server->port(), first.access};
  const auto with = [](const std::string& token) {
    return json{{"type", "authenticate"}, {"id", "a"}, {"data", {{"token", token}}}};
  };
  const auto fresh = tokens_of(server_->call(post("/auth/token/refresh").cookie(first.refresh)));
  const auto taken = answer_to(socket, with(fresh.access));
  EXPECT_EQ(taken["type"], "ack") << taken;
  EXPECT_TRUE(is_whole_second(taken["data"]["expires_at"]));
  expect_error(answer_to(socket, with(other.access)), "AUTH004", "token");
  expect_error(answer_to(socket, with("junk")), "AUTH003", "token");
  expect_error(answer_to(socket, {{"type", "authenticate"}, {"id", "a"}}), "VALIDATION_ERROR",
               "token");
  EXPECT_EQ(answer_to(socket, {{"type", "ping"}})["type"], "pong");
}

TEST_F(LiveMessages, SomebodyElsesWorkflowIsNoDifferentFromNone) {
  auto socket = open();
  const auto resume = [](const std::string& id) {
    return json{{"type", "resume"}, {"id", "r"}, {"data", {{"workflow_id", id}, {"last_seq", 0}}}};
  };
  expect_error(answer_to(socket, resume("00000000-0000-4000-8000-000000000000")), "NOT_FOUND",
               "workflow_id");
  expect_error(answer_to(socket, resume("junk")), "VALIDATION_ERROR", "workflow_id");
  json cancel{{"type", "cancel_workflow"}, {"id", "c"}};
  cancel["data"]["workflow_id"] = "00000000-0000-4000-8000-000000000000";
  expect_error(answer_to(socket, cancel), "NOT_FOUND", "workflow_id");
}

TEST(LiveFlood, MessagesCountLikeRequestsAndAFloodIsClosed) {
  product instance{"sqlite", {{"RATE_LIMIT_LIVE", "20/hour"}}};
  const auto user = instance.sign_in_new_user();
  ws_client socket{instance.server->port(), user.access};
  int refused = 0;
  int answered = 0;
  for (int i = 0; i < 30; ++i) {
    socket.say({{"type", "sing"}, {"id", std::to_string(i)}});
    const auto answer = socket.hear();
    const auto code = answer["error"]["code"].get<std::string>();
    refused += code == "RATE_LIMITED";
    answered += code == "VALIDATION_ERROR";
    if (code == "RATE_LIMITED") {
      EXPECT_GT(answer["error"]["retry_after"].get<int>(), 0);
    }
  }
  EXPECT_EQ(refused, 10);
  EXPECT_EQ(answered, 20);
  // A ping costs nothing.
  socket.say({{"type", "ping"}});
  EXPECT_EQ(socket.hear()["type"], "pong");
  for (int i = 0; i < 120; ++i)
    socket.say({{"type", "sing"}});
  EXPECT_EQ(socket.wait_for_close(), 1008u);
}

TEST(LiveFlood, ThousandsOfMessagesThatWaitAreTakenUpOneByOne) {
  product instance{"sqlite", {{"RATE_LIMIT_DEFAULT", "0"}}};
  const auto user = instance.sign_in_new_user();
  ws_client socket{instance.server->port(), user.access};
  // As many as are answered at a time, all of which ask the store; the others need nobody.
  std::string many;
  ws_frame frame;
  for (int i = 10; i < 26; ++i) {
    json question{{"type", "resume"}};
    question["data"]["workflow_id"] = "00000000-0000-4000-8000-0000000000" + std::to_string(i);
    frame.payload = question.dump();
    many += to_bytes(frame);
  }
  frame.payload = "{}";
  int sent = 16;
  for (; many.size() < 64000; ++sent)
    many += to_bytes(frame);
  socket.send_bytes(many);
  // A socket that is read too slowly may be closed, and nothing else.
  for (int left = sent; left > 0 && !socket.hear().is_null();)
    --left;
  EXPECT_EQ(instance.status_of_me(user.access), 200);
}

/// What the server may grow by; the address sanitizer holds on to what was freed
/// (its quarantine_size_mb).
#ifdef __SANITIZE_ADDRESS__
constexpr double quarantine = 256.0 * 1024 * 1024;
#else
constexpr double quarantine = 0;
#endif
constexpr double growth_max = 64e6 + quarantine;

TEST(LiveSlow, AReaderThatIsTooSlowIsClosedAndTheServerStaysSmall) {
  product instance{"sqlite", {{"RATE_LIMIT_DEFAULT", "0"}}};
  const auto user = instance.sign_in_new_user();
  const auto before = instance.metric("process_resident_memory_bytes");
  ws_client socket{instance.server->port(), user.access};
  // Answers of 128 bytes and more that nobody reads.
  std::string many;
  ws_frame frame;
  frame.payload = json{{"type", "ping"}, {"id", std::string(120, 'p')}}.dump();
  for (int i = 0; i < 100; ++i)
    many += to_bytes(frame);
  while (instance.metric("live_sockets_open") > 0) {
    if (!socket.try_send_bytes(many)) socket.has_ended();
    ASSERT_LT(instance.metric("process_resident_memory_bytes"), before + growth_max);
  }
}

} // namespace
} // namespace latchkey::test

// body_test.cpp — requests whose bodies are handed over piece by piece.
#include "tests/gateway/http/body/test_body.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace latchkey::http::testing {
namespace {

const std::string awaits_continue = "Expect: 100-continue\r\n";

std::string in_chunks(std::string_view target, std::string_view chunks,
                      std::string_view headers = {}) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" +
         std::string(headers) + "\r\n" + std::string(chunks);
}

/// The header block for a body of `size` bytes, without it.
std::string announce(std::string_view target, std::size_t size, std::string_view headers = {}) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n" +
         std::string(headers) + "\r\n";
}

class StreamedBody : public ::testing::Test {
protected:
  void SetUp() override { serve(); }
  void serve(const std::function<void(http_server_options&)>& adjust = {}) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.routes = body_routes(log_);
      if (adjust) adjust(options);
    });
  }
  bool wait_for_questions(int count) {
    return server_->wait_until([this, count](http_server&) { return log_->asked == count; });
  }

  std::shared_ptr<body_log> log_ = std::make_shared<body_log>();
  std::unique_ptr<test_server> server_;
};

TEST_F(StreamedBody, IsRefusedByItsAnnouncementBeforeAHandlerSeesIt) {
  raw_client client(server_->port());
  client.send(announce("/all", streamed_bytes_max + 1));
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 413u);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(log_->asked, 0);
}

TEST_F(StreamedBody, InChunksIsRefusedAsItPassesTheLimit) {
  raw_client client(server_->port());
  client.send(in_chunks("/all", "3ff\r\n" + std::string(0x3ff, 'x') + "\r\n"));
  ASSERT_TRUE(server_->wait_until([this](http_server&) { return log_->bytes == 0x3ff; }));
  client.send("2\r\n"); // the bytes need not come
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 413u);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_NE(answer.body.find(R"("field":"body")"), std::string::npos) << answer.body;
  EXPECT_EQ(log_->failure, error_code::payload_too_large);
  client.half_close();
  EXPECT_TRUE(client.is_closed());
}

TEST_F(StreamedBody, MayBeAsLongAsTheLimit) {
  raw_client client(server_->port());
  const std::string body(streamed_bytes_max, 'x');
  client.send(post("/all", body) + in_chunks("/all", "400\r\n" + body + "\r\n0\r\n\r\n"));
  EXPECT_EQ(client.read_reply().body, "1024:" + body);
  EXPECT_EQ(client.read_reply().body, "chunked:" + body);
}

TEST_F(StreamedBody, WithBadChunksFailsAfterWhatWasGood) {
  for (const auto* chunks : {"2\r\nabX", "2\r\nab\r\nzz\r\n", "2\r\nab\r\n0\r\nbad trailer\r\n"}) {
    log_->bytes = 0;
    raw_client client(server_->port());
    client.send(in_chunks("/all", chunks) + get("/fixed"));
    EXPECT_EQ(client.read_reply().status, 400u) << chunks;
    EXPECT_EQ(log_->bytes, 2u) << chunks;
    client.half_close();
    EXPECT_TRUE(client.is_closed()) << chunks;
  }
}

TEST_F(StreamedBody, ThatEndsEarlyFails) {
  for (const auto& start : {announce("/all", 9) + "1234", in_chunks("/all", "9\r\n1234")}) {
    log_->failure = error_code::none;
    raw_client client(server_->port());
    client.send(start);
    client.half_close();
    EXPECT_EQ(client.read_reply().status, 400u);
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(log_->failure, error_code::bad_request);
  }
}

TEST_F(StreamedBody, OfAClientThatWentFails) {
  {
    raw_client client(server_->port());
    client.send(announce("/all", 9) + "1234");
    ASSERT_TRUE(wait_for_questions(2));
    const linger abrupt{1, 0};
    ::setsockopt(client.handle(), SOL_SOCKET, SO_LINGER, &abrupt, sizeof(abrupt));
  }
  EXPECT_TRUE(server_->wait_until(
      [this](http_server& s) { return log_->alive == 0 && s.connections() == 0; }));
  EXPECT_EQ(log_->failure, error_code::bad_request);
}

TEST_F(StreamedBody, IsHandledBeforeItHasCome) {
  raw_client client(server_->port());
  client.send(announce("/all", 4));
  ASSERT_TRUE(wait_for_questions(1));
  EXPECT_TRUE(server_->wait_until([](http_server& s) { return s.in_flight() == 1; }));
  client.send("ab");
  ASSERT_TRUE(wait_for_questions(2));
  client.send("cd");
  EXPECT_EQ(client.read_reply().body, "4:abcd");
}

TEST_F(StreamedBody, ComesByteByByteWithAPipelineBehindIt) {
  raw_client client(server_->port());
  const auto bytes =
      post("/all", "hello") +
      in_chunks("/all", "3;x=\"y\"\r\nabc\r\n2\r\nde\r\n0\r\nX-T: u\r\nConnection: close\r\n\r\n") +
      get("/fixed");
  for (char c : bytes)
    ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.read_reply().body, "5:hello");
  EXPECT_EQ(client.read_reply().body, "chunked:abcde");
  EXPECT_EQ(client.read_reply().body, "fixed");
}

TEST_F(StreamedBody, HoldsAPipelineTogether) {
  raw_client client(server_->port());
  std::string pipeline;
  for (int i = 0; i < 100; ++i)
    pipeline += post("/all", std::to_string(i)) + in_chunks("/all", "1\r\nx\r\n0\r\n\r\n") +
                get("/fixed") + post("/all", "");
  client.send(pipeline);
  for (int i = 0; i < 100; ++i) {
    const auto text = std::to_string(i);
    ASSERT_EQ(client.read_reply().body, std::to_string(text.size()) + ":" + text);
    ASSERT_EQ(client.read_reply().body, "chunked:x");
    ASSERT_EQ(client.read_reply().body, "fixed");
    ASSERT_EQ(client.read_reply().body, "0:");
  }
}

TEST_F(StreamedBody, IsReadOnlyAsFastAsItIsAskedFor) {
  constexpr std::size_t much = std::size_t{64} * 1024 * 1024; // more than both sockets hold
  const std::string piece(std::size_t{64} * 1024, 'x');
  raw_client client(server_->port());
  client.send(announce("/large", much));
  auto sent = client.flood(much);
  EXPECT_LT(sent, much) << "somebody reads";
  log_->released = true;
  for (; sent < much; sent += std::min(piece.size(), much - sent))
    ASSERT_TRUE(client.send(std::string_view(piece).substr(0, much - sent)));
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(log_->bytes, much);
}

TEST_F(StreamedBody, ThatIsExpectedIsSentForWhenItIsAskedFor) {
  raw_client client(server_->port());
  client.send(announce("/held", 2, awaits_continue));
  ASSERT_TRUE(server_->wait_until([](http_server& s) { return s.in_flight() == 1; }));
  EXPECT_FALSE(client.is_readable_within(50ms)) << "nobody has asked";
  log_->released = true;
  EXPECT_EQ(client.read_reply().status, 100u);
  client.send("ok");
  EXPECT_EQ(client.read_reply().body, "2:ok");
  client.send(post("/all", "more"));
  EXPECT_EQ(client.read_reply().body, "4:more");
}

TEST_F(StreamedBody, ThatIsNeverAskedForIsNotSentFor) {
  raw_client client(server_->port());
  client.send(announce("/never", 2, awaits_continue));
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(StreamedBody, IsNotSentForOnceTheAnswerHasBegun) {
  raw_client client(server_->port());
  client.send(announce("/ask-late", 2, awaits_continue));
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(client.read_bytes(9), "4\r\nhead\r\n");
  ASSERT_TRUE(wait_for_questions(1));
  client.send("ok"); // it does not wait for ever
  EXPECT_EQ(client.read_to_end(), "2\r\nok\r\n0\r\n\r\n");
}

TEST_F(StreamedBody, ThatCameUnaskedIsNotSentFor) {
  raw_client client(server_->port());
  client.send(announce("/all", 2, awaits_continue) + "ok");
  EXPECT_EQ(client.read_reply().body, "2:ok");
}

TEST_F(StreamedBody, ThatIsUnreadEndsTheConnectionWithItsAnswer) {
  for (const auto* target : {"/never", "/first", "/throw"}) {
    raw_client client(server_->port());
    client.send(announce(target, 1000) + "ab");
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, std::string_view(target) == "/throw" ? 500u : 200u);
    EXPECT_EQ(answer.header("connection"), "close") << target;
    // The rest neither is taken for a request nor costs the client its answer.
    EXPECT_TRUE(client.send(get("/fixed"))) << target;
    client.half_close();
    EXPECT_TRUE(client.is_closed()) << target;
    EXPECT_FALSE(client.was_reset()) << target;
  }
}

TEST_F(StreamedBody, ThatIsRefusedByAHookStaysUnread) {
  serve([](http_server_options& options) {
    options.hooks.admit = [](exchange& x) -> std::optional<response> {
      EXPECT_EQ(x.body, nullptr);
      if (x.in.query.empty()) return std::nullopt;
      return json_response(429, "slow down");
    };
  });
  raw_client client(server_->port());
  client.send(post("/all", "a") + announce("/all?refuse", 2, awaits_continue));
  EXPECT_EQ(client.read_reply().status, 200u);
  const auto refused = client.read_reply();
  EXPECT_EQ(refused.status, 429u);
  EXPECT_EQ(refused.header("connection"), "close");
  EXPECT_EQ(log_->asked, 2);
}

TEST_F(StreamedBody, IsNoneInOtherRoutes) {
  EXPECT_EQ(ask(server_->port(), get("/fixed")).body, "fixed");
}

TEST_F(StreamedBody, ThatIsUnreadAllowsNoUpgrade) {
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: echo\r\n";
  raw_client client(server_->port());
  client.send(announce("/upgrade", 2, upgrade) + "ab");
  EXPECT_EQ(client.read_reply().status, 500u);
  raw_client good(server_->port());
  good.send(announce("/upgrade", 0, upgrade));
  EXPECT_EQ(good.read_reply().status, 101u);
}

} // namespace
} // namespace latchkey::http::testing

// body_end_test.cpp — streamed bodies that are slow, that an answer overtakes, and that end
// with their server.
#include "tests/gateway/http/body/test_body.hpp"

#include <gtest/gtest.h>

namespace latchkey::http::testing {
namespace {

std::string start_of(std::string_view target) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
}

class BodyEnd : public ::testing::Test {
protected:
  void serve(const std::function<void(http_server_options&)>& adjust = {}) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.routes = body_routes(log_);
      if (adjust) adjust(options);
    });
  }
  void serve_impatiently(std::chrono::milliseconds receive_max) {
    serve([=](http_server_options& options) { options.limits.receive_max = receive_max; });
  }
  bool wait_for_questions(int count) {
    return server_->wait_until([this, count](http_server&) { return log_->asked >= count; });
  }
  bool is_over() {
    return server_->wait_until(
        [this](http_server& s) { return log_->alive == 0 && s.connections() == 0; });
  }

  std::shared_ptr<body_log> log_ = std::make_shared<body_log>();
  std::unique_ptr<test_server> server_;
};

TEST_F(BodyEnd, ASlowBodyIsTold408HoweverItDrips) {
  serve_impatiently(300ms);
  raw_client client(server_->port());
  client.send(start_of("/all"));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!client.is_readable_within(1ms) && std::chrono::steady_clock::now() < end)
    client.send("1\r\nx\r\n");
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 408u);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(log_->failure, error_code::request_timeout);
}

TEST_F(BodyEnd, ASlowHandlerIsNotTakenForASlowBody) {
  serve_impatiently(300ms);
  raw_client client(server_->port());
  client.send(start_of("/held"));
  EXPECT_FALSE(client.is_readable_within(900ms));
  log_->released = true;
  client.send("2\r\nok\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_reply().body, "chunked:ok");
}

TEST_F(BodyEnd, ALongBodyMayTakeLongerThanAPieceOfIt) {
  serve_impatiently(2s);
  log_->released = true;
  raw_client client(server_->port());
  client.send(start_of("/large"));
  const auto chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  for (int i = 0; i < 7; ++i) {
    ASSERT_FALSE(client.is_readable_within(400ms)) << i;
    client.send(chunk);
  }
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 200u);
}

TEST_F(BodyEnd, ASlowBodyBehindAnAnswersHeadEndsTheConnection) {
  serve_impatiently(300ms);
  raw_client client(server_->port());
  client.send(start_of("/duplex") + "1\r\na\r\n");
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(client.read_to_end(), "1\r\na\r\n"); // without the last chunk
  EXPECT_TRUE(is_over());
}

TEST_F(BodyEnd, AnAnswerMayBeginWhileTheBodyComes) {
  serve();
  raw_client client(server_->port());
  client.send(start_of("/duplex"));
  const auto head = client.read_reply();
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.header("connection"), "close");
  for (const auto* piece : {"1\r\na\r\n", "2\r\nbc\r\n", "3\r\ndef\r\n"}) {
    client.send(piece);
    EXPECT_EQ(client.read_bytes(std::string_view(piece).size()), piece);
  }
  client.send("0\r\n\r\n" + get("/fixed"));
  client.half_close();
  EXPECT_EQ(client.read_to_end(), "0\r\n\r\n"); // and nothing is made of what follows
  EXPECT_EQ(log_->aborted, 0);
}

TEST_F(BodyEnd, AnAnswerThatIsOverEndsWhoeverAsksOn) {
  serve();
  raw_client client(server_->port());
  client.send(start_of("/beside") + "1\r\na\r\n");
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.body, "at once");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return log_->alive == 0; }));
  EXPECT_EQ(log_->aborted, 1);
  client.half_close();
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(BodyEnd, DrainingWaitsForTheBody) {
  serve();
  raw_client client(server_->port());
  client.send(start_of("/all") + "1\r\na\r\n");
  ASSERT_TRUE(wait_for_questions(2));
  server_->stop();
  client.send("1\r\nb\r\n0\r\n\r\n");
  const auto answer = client.read_reply();
  EXPECT_EQ(answer.body, "chunked:ab");
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(BodyEnd, ClosingEndsWhoeverAsks) {
  for (const auto* target : {"/all", "/duplex", "/ask-late"}) {
    log_ = std::make_shared<body_log>();
    serve();
    raw_client client(server_->port());
    client.send(start_of(target) + "1\r\na\r\n");
    ASSERT_TRUE(wait_for_questions(2));
    server_->stop();
    server_->wait_until([](http_server& s) {
      s.close_all();
      return true;
    });
    EXPECT_TRUE(is_over()) << target;
    EXPECT_EQ(log_->aborted, 1) << target;
    EXPECT_TRUE(server_->exceptions().empty()) << target; // what the hook works on may be gone
  }
}

TEST_F(BodyEnd, WhoeverAsksAfterTheConnectionIsAborted) {
  serve();
  raw_client client(server_->port());
  client.send(start_of("/deaf") + "1\r\na\r\n");
  ASSERT_TRUE(wait_for_questions(1));
  server_->stop();
  server_->wait_until([](http_server& s) {
    s.close_all();
    return true;
  });
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return server_->is_drained(); }));
  EXPECT_EQ(log_->alive, 1);
  log_->released = true;
  EXPECT_TRUE(is_over());
  EXPECT_EQ(log_->aborted, 1);
  EXPECT_EQ(log_->bytes, 0u);
}

TEST(BodyServerEnd, IsFineAtAnyStepOfABody) {
  // Ends the server after each number of steps that its coroutines take.
  constexpr int steps_max = 30;
  for (const auto* target : {"/all", "/duplex", "/beside", "/first", "/ask-late", "/never"}) {
    for (int steps = 0; steps < steps_max; ++steps) {
      auto log = std::make_shared<body_log>();
      auto io = std::make_unique<boost::asio::io_context>(1);
      auto wheel = std::make_unique<timer_wheel>(*io);
      http_server_options options;
      options.routes = body_routes(log);
      auto server = std::make_unique<http_server>(*io, *wheel, std::move(options));
      ASSERT_TRUE(server->listen("127.0.0.1", 0).has_value());
      server->accept();
      raw_client client(server->port());
      client.send(start_of(target) + "1\r\na\r\n");
      for (int i = 0; i < steps; ++i)
        io->poll_one();
      server.reset();
      // Every other time nothing runs any more.
      if (steps % 2 == 0) io->restart(), io->poll();
      wheel.reset();
      io.reset();
      EXPECT_EQ(log->alive, 0) << target << steps;
      EXPECT_TRUE(client.read_to_end().has_value()) << target << steps;
    }
  }
}

} // namespace
} // namespace latchkey::http::testing

// stream_end_test.cpp — how streamed answers end before their source does: a client that
// goes, a server that drains or closes.
#include "tests/gateway/http/body/test_source.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace latchkey::http::testing {
namespace {

/// A server whose GET /stream gives "now" and then waits until the test releases it.
class StreamEnd : public ::testing::Test {
protected:
  void SetUp() override {
    script_->pieces = {"now"};
    script_->then = ending::waiting;
  }
  void serve(std::chrono::milliseconds stream_check = 1h) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.routes = stream_routes(script_);
      options.limits.stream_check = stream_check;
    });
  }
  /// A client that has read the first piece, while the source waits for the second.
  std::unique_ptr<raw_client> begin(std::string_view more = {}) {
    auto client = std::make_unique<raw_client>(server_->port());
    client->send(get("/stream") + std::string(more));
    EXPECT_EQ(client->read_reply().status, 200u);
    EXPECT_EQ(client->read_bytes(8), "3\r\nnow\r\n");
    EXPECT_TRUE(server_->wait_until([this](http_server&) { return script_->asked == 2; }));
    return client;
  }
  bool is_over() {
    return server_->wait_until(
        [this](http_server& s) { return script_->alive == 0 && s.connections() == 0; });
  }
  void close_all() {
    server_->wait_until([](http_server& s) {
      s.close_all();
      return true;
    });
  }

  std::shared_ptr<source_script> script_ = std::make_shared<source_script>();
  std::unique_ptr<test_server> server_;
};

TEST_F(StreamEnd, AClientThatWentEndsItsSource) {
  serve(10ms);
  auto client = begin();
  client.reset();
  EXPECT_TRUE(is_over());
  EXPECT_TRUE(script_->was_cancelled);
}

TEST_F(StreamEnd, AClientThatResetEndsItsSource) {
  serve(10ms);
  auto client = begin();
  const linger abrupt{1, 0};
  ::setsockopt(client->handle(), SOL_SOCKET, SO_LINGER, &abrupt, sizeof(abrupt));
  client.reset();
  EXPECT_TRUE(is_over());
}

TEST_F(StreamEnd, AClientThatWentBehindAPipelineEndsItsSource) {
  serve(10ms);
  auto client = begin(get("/fixed"));
  client->send(get("/fixed")); // stays unread in the server's socket
  client->half_close();
  EXPECT_TRUE(is_over());
}

TEST_F(StreamEnd, AClientThatStaysIsNotTakenForGone) {
  script_->rounds = 100;
  script_->pause = 5ms;
  script_->then = ending::whole;
  serve(1ms);
  raw_client client(server_->port());
  client.send(get("/stream") + get("/fixed", "Connection: close\r\n"));
  const auto all = client.read_to_end();
  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->ends_with("fixed")) << *all;
}

TEST_F(StreamEnd, AHalfClosedClientReadsWhatComesSoon) {
  script_->rounds = 1000;
  script_->then = ending::whole;
  serve();
  raw_client client(server_->port());
  client.send(get("/stream"));
  client.half_close();
  const auto all = client.read_to_end();
  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->ends_with("0\r\n\r\n"));
}

TEST_F(StreamEnd, AWriteThatFailsEndsIt) {
  script_->pieces = {std::string(64 * 1024, 'x')};
  script_->rounds = 100'000;
  serve();
  auto client = std::make_unique<raw_client>(server_->port(), 4096);
  client->send(get("/stream"));
  EXPECT_EQ(client->read_reply().status, 200u);
  client.reset();
  EXPECT_TRUE(is_over());
}

TEST_F(StreamEnd, DrainingWaitsForTheWholeAnswer) {
  serve();
  auto client = begin();
  server_->stop();
  EXPECT_FALSE(server_->is_drained());
  script_->released = true;
  EXPECT_EQ(client->read_bytes(5), "0\r\n\r\n");
  EXPECT_TRUE(client->is_closed());
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return server_->is_drained(); }));
}

TEST_F(StreamEnd, ClosingEndsWhatNeverGivesAnotherPiece) {
  serve();
  auto client = begin();
  server_->stop();
  close_all();
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return server_->is_drained(); }));
  EXPECT_TRUE(is_over());
  EXPECT_TRUE(script_->was_cancelled);
  EXPECT_TRUE(client->is_closed()); // without the last chunk
  EXPECT_TRUE(server_->exceptions().empty());
}

TEST_F(StreamEnd, ClosingDoesNotWaitForASourceThatHeedsNothing) {
  script_->then = ending::deaf;
  serve();
  auto client = begin();
  server_->stop();
  close_all();
  EXPECT_TRUE(server_->wait_until([this](http_server&) { return server_->is_drained(); }));
  EXPECT_EQ(script_->alive, 1);
  EXPECT_TRUE(client->is_closed());
  script_->released = true;
  EXPECT_TRUE(is_over());
}

TEST_F(StreamEnd, IsNotCountedAsARequestInFlight) {
  serve();
  auto client = begin();
  EXPECT_TRUE(server_->wait_until([](http_server& s) { return s.in_flight() == 0; }));
  script_->released = true;
}

TEST(StreamServerEnd, IsFineAtAnyStepOfAStream) {
  // Ends the server after each number of steps that its coroutines take.
  constexpr int steps_max = 60;
  for (auto last : {ending::whole, ending::failure, ending::waiting, ending::deaf}) {
    for (int steps = 0; steps < steps_max; ++steps) {
      auto script = std::make_shared<source_script>();
      script->pieces = {"a", "b"};
      script->then = last;
      auto io = std::make_unique<boost::asio::io_context>(1);
      auto wheel = std::make_unique<timer_wheel>(*io);
      http_server_options options;
      options.routes = stream_routes(script);
      auto server = std::make_unique<http_server>(*io, *wheel, std::move(options));
      ASSERT_TRUE(server->listen("127.0.0.1", 0).has_value());
      server->accept();
      raw_client client(server->port());
      client.send(get("/stream"));
      for (int i = 0; i < steps; ++i)
        io->poll_one();
      server.reset();
      // Every other time nothing runs any more.
      if (steps % 2 == 0) io->restart(), io->poll();
      wheel.reset();
      io.reset();
      EXPECT_EQ(script->alive, 0) << steps;
      EXPECT_TRUE(client.read_to_end().has_value()) << steps;
    }
  }
}

} // namespace
} // namespace latchkey::http::testing

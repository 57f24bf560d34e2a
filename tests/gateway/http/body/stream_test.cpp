// stream_test.cpp — answers whose body comes piece by piece: framing, back-pressure, and
// bodies that break off.
#include "tests/gateway/http/body/test_source.hpp"

#include <gtest/gtest.h>
#include <numeric>

namespace latchkey::http::testing {
namespace {

/// A server whose GET /stream does as `script` says.
class Stream : public ::testing::Test {
protected:
  void serve(const std::function<void(http_server_options&)>& adjust = long_limits) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      options.routes = stream_routes(script_);
      adjust(options);
    });
  }
  /// Everything that comes on a connection of its own for `bytes`.
  std::string all_for(std::string_view bytes) {
    raw_client client(server_->port());
    client.send(bytes);
    auto all = client.read_to_end();
    EXPECT_TRUE(all.has_value()) << "the connection stayed open";
    was_reset_ = client.was_reset();
    return all.value_or("");
  }
  bool is_source_gone() {
    return server_->wait_until([this](http_server&) { return script_->alive == 0; });
  }

  std::shared_ptr<source_script> script_ = std::make_shared<source_script>();
  std::unique_ptr<test_server> server_;
  bool was_reset_ = false;
};

std::string body_of(std::string_view all) {
  const auto end = all.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string{} : std::string(all.substr(end + 4));
}

const std::string last_get_stream = "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// -- bodies that break off --------------------------------------------------------------

TEST_F(Stream, ThatFailsEndsWithoutTheLastChunk) {
  script_->pieces = {"abc"};
  script_->then = ending::failure;
  serve();
  const auto all = all_for(get("/stream") + get("/fixed"));
  EXPECT_TRUE(all.starts_with("HTTP/1.1 200 ")) << all;
  EXPECT_EQ(body_of(all), "3\r\nabc\r\n");
  EXPECT_FALSE(was_reset_);
  EXPECT_TRUE(is_source_gone());
}

TEST_F(Stream, ThatThrowsEndsTheSameAndIsTold) {
  script_->then = ending::exception;
  serve();
  EXPECT_EQ(body_of(all_for(get("/stream"))), "");
  EXPECT_EQ(server_->exceptions(), std::vector<std::string>{"a broken source"});
}

TEST_F(Stream, ThatFailsUpToTheConnectionsEndIsReset) {
  script_->pieces = {"abc"};
  script_->then = ending::failure;
  serve();
  all_for("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(was_reset_) << "an orderly end would be the body's";
}

TEST_F(Stream, ThatGivesLessThanItSaidBreaksOff) {
  script_->pieces = {"abc"};
  script_->size = 4;
  serve();
  const auto all = all_for(get("/stream") + get("/fixed"));
  EXPECT_NE(all.find("Content-Length: 4\r\n"), std::string::npos) << all;
  EXPECT_EQ(body_of(all), "abc");
}

TEST_F(Stream, ThatGivesMoreThanItSaidBreaksOff) {
  script_->pieces = {"abc", "de"};
  script_->size = 4;
  serve();
  EXPECT_EQ(body_of(all_for(get("/stream") + get("/fixed"))), "abc");
}

// -- framing ------------------------------------------------------------------------------

TEST_F(Stream, IsChunkedAndTheConnectionStays) {
  script_->pieces = {"hello", std::string(0x1234, 'x')};
  serve();
  const auto all = all_for(get("/fixed") + get("/stream") + get("/stream") +
                           get("/fixed", "Connection: close\r\n"));
  const auto chunks = "5\r\nhello\r\n1234\r\n" + std::string(0x1234, 'x') + "\r\n0\r\n\r\n";
  const auto first = all.find(chunks + "HTTP/1.1 200 OK\r\n");
  EXPECT_NE(first, std::string::npos) << all.substr(0, 1000);
  EXPECT_NE(all.find(chunks + "HTTP/1.1 200 OK\r\n", first + 1), std::string::npos);
  EXPECT_NE(all.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(all.ends_with("fixed"));
  EXPECT_FALSE(was_reset_);
  EXPECT_TRUE(is_source_gone());
}

TEST_F(Stream, IsCountedWhenTheSourceKnows) {
  script_->pieces = {"hel", "lo"};
  script_->size = 5;
  serve();
  raw_client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/stream"));
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.headers.count("transfer-encoding"), 0u);
  }
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + get("/fixed"));
  const auto old = client.read_reply();
  EXPECT_EQ(old.body, "hello");
  EXPECT_EQ(old.header("connection"), "keep-alive");
  EXPECT_EQ(client.read_reply().body, "fixed");
}

TEST_F(Stream, OfNothingIsAWholeAnswer) {
  serve();
  EXPECT_EQ(body_of(all_for(last_get_stream)), "0\r\n\r\n");
  script_->size = 0;
  EXPECT_EQ(body_of(all_for(last_get_stream)), "");
}

TEST_F(Stream, GoesUpToTheConnectionsEndOnHttp10) {
  script_->pieces = {"hel", "lo"};
  serve();
  const auto all = all_for("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos) << all;
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos);
  EXPECT_EQ(body_of(all), "hello");
  EXPECT_FALSE(was_reset_);
}

TEST_F(Stream, IsNotAskedForHead) {
  script_->pieces = {"hello"};
  serve();
  raw_client client(server_->port());
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_reply(true).headers.count("content-length"), 0u);
  EXPECT_TRUE(is_source_gone());
  script_->size = 5;
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + get("/fixed"));
  EXPECT_EQ(client.read_reply(true).header("content-length"), "5");
  EXPECT_EQ(client.read_reply().body, "fixed");
  EXPECT_EQ(script_->asked, 0);
}

TEST_F(Stream, SendsItsHeadAndEachPieceBeforeTheNextIsThere) {
  script_->pieces = {"now"};
  script_->then = ending::waiting;
  serve();
  raw_client client(server_->port());
  client.send(get("/stream"));
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(client.read_bytes(8), "3\r\nnow\r\n");
  script_->released = true;
  EXPECT_EQ(client.read_bytes(5), "0\r\n\r\n");
  client.send(get("/fixed"));
  EXPECT_EQ(client.read_reply().body, "fixed");
}

// -- back-pressure ------------------------------------------------------------------------

TEST_F(Stream, ComesWholeHoweverLarge) {
  script_->pieces = {std::string(64 * 1024, 'a'), std::string(1, 'b'), std::string(100'000, 'c')};
  script_->rounds = 200;
  const auto sum = [](std::size_t n, const std::string& piece) { return n + piece.size(); };
  const auto once =
      std::accumulate(script_->pieces.begin(), script_->pieces.end(), std::size_t{0}, sum);
  script_->size = once * script_->rounds;
  serve();
  raw_client client(server_->port(), 4096);
  client.send(get("/stream") + get("/fixed"));
  const auto answer = client.read_reply();
  ASSERT_EQ(answer.body.size(), *script_->size);
  std::string expected;
  for (const auto& piece : script_->pieces)
    expected += piece;
  for (std::size_t i = 0; i < script_->rounds; ++i)
    ASSERT_EQ(answer.body.compare(i * once, once, expected), 0) << i;
  EXPECT_EQ(client.read_reply().body, "fixed");
}

TEST_F(Stream, IsAskedNoFurtherThanThePeerReads) {
  script_->pieces = {std::string(64 * 1024, 'x')};
  script_->rounds = 100'000; // more than six GiB
  serve([](http_server_options& options) {
    long_limits(options);
    options.limits.send_max = 50ms;
  });
  raw_client client(server_->port(), 4096);
  client.send(get("/stream"));
  EXPECT_TRUE(server_->wait_until(
      [this](http_server&) { return script_->asked > 0 && script_->alive == 0; }));
  EXPECT_LT(script_->asked, 1000); // what the sockets' buffers take
  EXPECT_TRUE(server_->wait_until([](http_server& s) { return s.connections() == 0; }));
}

TEST_F(Stream, HasTheWriteDeadlineForEachPieceAlone) {
  constexpr auto limit = 500ms;
  script_->pieces = {"tick"};
  script_->rounds = 1'000'000;
  script_->pause = 5ms;
  serve([&](http_server_options& options) {
    long_limits(options);
    options.limits.send_max = limit;
  });
  raw_client client(server_->port());
  client.send(get("/stream"));
  EXPECT_EQ(client.read_reply().status, 200u);
  const auto end = std::chrono::steady_clock::now() + 2 * limit;
  while (std::chrono::steady_clock::now() < end)
    ASSERT_EQ(client.read_bytes(9), "4\r\ntick\r\n");
}

TEST_F(Stream, LetsOthersBeServedMeanwhile) {
  script_->pieces = {std::string(1024, 'x')};
  script_->rounds = std::size_t{1} << 40;
  serve();
  raw_client greedy(server_->port()), modest(server_->port());
  greedy.send(get("/stream"));
  EXPECT_EQ(greedy.read_reply().status, 200u);
  modest.send(get("/fixed"));
  // A quick source, a peer that reads all: neither ever has to wait.
  while (!modest.is_readable_within(0ms)) {
    ASSERT_EQ(greedy.read_bytes(64 * 1024).size(), 64u * 1024);
    ASSERT_LT(script_->asked, 1'000'000);
  }
  EXPECT_EQ(modest.read_reply().body, "fixed");
}

} // namespace
} // namespace latchkey::http::testing

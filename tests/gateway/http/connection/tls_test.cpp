// tls_test.cpp — the edge over TLS, with a certificate made for the test.
#include "tests/gateway/http/body/test_body.hpp"
#include "tests/gateway/http/body/test_source.hpp"
#include "tests/gateway/http/connection/test_tls.hpp"

#include "gateway/http/connection/tls.hpp"

#include <fstream>
#include <gtest/gtest.h>

namespace latchkey::http::testing {
namespace {

class Tls : public ::testing::Test {
protected:
  void use_tls(http_server_options& options) {
    auto made = make_tls_context(files_.chain(), files_.key());
    ASSERT_TRUE(made.has_value()) << made.error().reason;
    options.tls = *made;
    options.limits.linger_max = std::chrono::milliseconds{500};
  }
  certificate_files files_;
  test_server server_{[this](http_server_options& options) { use_tls(options); }};
};

TEST_F(Tls, RefusesVersionsBefore12) {
  EXPECT_FALSE(tls_client(server_.port(), TLS1_VERSION).is_connected());
  EXPECT_FALSE(tls_client(server_.port(), TLS1_1_VERSION).is_connected());
}

TEST_F(Tls, Answers12And13) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_client client(server_.port(), version);
    ASSERT_TRUE(client.is_connected());
    EXPECT_EQ(client.version(), version);
    EXPECT_EQ(client.protocol(), "http/1.1");
    client.send(get("/fixed") + get("/headers", "Connection: close\r\n"));
    auto all = client.read_to_end();
    EXPECT_NE(all.find("{\"ok\":true}"), std::string::npos) << all;
    EXPECT_NE(all.find("over tls"), std::string::npos);
    EXPECT_NE(all.find("Strict-Transport-Security: max-age="), std::string::npos);
    EXPECT_TRUE(client.ended_cleanly()); // close_notify: the answer was not cut off
  }
}

TEST_F(Tls, CarriesLargeBodiesBothWays) {
  tls_client client(server_.port());
  ASSERT_TRUE(client.is_connected());
  std::string body(std::size_t{1024} * 1024, 'b');
  client.send(post("/echo", body) + get("/large", "Connection: close\r\n"));
  EXPECT_GT(client.read_to_end().size(), 9u * 1024 * 1024);
}

TEST_F(Tls, ClosesAPeerThatSpeaksPlainHttp) {
  raw_client client(server_.port());
  client.send(get("/fixed"));
  auto all = client.read_to_end();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->find("HTTP/1.1"), std::string::npos);
}

/// A server over TLS with other routes.
class TlsRoutes : public ::testing::Test {
protected:
  void serve(std::shared_ptr<const router> routes) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.tls = *make_tls_context(files_.chain(), files_.key());
      options.limits.stream_check = 10ms;
      options.routes = std::move(routes);
    });
  }
  certificate_files files_;
  std::shared_ptr<source_script> script_ = std::make_shared<source_script>();
  std::unique_ptr<test_server> server_;
};

TEST_F(TlsRoutes, AStreamThatFailsHasNoCleanEnd) {
  script_->pieces = {"abc"};
  script_->then = ending::failure;
  serve(stream_routes(script_));
  tls_client client(server_->port());
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  client.read_to_end();
  EXPECT_FALSE(client.ended_cleanly());
}

TEST_F(TlsRoutes, AClientThatWentEndsItsStream) {
  script_->then = ending::waiting;
  serve(stream_routes(script_));
  {
    tls_client client(server_->port());
    client.send(get("/stream"));
    EXPECT_TRUE(client.read_bytes(12).starts_with("HTTP/1.1 200"));
  }
  EXPECT_TRUE(server_->wait_until(
      [this](http_server& s) { return s.connections() == 0 && script_->alive == 0; }));
}

TEST_F(TlsRoutes, StreamsPieceByPiece) {
  script_->pieces = {"hello", std::string(0x12345, 'x')};
  script_->rounds = 50;
  serve(stream_routes(script_));
  tls_client client(server_->port());
  client.send(get("/stream") + get("/fixed", "Connection: close\r\n"));
  const auto all = client.read_to_end();
  const auto once = "5\r\nhello\r\n12345\r\n" + script_->pieces[1] + "\r\n";
  std::size_t count = 0;
  for (auto at = all.find(once); at != std::string::npos; at = all.find(once, at + once.size()))
    ++count;
  EXPECT_EQ(count, script_->rounds);
  EXPECT_TRUE(all.ends_with("fixed"));
  EXPECT_TRUE(client.ended_cleanly());
}

TEST_F(TlsRoutes, StreamARequestsBody) {
  auto log = std::make_shared<body_log>();
  log->released = true;
  serve(body_routes(log));
  tls_client client(server_->port());
  const std::string body(1'000'000, 'b');
  client.send(post("/large", body) + post("/all", "small", "Expect: 100-continue\r\n"));
  const auto head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200")) << head;
  EXPECT_EQ(client.read_bytes(body.size() + 8), "1000000:" + body);
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200"));
  EXPECT_EQ(client.read_bytes(7), "5:small");
  client.send("POST /all HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
              "Expect: 100-continue\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_TRUE(client.read_to_end().ends_with("2:ok"));
  EXPECT_TRUE(client.ended_cleanly());
}

TEST_F(TlsRoutes, AnswerWhileARequestsBodyComes) {
  auto log = std::make_shared<body_log>();
  serve(body_routes(log));
  tls_client client(server_->port());
  client.send("POST /duplex HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200"));
  for (int i = 0; i < 20; ++i) {
    client.send("2\r\nab\r\n");
    EXPECT_EQ(client.read_bytes(7), "2\r\nab\r\n");
  }
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read_to_end(), "0\r\n\r\n");
  EXPECT_TRUE(client.ended_cleanly());
}

TEST_F(TlsRoutes, EndAnAnswerBeforeARequestsBody) {
  auto log = std::make_shared<body_log>();
  serve(body_routes(log));
  tls_client client(server_->port());
  client.send("POST /beside HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
  EXPECT_TRUE(client.read_to_end().ends_with("at once"));
  EXPECT_TRUE(client.ended_cleanly());
  EXPECT_TRUE(server_->wait_until([&](http_server&) { return log->alive == 0; }));
}

TEST_F(TlsRoutes, EndWhoeverAsksForABodyWhenTheServerCloses) {
  for (const auto* target : {"/all", "/duplex"}) {
    auto log = std::make_shared<body_log>();
    serve(body_routes(log));
    tls_client client(server_->port());
    client.send("POST " + std::string(target) +
                " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    EXPECT_TRUE(server_->wait_until([&](http_server&) { return log->asked == 2; })) << target;
    EXPECT_TRUE(server_->wait_until([&](http_server& s) {
      s.close_all();
      return log->alive == 0 && s.connections() == 0;
    })) << target;
    EXPECT_EQ(log->aborted, 1) << target;
  }
}

TEST_F(TlsRoutes, TellASlowClientOfItsBody) {
  auto log = std::make_shared<body_log>();
  server_ = std::make_unique<test_server>([&](http_server_options& options) {
    options.tls = *make_tls_context(files_.chain(), files_.key());
    options.routes = body_routes(log);
    options.limits.receive_max = 2s;
  });
  tls_client client(server_->port());
  client.send("POST /all HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 408"));
}

TEST_F(TlsRoutes, GiveAConnectionAwayWithItsEncryption) {
  serve(make_table({make_route(method::get, "/echo", [](exchange&) -> awaitable<response> {
    response answer;
    answer.status = 101;
    answer.content_type = {};
    answer.taken_by = echo_over;
    co_return answer;
  })}));
  tls_client client(server_->port());
  client.send(get("/echo", "Connection: Upgrade\r\nUpgrade: echo\r\n") + "behind");
  const auto head = client.read_head();
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_EQ(client.read_bytes(17), "127.0.0.1|behind|");
  EXPECT_TRUE(server_->wait_until([](http_server& s) { return s.connections() == 0; }));
  client.send(std::string(20'000, 'y'));
  EXPECT_EQ(client.read_bytes(20'000), std::string(20'000, 'y'));
}

TEST(TlsDeadline, ClosesAPeerThatNeverShakesHands) {
  certificate_files files;
  test_server server([&](http_server_options& options) {
    options.tls = *make_tls_context(files.chain(), files.key());
    options.limits.receive_max = 50ms;
  });
  raw_client client(server.port());
  EXPECT_TRUE(client.is_closed());
}

TEST(TlsDeadline, IsOneForTheHandshakeAndTheFirstRequest) {
  certificate_files files;
  constexpr auto limit = 3s; // half of it for a busy machine, on either side
  constexpr auto hesitates = 1500ms;
  test_server server([&](http_server_options& options) {
    options.tls = *make_tls_context(files.chain(), files.key());
    options.limits.receive_max = limit;
  });
  const auto begin = std::chrono::steady_clock::now();
  tls_client client(server.port(), 0, hesitates);
  EXPECT_TRUE(client.is_connected());
  EXPECT_EQ(client.read_to_end(), "");
  // With a clock that begins anew after the handshake it would be no less than this.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, hesitates + limit);
}

TEST(TlsContext, NamesTheFileThatIsWrong) {
  certificate_files first, other;
  auto missing = make_tls_context("/nonexistent/cert.pem", first.key());
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().reason.find("/nonexistent/cert.pem"), std::string::npos);
  auto mismatch = make_tls_context(first.chain(), other.key());
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_NE(mismatch.error().reason.find(other.key()), std::string::npos);
  std::ofstream(first.chain()) << "not a certificate";
  auto garbage = make_tls_context(first.chain(), first.key());
  ASSERT_FALSE(garbage.has_value());
  EXPECT_NE(garbage.error().reason.find(first.chain()), std::string::npos);
}

} // namespace
} // namespace latchkey::http::testing

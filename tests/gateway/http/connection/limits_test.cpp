// limits_test.cpp — slow peers and too many at once. Limits are small here; a test
// waits for what happens, not for time to pass.
#include "tests/gateway/http/connection/test_server.hpp"

#include <gtest/gtest.h>
#include <list>
#include <memory>
#include <unistd.h>
#include <vector>

namespace latchkey::http::testing {
namespace {

using clock_type = std::chrono::steady_clock;

/// For a client to send its first bytes in, however busy the machine is.
constexpr auto enough_to_begin = 2s;

TEST(HttpDefaults, CloseEverySlowPeerWithin15Seconds) {
  http_limits limits;
  auto ticks = 2 * timer_wheel::default_tick;
  EXPECT_LE(limits.receive_max + ticks + limits.linger_max + ticks, 15s);
  EXPECT_LE(limits.send_max + ticks + limits.linger_max + ticks, 15s);
  EXPECT_EQ(limits.header_bytes_max, 8u * 1024);
  EXPECT_EQ(limits.body_bytes_max, 1024u * 1024);
}

TEST(HttpSlowPeer, ThatSaysNothingIsClosed) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.receive_max = 50ms;
  });
  raw_client client(server.port());
  auto all = client.read_to_end();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(*all, "");
}

TEST(HttpSlowPeer, InItsHeadersGets408HoweverItDrips) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.receive_max = 300ms;
  });
  raw_client client(server.port());
  client.send("GET /fixed HTTP/1.1\r\nHost: a\r\n");
  // Each byte comes well within the limit; the request as a whole does not.
  auto end = clock_type::now() + patience;
  while (!client.is_readable_within(1ms) && clock_type::now() < end)
    client.send("X");
  EXPECT_EQ(client.read_reply().status, 408u);
}

TEST(HttpSlowPeer, InItsHeadersOrBodyIsToldSo) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.receive_max = enough_to_begin;
  });
  std::list<raw_client> clients;
  for (auto start : {"GET /fixed HT", "GET /fixed HTTP/1.1\r\nHost: a\r\n",
                     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234",
                     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"})
    clients.emplace_back(server.port()).send(start);
  for (auto& client : clients) {
    auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 408u);
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(HttpSlowPeer, InALaterRequestIsTimedFromItsFirstByte) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.receive_max = enough_to_begin;
  });
  raw_client client(server.port());
  client.send(get("/fixed") + "GET /fix");
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(client.read_reply().status, 408u);
}

TEST(HttpSlowPeer, BetweenRequestsIsClosedQuietly) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.idle_max = 50ms;
  });
  raw_client client(server.port());
  client.send(get("/fixed"));
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpSlowPeer, ThatDoesNotReadItsAnswerIsClosed) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.send_max = 50ms;
  });
  raw_client client(server.port(), 4096);
  client.send(get("/large"));
  // The answer is far larger than both socket buffers and nobody reads.
  EXPECT_TRUE(server.wait_until(
      [&](http_server& s) { return !server.finished().empty() && s.connections() == 0; }));
}

TEST(HttpSlowPeer, ThatKeepsALingeringConnectionIsClosed) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.linger_max = 50ms;
  });
  raw_client client(server.port());
  client.send("BAD\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 400u);
  EXPECT_TRUE(server.wait_until([](http_server& s) { return s.connections() == 0; }));
}

TEST(HttpSlowPeer, ThatSendsWithoutEndAfterItsRefusalIsClosed) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.linger_bytes_max = 1024 * 1024;
  });
  raw_client client(server.port());
  client.send("BAD\r\n\r\n");
  std::string much(64 * 1024, 'x');
  bool is_open = true;
  for (int i = 0; i < 10'000 && is_open; ++i)
    is_open = client.send(much);
  EXPECT_FALSE(is_open);
}

TEST(HttpSlowPeer, ReadsALargeAnswerWhole) {
  test_server server;
  raw_client client(server.port(), 4096);
  client.send(get("/large") + get("/fixed"));
  EXPECT_EQ(client.read_reply().body.size(), 8u * 1024 * 1024);
  EXPECT_EQ(client.read_reply().status, 200u);
}

TEST(HttpSlowHandler, WithholdsNoEarlierAnswer) {
  test_server server;
  raw_client client(server.port());
  client.send(get("/fixed") + get("/nowhere") + get("/wait"));
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(client.read_reply().status, 404u);
  server.release();
  EXPECT_EQ(client.read_reply().body, "released");
}

TEST(HttpAdmission, RefusesRequestsOverTheCapAtOnce) {
  test_server server([](http_server_options& options) { options.limits.in_flight_max = 2; });
  raw_client first(server.port()), second(server.port()), third(server.port());
  first.send(get("/wait"));
  second.send(get("/wait"));
  ASSERT_TRUE(server.wait_until([](http_server& s) { return s.in_flight() == 2; }));
  third.send(get("/fixed"));
  auto refused = third.read_reply();
  EXPECT_EQ(refused.status, 503u);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_NE(refused.body.find(R"("code":"OVERLOADED")"), std::string::npos);
  server.release();
  EXPECT_EQ(first.read_reply().status, 200u);
  EXPECT_EQ(second.read_reply().status, 200u);
  third.send(get("/fixed")); // the connection has stayed
  EXPECT_EQ(third.read_reply().status, 200u);
}

TEST(HttpAdmission, SaysWhatIsLeftWhateverIsRefused) {
  test_server server([](http_server_options& options) {
    long_limits(options);
    options.limits.receive_max = 300ms;
    options.limits.in_flight_max = 1;
    options.limits.body_bytes_max = 100;
    options.hooks.on_refused = [](exchange& x) { x.rate.limit = 7; };
    options.hooks.decorate = [](const exchange& x, response& answer) {
      if (x.rate.limit > 0) answer.add("X-RateLimit-Limit", std::uint64_t{x.rate.limit});
    };
  });
  raw_client busy(server.port());
  busy.send(get("/wait"));
  ASSERT_TRUE(server.wait_until([](http_server& s) { return s.in_flight() == 1; }));
  const std::vector<std::pair<std::string, unsigned>> refused{
      {get("/fixed"), 503},
      {"BAD\r\n\r\n", 400},
      {"GET /fix", 408},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413}};
  for (const auto& [bytes, status] : refused) {
    raw_client client(server.port());
    client.send(bytes);
    const auto answer = client.read_reply();
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("x-ratelimit-limit"), "7") << status;
  }
  server.release();
  EXPECT_EQ(busy.read_reply().header("x-ratelimit-limit"), "") << "that one was not";
}

TEST(HttpAdmission, RefusesConnectionsOverTheCap) {
  test_server server([](http_server_options& options) {
    options.limits.connections_max = 2;
    options.limits.refusals_max = 1;
  });
  raw_client first(server.port()), second(server.port());
  first.send(get("/fixed"));
  second.send(get("/fixed"));
  EXPECT_EQ(first.read_reply().status, 200u);
  EXPECT_EQ(second.read_reply().status, 200u);
  raw_client third(server.port());
  ASSERT_TRUE(server.wait_until([](http_server& s) { return s.connections() == 3; }));
  raw_client fourth(server.port());
  EXPECT_TRUE(fourth.is_closed());
  third.send(get("/fixed"));
  auto refused = third.read_reply();
  EXPECT_EQ(refused.status, 503u);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(refused.header("connection"), "close");
  EXPECT_TRUE(third.is_closed());
  first.send(get("/fixed"));
  EXPECT_EQ(first.read_reply().status, 200u);
}

TEST(HttpAdmission, TakesNoDescriptorFromTheReserve) {
  // The next one is the lowest that is free: a client's own, and then the server's side of it.
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  test_server server([next](http_server_options& options) {
    options.limits.descriptors_full = next + 20;
    options.limits.descriptors_max = next + 24;
  });
  std::vector<std::unique_ptr<raw_client>> clients;
  std::size_t served = 0, refused = 0, closed = 0;
  for (int i = 0; i < 20; ++i) {
    auto& client = clients.emplace_back(std::make_unique<raw_client>(server.port()));
    client->send(get("/fixed"));
    const auto status = client->read_reply().status;
    served += status == 200;
    refused += status == 503;
    closed += status == 0;
    if (status == 503) {
      EXPECT_TRUE(client->is_closed());
    }
  }
  EXPECT_GT(served, 0u);
  EXPECT_GT(refused, 0u);
  EXPECT_GT(closed, 0u);
  EXPECT_EQ(served + refused + closed, 20u);
  clients.front()->send(get("/fixed"));
  EXPECT_EQ(clients.front()->read_reply().status, 200u) << "who is in stays in";
}

} // namespace
} // namespace latchkey::http::testing

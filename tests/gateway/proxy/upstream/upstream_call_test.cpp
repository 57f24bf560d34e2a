// How a client asks upstreams: what is sent and sent again, and for how long.
#include "scripted_upstream.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace latchkey::proxy::testing {
namespace {

using http::method;

/// The request that an upstream saw, with `bytes` of its body.
struct seen_request {
  std::string head, body;
};

script records(std::promise<seen_request>& seen, std::size_t bytes) {
  return [&seen, bytes](peer& connection) {
    seen_request got;
    got.head = connection.read_head();
    got.body = connection.read_bytes(bytes);
    connection.send(ok);
    seen.set_value(got);
    connection.wait_for_end();
  };
}

question with_method(method verb) {
  question request;
  request.method = verb;
  return request;
}

// -- what is sent -------------------------------------------------------------------------------

TEST(UpstreamCall, SendsTargetHeadersAndFramingOfItsOwn) {
  std::promise<seen_request> got;
  scripted_upstream upstream({records(got, 4)});
  client_fixture client(upstream.url());
  question request = with_method(method::put);
  request.target = "/a?b=c";
  request.headers = "X-One: 1\r\n";
  request.body = "body";
  EXPECT_EQ(client.ask(request).body, "ok");
  const auto seen = got.get_future().get();
  EXPECT_EQ(seen.head, "PUT /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(upstream.port()) +
                           "\r\nX-One: 1\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(seen.body, "body");
}

TEST(UpstreamCall, SaysThatAPostWithoutABodyHasNone) {
  std::promise<seen_request> post;
  std::promise<seen_request> get;
  scripted_upstream upstream({records(post, 0), records(get, 0)});
  upstream_limits limits;
  limits.idle_max = 0;
  client_fixture client(upstream.url(), limits);
  client.ask(with_method(method::post));
  client.ask({});
  EXPECT_NE(post.get_future().get().head.find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(get.get_future().get().head.find("Content-Length"), std::string::npos);
}

TEST(UpstreamCall, StreamsABodyOfKnownSizeAndOneInChunks) {
  std::promise<seen_request> counted;
  std::promise<seen_request> chunked;
  scripted_upstream upstream({records(counted, 6), records(chunked, 21)});
  upstream_limits limits;
  limits.idle_max = 0;
  client_fixture client(upstream.url(), limits);
  const std::vector<std::optional<std::string>> pieces{"abc", "def"};
  question request = with_method(method::post);
  request.pieces = std::make_shared<piecewise_body>(pieces, 6);
  EXPECT_EQ(client.ask(request).body, "ok");
  auto seen = counted.get_future().get();
  EXPECT_NE(seen.head.find("Content-Length: 6\r\n"), std::string::npos) << seen.head;
  EXPECT_EQ(seen.body, "abcdef");

  request.pieces = std::make_shared<piecewise_body>(pieces);
  EXPECT_EQ(client.ask(request).body, "ok");
  seen = chunked.get_future().get();
  EXPECT_NE(seen.head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << seen.head;
  EXPECT_EQ(seen.body, "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
}

TEST(UpstreamCall, AsksForNoMoreOfABodyThanTheUpstreamTakes) {
  constexpr std::size_t count = 1'000;
  std::promise<void> may_read;
  scripted_upstream upstream({[&](peer& connection) {
                                connection.read_head();
                                may_read.get_future().wait();
                                for (std::size_t i = 0; i < count; ++i)
                                  connection.read_bytes(16'384);
                                connection.send(ok);
                              },
                              answers(ok)});
  client_fixture client(upstream.url());
  // More than any socket's buffers take when nobody reads.
  const std::vector<std::optional<std::string>> pieces(count, std::string(16'384, 'x'));
  auto body = std::make_shared<piecewise_body>(pieces, count * 16'384);
  question request = with_method(method::post);
  request.pieces = body;
  auto answer = client.start(request);
  EXPECT_TRUE(client.wait_until([&] { return body->asked() > 0; }));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(client.ask({}).body, "ok"); // meanwhile others have their turn
  EXPECT_LT(body->asked(), count);
  may_read.set_value();
  EXPECT_EQ(answer.get().body, "ok");
  // The answer may be there before the body has been asked for its end.
  EXPECT_TRUE(body->asked() == count || body->asked() == count + 1) << body->asked();
}

TEST(UpstreamCall, TakesAnAnswerThatComesBeforeItsBodyWasSent) {
  scripted_upstream upstream({[&](peer& connection) {
                                connection.read_head();
                                connection.send(
                                    "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
                                connection.wait_for_end();
                              },
                              answers(ok)});
  client_fixture client(upstream.url());
  const std::vector<std::optional<std::string>> pieces(20'000, std::string(16'384, 'x'));
  question request = with_method(method::post);
  request.pieces = std::make_shared<piecewise_body>(pieces);
  const auto got = client.ask(request);
  EXPECT_EQ(got.status, 413u);
  EXPECT_EQ(got.body, "no");
  EXPECT_EQ(client.ask({}).body, "ok"); // on another connection
  EXPECT_EQ(upstream.connections(), 2u);
}

/// Its only piece comes once the upstream, which waits for the question, has answered.
class late_body final : public http::request_body {
public:
  awaitable<result<std::string_view>> next() override {
    result<std::string_view> given = std::string_view{};
    if (!std::exchange(was_asked_, true)) {
      asked.set_value();
      answered.get_future().wait();
      given = std::string_view{"abc"};
    }
    co_return given;
  }
  std::optional<std::uint64_t> size() const noexcept override { return 3; }

  std::promise<void> asked;
  std::promise<void> answered;

private:
  bool was_asked_ = false;
};

TEST(UpstreamCall, KeepsTheConnectionWhenAllWasSentBeforeTheAnswerWasSeen) {
  const auto body = std::make_shared<late_body>();
  scripted_upstream upstream({[&](peer& connection) {
                                connection.read_head();
                                body->asked.get_future().wait();
                                connection.send(ok);
                                body->answered.set_value();
                                connection.read_bytes(3);
                                answers(ok)(connection);
                              },
                              answers(ok)});
  client_fixture client(upstream.url());
  question request = with_method(method::post);
  request.pieces = body;
  EXPECT_EQ(client.ask(request).body, "ok");
  EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_EQ(upstream.connections(), 1u);
}

TEST(UpstreamCall, FailsAsItsBodyDoesAndEndsTheRequest) {
  std::promise<bool> ended;
  scripted_upstream upstream({[&](peer& connection) {
    connection.read_until("abc\r\n");
    ended.set_value(connection.wait_for_end());
  }});
  client_fixture client(upstream.url());
  const std::vector<std::optional<std::string>> pieces{"abc", std::nullopt};
  question request = with_method(method::put);
  request.pieces = std::make_shared<piecewise_body>(pieces);
  const auto got = client.ask(request);
  EXPECT_EQ(got.code(), error_code::payload_too_large);
  EXPECT_EQ(got.error->field, "body");
  EXPECT_TRUE(ended.get_future().get());
  EXPECT_EQ(client.counts().failed.value(), 0u); // which is not the upstream's fault
  EXPECT_EQ(client.counts().abandoned.value(), 1u);
}

// -- what is sent again ---------------------------------------------------------------------------

std::size_t connections_for(method verb, const script& bad) {
  scripted_upstream upstream({bad, bad, bad, answers(ok)});
  client_fixture client(upstream.url());
  const auto got = client.ask(with_method(verb));
  EXPECT_EQ(got.code(), error_code::upstream_unavailable);
  EXPECT_EQ(client.counts().failed.value(), 1u); // told once
  return upstream.connections();
}

TEST(UpstreamCall, IsSentAgainAtMostTwiceWhenNothingWasAnswered) {
  const auto resets = [](peer& connection) {
    connection.read_head();
    connection.reset();
  };
  for (const auto verb : {method::get, method::put, method::delete_})
    EXPECT_EQ(connections_for(verb, resets), 3u) << http::to_string(verb);
  for (const auto verb : {method::post, method::patch})
    EXPECT_EQ(connections_for(verb, resets), 1u) << http::to_string(verb);
}

TEST(UpstreamCall, IsNotSentAgainOnceAByteOfAnAnswerHasCome) {
  const auto begins = [](peer& connection) {
    connection.read_head();
    connection.send("H");
    connection.half_close();
    connection.wait_for_end();
  };
  EXPECT_EQ(connections_for(method::get, begins), 1u);
}

TEST(UpstreamCall, IsNotSentAgainOnceItsBodyWasBegun) {
  scripted_upstream upstream({[](peer& connection) {
                                connection.read_until("abc");
                                connection.reset();
                              },
                              answers(ok)});
  client_fixture client(upstream.url());
  const std::vector<std::optional<std::string>> pieces{"abc"};
  question request = with_method(method::put);
  request.pieces = std::make_shared<piecewise_body>(pieces, 3);
  EXPECT_EQ(client.ask(request).code(), error_code::upstream_unavailable);
  EXPECT_EQ(upstream.connections(), 1u);
}

TEST(UpstreamCall, SucceedsWhenASecondTryDoes) {
  scripted_upstream upstream({[](peer& connection) { connection.reset(); }, answers(ok)});
  client_fixture client(upstream.url());
  EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_EQ(client.counts().retries.value(), 1u);
  EXPECT_EQ(client.counts().answered.value(), 1u);
  EXPECT_EQ(client.counts().failed.value(), 0u);
}

TEST(UpstreamCall, ToNobodyIsGw001) {
  scripted_upstream upstream({answers(ok)});
  upstream.stop_listening();
  client_fixture refused(upstream.url());
  const auto got = refused.ask({});
  EXPECT_EQ(got.code(), error_code::upstream_unavailable);
  EXPECT_GE(got.error->retry_after_s, 1u);
  EXPECT_EQ(refused.counts().retries.value(), 2u);
  client_fixture unconfigured("");
  EXPECT_EQ(unconfigured.ask({}).code(), error_code::upstream_unavailable);
  client_fixture unknown("http://host.invalid");
  EXPECT_EQ(unknown.ask({}).code(), error_code::upstream_unavailable);
}

TEST(UpstreamCall, ReachesAHostByItsName) {
  scripted_upstream upstream({answers(ok)});
  client_fixture client("http://localhost:" + std::to_string(upstream.port()));
  EXPECT_EQ(client.ask({}).body, "ok");
}

// -- how long -------------------------------------------------------------------------------------

TEST(UpstreamCall, WithoutAnAnswerInTimeIsGw002) {
  scripted_upstream upstream({[](peer& connection) { connection.wait_for_end(); }});
  client_fixture client(upstream.url());
  question request;
  request.deadline = 30ms;
  EXPECT_EQ(client.ask(request).code(), error_code::upstream_timeout);
  EXPECT_EQ(upstream.connections(), 1u); // not sent again
  EXPECT_EQ(client.counts().timed_out.value(), 1u);
  EXPECT_EQ(client.counts().connections.value(), 0);
}

TEST(UpstreamCall, WithHalfAHeadInTimeIsGw002) {
  scripted_upstream upstream({[](peer& connection) {
    connection.send("HTTP/1.1 200 OK\r\nX-");
    connection.wait_for_end();
  }});
  client_fixture client(upstream.url());
  question request;
  request.deadline = 30ms;
  EXPECT_EQ(client.ask(request).code(), error_code::upstream_timeout);
}

TEST(UpstreamCall, EndsWithWhoeverAsked) {
  std::promise<bool> ended;
  std::atomic<bool> has_gone{false};
  scripted_upstream upstream({[&](peer& connection) {
    connection.read_head();
    has_gone = true;
    ended.set_value(connection.wait_for_end());
  }});
  client_fixture client(upstream.url());
  question request;
  request.has_gone = &has_gone;
  EXPECT_TRUE(client.ask(request).was_thrown);
  EXPECT_TRUE(ended.get_future().get());
  EXPECT_EQ(client.counts().abandoned.value(), 1u);
  EXPECT_EQ(client.breaker().state, breaker_state::closed);
}

TEST(UpstreamCall, EndsWithItsClient) {
  std::promise<void> asked;
  scripted_upstream upstream({[&](peer& connection) {
    connection.read_head();
    asked.set_value();
    connection.wait_for_end();
  }});
  upstream_limits limits;
  limits.calls_max = 1;
  client_fixture client(upstream.url(), limits);
  auto under_way = client.start({});
  auto waiting = client.start({});
  asked.get_future().wait();
  client.wait_until([&] { return client.counts().waiting.value() == 1; });
  client.close();
  EXPECT_TRUE(under_way.get().was_thrown);
  EXPECT_TRUE(waiting.get().was_thrown);
}

// -- upgrades -------------------------------------------------------------------------------------

TEST(UpstreamCall, GivesAnUpgradedConnectionAway) {
  std::promise<seen_request> got;
  scripted_upstream upstream({[&](peer& connection) {
    seen_request seen;
    seen.head = connection.read_head();
    connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
                    "Connection: Upgrade\r\n\r\nbehind");
    got.set_value(seen);
    connection.wait_for_end();
  }});
  upstream_limits limits;
  limits.calls_max = 1;
  client_fixture client(upstream.url(), limits);
  question request;
  request.asks_for_websocket = true;
  const auto answer = client.ask(request);
  EXPECT_EQ(answer.status, 101u);
  EXPECT_EQ(answer.body, "behind");
  const auto head = got.get_future().get().head;
  EXPECT_NE(head.find("Connection: Upgrade\r\nUpgrade: websocket\r\n"), std::string::npos) << head;
}

} // namespace
} // namespace latchkey::proxy::testing

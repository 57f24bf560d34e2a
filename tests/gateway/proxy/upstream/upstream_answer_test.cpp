// What a client makes of an upstream's answers: framing, connections that are kept, and bodies
// that break off.
#include "scripted_upstream.hpp"

#include <gtest/gtest.h>

namespace latchkey::proxy::testing {
namespace {

using http::method;

/// One answer to GET, on a connection that ends behind it.
seen answer_to(const std::string& bytes, question request = {}) {
  scripted_upstream upstream({[bytes](peer& connection) {
    connection.read_head();
    connection.send(bytes);
  }});
  client_fixture client(upstream.url());
  return client.ask(std::move(request));
}

TEST(UpstreamAnswer, IsTakenAsItsFramingSays) {
  EXPECT_EQ(answer_to(ok).body, "ok");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")
                .body,
            "abcde");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\n\r\nto the end").body, "to the end");
  EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nold").body, "old");
}

TEST(UpstreamAnswer, TellsItsHeadAsItIs) {
  const auto got = answer_to("HTTP/1.1 404 Gone Away\r\nX-One:  a \r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(got.status, 404u);
  EXPECT_EQ(got.header("x-one"), "a");
  EXPECT_EQ(got.code(), error_code::none);
}

TEST(UpstreamAnswer, HasNoBodyWhereHttpSaysSo) {
  for (const auto* status : {"204 No Content", "304 Not Modified"}) {
    const auto got = answer_to("HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(got.code(), error_code::none) << status;
    EXPECT_EQ(got.body, "") << status;
    EXPECT_EQ(got.body_code(), error_code::none) << status;
  }
  question head;
  head.method = method::head;
  const auto got = answer_to("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head);
  EXPECT_EQ(got.status, 200u);
  EXPECT_EQ(got.size, 5u);
  EXPECT_EQ(got.body, "");
  EXPECT_EQ(got.body_code(), error_code::none);
}

TEST(UpstreamAnswer, IsTheOneBehindThoseThatComeBefore) {
  const auto got = answer_to("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                             "HTTP/1.1 100 Continue\r\n\r\n" +
                             ok);
  EXPECT_EQ(got.status, 200u);
  EXPECT_EQ(got.header("Link"), "");
  EXPECT_EQ(got.body, "ok");
}

class UnusableAnswer : public ::testing::TestWithParam<std::string> {};

TEST_P(UnusableAnswer, IsGw001AndNotAskedForAgain) {
  scripted_upstream upstream({[](peer& connection) {
    connection.read_head();
    connection.send(GetParam());
    connection.half_close();
    connection.wait_for_end();
  }});
  client_fixture client(upstream.url());
  const auto got = client.ask({});
  EXPECT_EQ(got.code(), error_code::upstream_unavailable);
  EXPECT_EQ(upstream.connections(), 1u);
  EXPECT_EQ(client.counts().failed.value(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Upstream, UnusableAnswer,
    ::testing::Values("this is no HTTP\r\n\r\n", "HTTP/1.1 200", "HTTP/2.0 200 OK\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
                      "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab",
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n",
                      "HTTP/1.1 100 Continue\r\n\r\n"));

TEST(UpstreamAnswer, ThatEndsTooEarlyFailsInItsBody) {
  const auto counted = answer_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
  EXPECT_EQ(counted.status, 200u);
  EXPECT_EQ(counted.body, "short");
  EXPECT_EQ(counted.body_code(), error_code::upstream_unavailable);
  const auto chunked =
      answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n");
  EXPECT_EQ(chunked.body, "short");
  EXPECT_EQ(chunked.body_code(), error_code::upstream_unavailable);
  const auto broken =
      answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nno size\r\n");
  EXPECT_EQ(broken.body_code(), error_code::upstream_unavailable);
}

TEST(UpstreamAnswer, ThatIsResetFailsEvenWhereAnEndWouldBeGood) {
  std::promise<void> has_come;
  scripted_upstream upstream({[&](peer& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\n\r\nsome");
    has_come.get_future().wait();
    connection.reset();
  }});
  client_fixture client(upstream.url());
  client.run([&](upstream_client& asked) -> awaitable<> {
    upstream_call call;
    call.target = "/";
    call.deadline = std::chrono::steady_clock::now() + patience;
    auto answer = co_await asked.call(call);
    auto body = answer->take_body();
    const auto some = co_await body->next();
    EXPECT_EQ(some.value(), "some");
    has_come.set_value();
    const auto none = co_await body->next();
    EXPECT_FALSE(none.has_value());
  });
}

TEST(UpstreamAnswer, ThatFallsSilentIsCutOff) {
  scripted_upstream upstream({[](peer& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
    connection.wait_for_end();
  }});
  client_fixture client(upstream.url());
  question request;
  request.silence_max = 20ms;
  const auto got = client.ask(request);
  EXPECT_EQ(got.body, "short");
  EXPECT_EQ(got.body_code(), error_code::upstream_timeout);
  EXPECT_EQ(client.counts().cut.value(), 1u);
  EXPECT_EQ(client.counts().connections.value(), 0);
}

TEST(UpstreamAnswer, CanBeLargeAndComesWhole) {
  const std::string piece(100'000, 'p');
  scripted_upstream upstream({[&piece](peer& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 50; ++i)
      connection.send("186a0\r\n" + piece + "\r\n");
    connection.send("0\r\n\r\n");
    connection.wait_for_end();
  }});
  client_fixture client(upstream.url());
  const auto got = client.ask({});
  EXPECT_EQ(got.body.size(), 5'000'000u);
  EXPECT_EQ(got.body_code(), error_code::none);
}

// -- connections that are kept ---------------------------------------------------------------

TEST(UpstreamConnection, ServesOneCallAfterAnother) {
  scripted_upstream upstream({answers(ok)});
  client_fixture client(upstream.url());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_EQ(upstream.connections(), 1u);
  EXPECT_EQ(client.counts().connections.value(), 1);
}

TEST(UpstreamConnection, IsNotKeptWhenItSaysSoOrHasMoreToSay) {
  for (const std::string& bytes :
       {std::string{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"},
        ok + "and more"}) {
    scripted_upstream upstream({[&bytes](peer& connection) {
      connection.read_head();
      connection.send(bytes);
      connection.wait_for_end();
    }});
    client_fixture client(upstream.url());
    EXPECT_EQ(client.ask({}).body, "ok");
    EXPECT_EQ(client.ask({}).body, "ok");
    EXPECT_EQ(upstream.connections(), 2u) << bytes;
  }
}

TEST(UpstreamConnection, ThatWasClosedMeanwhileIsNoticedAndNoFailure) {
  std::promise<void> closed;
  scripted_upstream upstream({[&](peer& connection) {
                                connection.read_head();
                                connection.send(ok);
                                connection.half_close();
                                closed.set_value();
                                connection.wait_for_end();
                              },
                              answers(ok)});
  client_fixture client(upstream.url());
  EXPECT_EQ(client.ask({}).body, "ok");
  closed.get_future().wait();
  question post;
  post.method = method::post; // which could not be sent twice
  EXPECT_EQ(client.ask(post).body, "ok");
  EXPECT_EQ(client.counts().failed.value(), 0u);
  EXPECT_EQ(client.counts().retries.value(), 0u);
}

TEST(UpstreamConnection, ThatDiesUnderARequestCostsARetryAndNoFailure) {
  scripted_upstream upstream({[](peer& connection) {
                                connection.read_head();
                                connection.send(ok);
                                connection.read_head();
                                connection.reset();
                              },
                              answers(ok)});
  client_fixture client(upstream.url());
  EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_EQ(client.counts().retries.value(), 1u);
  EXPECT_EQ(client.counts().failed.value(), 0u);
}

TEST(UpstreamConnection, IsClosedWhenItWasIdleForLong) {
  scripted_upstream upstream({answers(ok)});
  upstream_limits limits;
  limits.idle_for = 10ms;
  client_fixture client(upstream.url(), limits);
  EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_TRUE(client.wait_until([&] { return client.counts().connections.value() == 0; }));
  EXPECT_EQ(client.ask({}).body, "ok");
  EXPECT_EQ(upstream.connections(), 2u);
}

TEST(UpstreamConnection, GoesWithABodyThatNobodyWants) {
  std::promise<bool> ended;
  scripted_upstream upstream({[&](peer& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
    ended.set_value(connection.wait_for_end());
  }});
  client_fixture client(upstream.url());
  client.run([](upstream_client& asked) -> awaitable<> {
    upstream_call call;
    call.target = "/";
    call.deadline = std::chrono::steady_clock::now() + patience;
    auto answer = co_await asked.call(call);
    EXPECT_TRUE(answer.has_value());
    auto body = answer->take_body();
  });
  EXPECT_TRUE(ended.get_future().get());
}

} // namespace
} // namespace latchkey::proxy::testing

// Clients that take long over a request's body: what is theirs is not held against the upstream.
#include "gateway/proxy/upstream/read_ahead.hpp"
#include "gateway/proxy/upstream/user_calls.hpp"
#include "scripted_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

namespace latchkey::proxy::testing {
namespace {

/// One byte at a time, each after a pause; without an end unless `count` is reached.
class trickle final : public http::request_body {
public:
  trickle(std::chrono::milliseconds pause, std::size_t count) : pause_(pause), left_(count) {}
  awaitable<result<std::string_view>> next() override {
    ++asked;
    const auto executor = co_await boost::asio::this_coro::executor;
    http::clock_timer timer(executor, pause_);
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
    result<std::string_view> given = std::string_view{};
    if (left_ > 0) given = std::string_view{"x"};
    left_ -= left_ > 0 ? 1 : 0;
    co_return given;
  }
  std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }

  std::atomic<int> asked{0};

private:
  std::chrono::milliseconds pause_;
  std::size_t left_;
};

question trickled(std::chrono::milliseconds deadline, std::size_t count,
                  std::chrono::milliseconds pause = 20ms) {
  question request;
  request.method = http::method::post;
  request.deadline = deadline;
  request.pieces = std::make_shared<trickle>(pause, count);
  return request;
}

const script reads_a_chunked_body = [](peer& connection) {
  while (!connection.read_until("0\r\n\r\n").empty())
    connection.send(ok);
};

TEST(SlowClient, IsToldThatItsBodyTookTooLongAndOpensNoBreaker) {
  scripted_upstream upstream({[](peer& connection) { connection.wait_for_end(); }});
  client_fixture client(upstream.url());
  std::vector<std::future<seen>> calls;
  for (int i = 0; i < 15; ++i)
    calls.push_back(client.start(trickled(200ms, 1'000'000)));
  for (auto& call : calls) {
    const auto got = call.get();
    EXPECT_EQ(got.code(), error_code::request_timeout);
    EXPECT_EQ(got.error->field, "body");
  }
  EXPECT_EQ(client.breaker().state, breaker_state::closed);
  EXPECT_EQ(client.counts().timed_out.value(), 0u);
  EXPECT_EQ(client.counts().failed.value(), 0u);
}

TEST(SlowClient, DoesNotUseUpTheTimeOfItsUpstream) {
  // The body takes 1.6 seconds and may take 4 on a machine that is busy. The upstream answers when
  // what was left of the client's time is over, and long before its own is.
  constexpr auto deadline = 4'000ms;
  const auto answers_at = std::chrono::steady_clock::now() + deadline + 300ms;
  scripted_upstream upstream({[answers_at](peer& connection) {
    connection.read_until("0\r\n\r\n");
    std::this_thread::sleep_until(answers_at);
    connection.send(ok);
  }});
  client_fixture client(upstream.url());
  EXPECT_EQ(client.ask(trickled(deadline, 80)).body, "ok");
}

TEST(SlowClient, IsNotTheOneByWhichAnUpstreamIsTriedAgain) {
  scripted_upstream upstream(
      {[](peer& connection) { connection.reset(); }, reads_a_chunked_body, answers(ok)});
  breaker_settings breaker;
  breaker.failures_in_a_row_max = 1;
  breaker.open_for = breaker.open_for_max = 0ms; // the next call is the probe
  client_fixture client(upstream.url(), {}, breaker);
  question posted;
  posted.method = http::method::post;
  EXPECT_EQ(client.ask(posted).code(), error_code::upstream_unavailable);
  auto slow = trickled(patience, 1'000'000);
  std::atomic<bool> has_gone{false};
  slow.has_gone = &has_gone;
  auto never = client.start(slow);
  const auto& body = static_cast<const trickle&>(*slow.pieces);
  ASSERT_TRUE(client.wait_until([&] { return body.asked > 0; }));
  EXPECT_EQ(client.ask(posted).body, "ok") << "another is served meanwhile";
  EXPECT_EQ(client.breaker().state, breaker_state::closed);
  client.close();
  EXPECT_TRUE(never.get().was_thrown);
}

TEST(SlowClient, MayCloseTheBreakerOnceItsBodyHasBeenSent) {
  scripted_upstream upstream({[](peer& connection) { connection.reset(); }, reads_a_chunked_body});
  breaker_settings breaker;
  breaker.failures_in_a_row_max = 1;
  breaker.open_for = breaker.open_for_max = 0ms; // the next call is the probe
  client_fixture client(upstream.url(), {}, breaker);
  question posted;
  posted.method = http::method::post;
  EXPECT_EQ(client.ask(posted).code(), error_code::upstream_unavailable);
  EXPECT_EQ(client.ask(trickled(patience, 3)).body, "ok");
  EXPECT_EQ(client.breaker().state, breaker_state::closed);
}

TEST(SlowClient, WhoseUpstreamGivesUpOpensNoBreaker) {
  scripted_upstream upstream({[](peer& connection) {
    connection.read_head();
    connection.read_bytes(80); // some twenty bytes of the body
    connection.reset();
  }});
  breaker_settings breaker;
  breaker.failures_in_a_row_max = 1;
  client_fixture client(upstream.url(), {}, breaker);
  const auto got = client.ask(trickled(patience, 1'000'000, 100ms));
  EXPECT_EQ(got.code(), error_code::upstream_unavailable);
  EXPECT_EQ(client.breaker().state, breaker_state::closed);
}

// -- a body that is read ahead
// ----------------------------------------------------------------------

struct gathered {
  result<bool> is_whole = false;
  std::string whole;
  std::string rest; // what came after, piece by piece
};

gathered gather(std::shared_ptr<http::request_body> body, std::size_t bytes_max,
                std::chrono::milliseconds wait) {
  gathered out;
  boost::asio::io_context io;
  boost::asio::co_spawn(
      io,
      [&]() -> awaitable<> {
        auto ahead = std::make_shared<read_ahead>(io, *body);
        const auto until = std::chrono::steady_clock::now() + wait;
        out.is_whole = co_await ahead->gather(bytes_max, until);
        if (!out.is_whole) co_return;
        if (*out.is_whole) {
          out.whole = ahead->take_whole();
          co_return;
        }
        while (true) {
          const auto piece = co_await ahead->next();
          if (!piece || piece->empty()) co_return;
          out.rest += *piece;
        }
      },
      boost::asio::detached);
  io.run();
  return out;
}

using pieces = std::vector<std::optional<std::string>>;

TEST(ReadAhead, HasAllOfASmallBodyWhoseEndComesSoon) {
  const auto got = gather(std::make_shared<piecewise_body>(pieces{"ab", "cd"}), 4, 10s);
  EXPECT_TRUE(got.is_whole.value());
  EXPECT_EQ(got.whole, "abcd");
}

TEST(ReadAhead, GoesOnPieceByPieceWithAnythingElseAndLosesNothing) {
  auto got = gather(std::make_shared<piecewise_body>(pieces{"ab", "cd", "e"}), 3, 10s);
  EXPECT_FALSE(got.is_whole.value());
  EXPECT_EQ(got.rest, "abcde");
  got = gather(std::make_shared<trickle>(20ms, 5), 100, 30ms);
  EXPECT_FALSE(got.is_whole.value());
  EXPECT_EQ(got.rest, "xxxxx");
}

TEST(ReadAhead, FailsAsTheBodyDoes) {
  const auto got = gather(std::make_shared<piecewise_body>(pieces{"ab", std::nullopt}), 100, 10s);
  ASSERT_FALSE(got.is_whole);
  EXPECT_EQ(got.is_whole.error().code, error_code::payload_too_large);
}

TEST(UserCalls, AreBoundedForEachUserAlone) {
  const user_calls calls(2);
  const user_id ann{make_uuid(time_point{})};
  const user_id bob{make_uuid(time_point{})};
  auto first = calls.begin(ann);
  const auto second = calls.begin(ann);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(calls.begin(ann));
  EXPECT_TRUE(calls.begin(bob));
  first.reset();
  EXPECT_TRUE(calls.begin(ann));
}

} // namespace
} // namespace latchkey::proxy::testing

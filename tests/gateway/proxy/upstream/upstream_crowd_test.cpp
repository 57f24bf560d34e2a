// What becomes of calls when there are more than an upstream may have, or when it keeps failing.
#include "scripted_upstream.hpp"

#include <gtest/gtest.h>

namespace latchkey::proxy::testing {
namespace {

question posted() {
  question request;
  request.method = http::method::post; // sent once
  return request;
}

TEST(UpstreamCall, WaitsForAConnectionWhenAllAreInUse) {
  std::promise<void> go_on;
  auto may = go_on.get_future().share();
  scripted_upstream upstream({[may](peer& connection) {
    while (!connection.read_head().empty()) {
      may.wait();
      connection.send(ok);
    }
  }});
  upstream_limits limits;
  limits.calls_max = 2;
  limits.waiting_max = 3;
  client_fixture client(upstream.url(), limits);
  std::vector<std::future<seen>> calls;
  for (int i = 0; i < 5; ++i)
    calls.push_back(client.start({}));
  EXPECT_TRUE(client.wait_until([&] { return client.counts().waiting.value() == 3; }));
  const auto refused = client.ask({}); // one too many
  EXPECT_EQ(refused.code(), error_code::upstream_unavailable);
  EXPECT_GE(refused.error->retry_after_s, 1u);
  go_on.set_value();
  for (auto& call : calls)
    EXPECT_EQ(call.get().body, "ok");
  EXPECT_EQ(upstream.connections(), 2u);
  EXPECT_EQ(client.counts().refused.value(), 1u);
}

TEST(UpstreamCall, ThatWaitsInVainIsGw002AndNotTheUpstreamsFailure) {
  scripted_upstream upstream({[](peer& connection) { connection.wait_for_end(); }});
  upstream_limits limits;
  limits.calls_max = 1;
  client_fixture client(upstream.url(), limits);
  std::atomic<bool> has_gone{false};
  question patient;
  patient.has_gone = &has_gone;
  auto first = client.start(patient);
  client.wait_until([&] { return upstream.connections() == 1; });
  question hasty;
  hasty.deadline = 20ms;
  EXPECT_EQ(client.ask(hasty).code(), error_code::upstream_timeout);
  EXPECT_EQ(client.counts().waiting.value(), 0);
  has_gone = true;
  EXPECT_TRUE(first.get().was_thrown);
}

TEST(UpstreamCall, LeavesAnUpstreamAloneThatKeepsFailing) {
  scripted_upstream upstream({[](peer& connection) { connection.reset(); }});
  breaker_settings breaker;
  breaker.failures_in_a_row_max = 3;
  breaker.open_for = 1h;
  breaker.open_for_max = 1h;
  client_fixture client(upstream.url(), {}, breaker);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.ask(posted()).code(), error_code::upstream_unavailable);
  const auto connections = upstream.connections();
  const auto refused = client.ask({});
  EXPECT_EQ(refused.code(), error_code::upstream_unavailable);
  EXPECT_GT(refused.error->retry_after_s, 3000u);
  EXPECT_EQ(upstream.connections(), connections);
  EXPECT_EQ(client.counts().refused.value(), 1u);
  const auto text = client.rendered();
  for (const auto* line :
       {"upstream_requests_total{upstream=\"core-manager\",outcome=\"failed\"} 3",
        "upstream_requests_total{upstream=\"core-manager\",outcome=\"refused\"} 1",
        "upstream_breaker_state{upstream=\"core-manager\"} 2",
        "upstream_breaker_openings_total{upstream=\"core-manager\"} 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

/// One call at a time, and one failure opens the breaker. The first call has been made; its answer
/// is held back until the test lets it `go_on`.
class UpstreamCrowd : public ::testing::Test {
protected:
  void begin(script then, script later, std::chrono::milliseconds open_for) {
    upstream_.emplace(std::vector<script>{[this, then](peer& connection) {
                                            connection.read_head();
                                            may_.wait_for(patience);
                                            then(connection);
                                          },
                                          std::move(later)});
    upstream_limits limits;
    limits.calls_max = 1;
    breaker_settings breaker;
    breaker.failures_in_a_row_max = 1;
    breaker.open_for = breaker.open_for_max = open_for;
    client_.emplace(upstream_->url(), limits, breaker);
    first_ = start();
    ASSERT_TRUE(client_->wait_until([&] { return upstream_->connections() == 1; }));
  }
  std::future<seen> start(std::chrono::milliseconds deadline = patience) {
    auto request = posted();
    request.deadline = deadline;
    return client_->start(request);
  }
  bool waits_for(std::int64_t calls) {
    return client_->wait_until([&] { return client_->counts().waiting.value() == calls; });
  }
  void go_on() { go_on_.set_value(); }

  std::promise<void> go_on_;
  std::shared_future<void> may_ = go_on_.get_future().share();
  std::optional<scripted_upstream> upstream_;
  std::optional<client_fixture> client_;
  std::future<seen> first_;
};

const script breaks_off = [](peer& connection) { connection.reset(); };
const script says_nothing = [](peer& connection) { connection.wait_for_end(); };

TEST_F(UpstreamCrowd, ThatWaitsIsServedWhenTheUpstreamThatFailedIsTriedAgain) {
  begin(breaks_off, answers(ok), 200ms);
  std::vector<std::future<seen>> waiting;
  for (int i = 0; i < 5; ++i)
    waiting.push_back(start());
  ASSERT_TRUE(waits_for(5));
  go_on();
  EXPECT_EQ(first_.get().code(), error_code::upstream_unavailable);
  EXPECT_EQ(client_->breaker().opened, 1u);
  for (auto& answer : waiting)
    EXPECT_EQ(answer.get().body, "ok");
  EXPECT_EQ(client_->breaker().refused, 0u);
  EXPECT_EQ(client_->breaker().state, breaker_state::closed);
}

TEST_F(UpstreamCrowd, ThatWaitsForAnUpstreamWhichIsLeftAloneIsGw002InTime) {
  begin(breaks_off, says_nothing, 1h);
  auto waiting = start(500ms);
  ASSERT_TRUE(waits_for(1));
  go_on();
  EXPECT_EQ(first_.get().code(), error_code::upstream_unavailable);
  EXPECT_EQ(start().get().code(), error_code::upstream_unavailable) << "it came later";
  EXPECT_EQ(waiting.get().code(), error_code::upstream_timeout);
  EXPECT_EQ(upstream_->connections(), 1u);
  EXPECT_EQ(client_->counts().timed_out.value(), 1u);
}

TEST_F(UpstreamCrowd, ThatHadWaitedTooLongForAnAnswerIsNotTheUpstreamsFailure) {
  const script answers_once = [](peer& connection) {
    connection.send(ok);
    connection.read_head(); // of the one that waited: not answered
    connection.wait_for_end();
  };
  begin(answers_once, says_nothing, 1h);
  const auto deadline = 3s;
  const auto began = std::chrono::steady_clock::now();
  auto late = start(deadline);
  ASSERT_TRUE(waits_for(1));
  // More than half of its time has gone when it is asked.
  ASSERT_TRUE(client_->wait_until(
      [&] { return std::chrono::steady_clock::now() - began > deadline * 5 / 6; }));
  go_on();
  EXPECT_EQ(first_.get().body, "ok");
  EXPECT_EQ(late.get().code(), error_code::upstream_timeout);
  EXPECT_EQ(client_->breaker().state, breaker_state::closed);
  // One that had all of it: this is.
  EXPECT_EQ(start(20ms).get().code(), error_code::upstream_timeout);
  EXPECT_EQ(client_->breaker().state, breaker_state::open);
}

} // namespace
} // namespace latchkey::proxy::testing

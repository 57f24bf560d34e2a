// When an upstream is left alone, and how it is tried again. Time is what the test says it is.
#include "gateway/proxy/upstream/circuit_breaker.hpp"

#include <array>
#include <atomic>
#include <gtest/gtest.h>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::proxy {
namespace {

using namespace std::chrono_literals;

constexpr breaker_settings limits{.failures_in_a_row_max = 3,
                                  .outcomes_min = 10,
                                  .failure_percent_max = 50,
                                  .window = 10'000ms,
                                  .open_for = 1'000ms,
                                  .open_for_max = 3'000ms,
                                  .successes_to_close = 2};

class CircuitBreaker : public testing::Test {
protected:
  circuit_breaker breaker{limits};
  circuit_breaker::time_point now{1h};

  std::optional<circuit_breaker::call> ask() {
    auto call = breaker.admit(now);
    if (!call) return std::nullopt;
    return std::move(*call);
  }
  void call_that(bool works) {
    auto call = ask();
    ASSERT_TRUE(call.has_value());
    works ? call->worked(now) : call->failed(now);
  }
  void break_it() {
    for (std::uint32_t i = 0; i < limits.failures_in_a_row_max; ++i)
      call_that(false);
    ASSERT_EQ(state(), breaker_state::open);
  }
  breaker_state state() const { return breaker.view().state; }
};

TEST_F(CircuitBreaker, OpensAfterFailuresInARow) {
  call_that(false);
  call_that(false);
  call_that(true);
  call_that(false);
  call_that(false);
  EXPECT_EQ(state(), breaker_state::closed);
  call_that(false);
  EXPECT_EQ(state(), breaker_state::open);
  EXPECT_EQ(breaker.view().opened, 1u);
}

TEST_F(CircuitBreaker, RefusesWithATimeToComeBackWhileItIsOpen) {
  break_it();
  const auto refused = breaker.admit(now);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, error_code::upstream_unavailable);
  EXPECT_EQ(refused.error().retry_after_s, 1u);
  now += 999ms;
  EXPECT_EQ(breaker.admit(now).error().retry_after_s, 1u);
  EXPECT_EQ(breaker.view().refused, 2u);
  EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(CircuitBreaker, LetsOneThatCanWaitThroughLikeTheOthersButCountsNoRefusal) {
  EXPECT_TRUE(breaker.try_admit(now).has_value());
  break_it();
  EXPECT_FALSE(breaker.try_admit(now).has_value());
  EXPECT_EQ(breaker.view().refused, 0u);
  now += limits.open_for;
  auto probe = breaker.try_admit(now);
  ASSERT_TRUE(probe.has_value());
  EXPECT_TRUE(probe->is_probe());
  EXPECT_FALSE(breaker.try_admit(now).has_value());
}

TEST_F(CircuitBreaker, OpensAtAShareOfFailuresInAWindow) {
  for (int i = 0; i < 4; ++i) {
    call_that(true);
    call_that(false);
  }
  call_that(true);
  EXPECT_EQ(state(), breaker_state::closed); // 4 of 9, and 9 are too few
  call_that(false);
  EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(CircuitBreaker, ForgetsFailuresOfAnotherWindow) {
  for (int i = 0; i < 4; ++i) {
    call_that(false);
    call_that(true);
  }
  now += limits.window;
  call_that(true);
  call_that(false);
  EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(CircuitBreaker, LetsOneProbeThroughAtATime) {
  break_it();
  now += limits.open_for;
  auto probe = ask();
  ASSERT_TRUE(probe.has_value());
  EXPECT_TRUE(probe->is_probe());
  EXPECT_EQ(state(), breaker_state::half_open);
  EXPECT_FALSE(ask().has_value());
  EXPECT_EQ(breaker.admit(now).error().retry_after_s, 1u);
  probe->worked(now);
  EXPECT_EQ(state(), breaker_state::half_open); // two are asked for
  call_that(true);
  EXPECT_EQ(state(), breaker_state::closed);
  EXPECT_FALSE(ask()->is_probe());
}

TEST_F(CircuitBreaker, WaitsTwiceAsLongAfterEachProbeThatFailed) {
  break_it();
  now += 1'000ms;
  call_that(false);
  now += 1'999ms;
  EXPECT_FALSE(ask().has_value());
  now += 1ms;
  call_that(false);
  EXPECT_EQ(breaker.admit(now).error().retry_after_s, 3u); // not four
  now += 3'000ms;
  call_that(true);
  call_that(true);
  ASSERT_EQ(state(), breaker_state::closed);
  break_it();
  EXPECT_EQ(breaker.admit(now).error().retry_after_s, 1u); // from the beginning again
  EXPECT_EQ(breaker.view().opened, 4u);
}

TEST_F(CircuitBreaker, GoesOnWhenAProbeIsGivenUp) {
  break_it();
  now += limits.open_for;
  { const auto given_up = ask(); }
  EXPECT_EQ(state(), breaker_state::half_open);
  call_that(true);
  call_that(true);
  EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(CircuitBreaker, CountsNothingForACallThatIsGivenUp) {
  for (std::uint32_t i = 0; i < 2 * limits.outcomes_min; ++i)
    EXPECT_TRUE(ask().has_value());
  EXPECT_EQ(state(), breaker_state::closed);
  call_that(false);
  EXPECT_EQ(state(), breaker_state::closed);
}

TEST_F(CircuitBreaker, IgnoresOutcomesFromBeforeItOpened) {
  auto early = ask();
  auto late = ask();
  break_it();
  early->failed(now);
  now += limits.open_for;
  auto probe = ask();
  late->worked(now);
  EXPECT_FALSE(ask().has_value()); // the probe is still under way
  EXPECT_EQ(state(), breaker_state::half_open);
  probe->failed(now);
  EXPECT_EQ(state(), breaker_state::open);
  EXPECT_EQ(breaker.view().opened, 2u);
}

TEST_F(CircuitBreaker, HearsAnOutcomeOnceThoughTheCallMoves) {
  auto first = ask();
  auto second = std::move(*first);
  first.reset();
  second.failed(now);
  second.failed(now);
  second.failed(now);
  EXPECT_EQ(state(), breaker_state::closed);
  call_that(false);
  EXPECT_EQ(state(), breaker_state::closed);
  call_that(false); // the third that counts
  EXPECT_EQ(state(), breaker_state::open);
}

TEST_F(CircuitBreaker, GivesUpTheCallThatAnotherIsMovedOver) {
  circuit_breaker other{limits}; // must outlive the call
  break_it();
  now += limits.open_for;
  auto probe = ask();
  ASSERT_TRUE(probe.has_value());
  *probe = std::move(*other.admit(now));
  EXPECT_TRUE(ask().has_value());
}

TEST(CircuitBreakerSettings, TakeZeroForOne) {
  circuit_breaker breaker{{.failures_in_a_row_max = 0, .successes_to_close = 0}};
  const circuit_breaker::time_point now{1h};
  breaker.admit(now)->failed(now);
  EXPECT_EQ(breaker.view().state, breaker_state::open);
  breaker.admit(now + 1s)->worked(now + 1s);
  EXPECT_EQ(breaker.view().state, breaker_state::closed);
}

TEST(CircuitBreakerThreads, AgreeOnOneProbe) {
  circuit_breaker breaker{{.failures_in_a_row_max = 1}};
  const circuit_breaker::time_point now{1h};
  breaker.admit(now)->failed(now);
  std::atomic<int> probes{0};
  std::atomic<int> ready{0};
  constexpr int thread_count = 4;
  std::vector<std::optional<circuit_breaker::call>> held(thread_count);
  std::vector<std::thread> threads;
  for (auto& calls : held)
    threads.emplace_back([&] {
      ++ready;
      while (ready < thread_count)
        std::this_thread::yield();
      if (auto call = breaker.admit(now + 1h)) {
        ++probes;
        calls.emplace(std::move(*call));
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(probes, 1);
  EXPECT_EQ(breaker.view().refused, 3u);
}

TEST(BreakerStates, HaveTheMetricsWords) {
  EXPECT_EQ(to_string(breaker_state::closed), "closed");
  EXPECT_EQ(to_string(breaker_state::open), "open");
  EXPECT_EQ(to_string(breaker_state::half_open), "half_open");
}

} // namespace
} // namespace latchkey::proxy

// timer_wheel_test.cpp — the coarse wheel that carries every deadline of the edge.
#include "gateway/reactor/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace latchkey {
namespace {

using namespace std::chrono_literals;
using clock_type = timer_wheel::clock;

struct probe : timer_wheel::entry {
  probe() : entry(&probe::expired) {}
  static void expired(entry& e) noexcept {
    auto& self = static_cast<probe&>(e);
    self.expired_at = clock_type::now();
    ++self.count;
    if (self.cancels) self.cancels->cancel();
    if (self.again > 0 && self.wheel) {
      --self.again;
      self.wheel->schedule(self, 1ms);
    }
  }
  clock_type::time_point expired_at{};
  int count = 0;
  int again = 0;
  timer_wheel* wheel = nullptr;
  probe* cancels = nullptr;
};

TEST(TimerWheel, NeverExpiresEarlyAndLeavesNothingArmed) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io, 2ms};
  std::vector<std::unique_ptr<probe>> probes;
  auto start = clock_type::now();
  for (int i = 0; i < 50; ++i) {
    probes.push_back(std::make_unique<probe>());
    wheel.schedule(*probes.back(), std::chrono::milliseconds{i});
  }
  EXPECT_EQ(wheel.size(), 50u);
  io.run(); // ends by itself: the timer is armed only while entries wait
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(probes[static_cast<std::size_t>(i)]->count, 1);
    EXPECT_GE(probes[static_cast<std::size_t>(i)]->expired_at - start,
              std::chrono::milliseconds{i});
  }
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, CancelledEntriesStaySilent) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io, 1ms};
  probe cancelled, moved, last;
  wheel.schedule(cancelled, 2ms);
  wheel.schedule(moved, 1ms);
  wheel.schedule(moved, 4ms);
  wheel.schedule(last, 20ms);
  cancelled.cancel();
  EXPECT_EQ(wheel.size(), 2u);
  io.run();
  EXPECT_EQ(cancelled.count, 0);
  EXPECT_EQ(moved.count, 1);
  EXPECT_EQ(last.count, 1);
}

TEST(TimerWheel, CallbacksMayScheduleAgainAndCancelNeighbours) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io, 1ms};
  probe repeating, first, second;
  repeating.wheel = &wheel;
  repeating.again = 3;
  first.cancels = &second;
  second.cancels = &first;
  wheel.schedule(repeating, 1ms);
  wheel.schedule(first, 5ms);
  wheel.schedule(second, 5ms);
  io.run();
  EXPECT_EQ(repeating.count, 4);
  EXPECT_EQ(first.count + second.count, 1);
}

TEST(TimerWheel, KeepsDeadlinesBeyondOneRevolution) {
  boost::asio::io_context io{1};
  timer_wheel wheel{io, 1ms};
  probe near, far;
  auto start = clock_type::now();
  wheel.schedule(far, 1100ms); // 1024 slots of 1 ms
  wheel.schedule(near, 10ms);
  io.run();
  EXPECT_GE(far.expired_at - start, 1100ms);
  EXPECT_EQ(far.count, 1);
  EXPECT_LT(near.expired_at, far.expired_at);
}

TEST(TimerWheel, MayGoBeforeItsIoContextRuns) {
  boost::asio::io_context io{1};
  auto wheel = std::make_unique<timer_wheel>(io, 1ms);
  auto entry = std::make_unique<probe>();
  wheel->schedule(*entry, 1ms);
  entry.reset();
  EXPECT_EQ(wheel->size(), 0u);
  wheel.reset();
  EXPECT_NO_THROW(io.run());
}

} // namespace
} // namespace latchkey

// The time of day that never goes back, on a machine whose clock is set.
#include "protocol/unstepped_clock.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

using namespace std::chrono_literals;

class machine final : public clock_source {
public:
  time_point now() const noexcept override { return set; }
  time_point steady() const noexcept override { return passed; }
  void move(std::chrono::microseconds by) {
    set += by;
    passed += by;
  }
  time_point set = *parse_time("2026-01-02T03:04:05Z");
  time_point passed = set;
};

TEST(UnsteppedClock, ShowsTheMachinesTimeWhileThatGoesForward) {
  machine m;
  const unstepped_clock clock{m};
  for (const auto by : {1us, 999us, 3600000000us, 86400000000us}) {
    m.move(by);
    EXPECT_EQ(clock.now(), m.set);
    EXPECT_EQ(clock.steady(), m.passed);
  }
  m.set += 24h * 365; // set forward
  EXPECT_EQ(clock.now(), m.set);
}

TEST(UnsteppedClock, NeverGoesBackAndGoesAsTimePasses) {
  machine m;
  const unstepped_clock clock{m};
  m.move(1h);
  const auto before = clock.now();
  m.set -= 1h;
  EXPECT_EQ(clock.now(), before);
  m.move(60s);
  EXPECT_GE(clock.now() - before, 54s);
  EXPECT_LE(clock.now() - before, 60s);
  m.set -= 1h; // and again
  EXPECT_GE(clock.now() - before, 54s);
  m.move(60s);
  EXPECT_GE(clock.now() - before, 108s);
  EXPECT_LE(clock.now() - before, 120s);
}

TEST(UnsteppedClock, IsCaughtUpWithByTheMachines) {
  machine m;
  const unstepped_clock clock{m};
  m.set -= 1h;
  m.move(5h);
  EXPECT_GT(clock.now(), m.set + 29min);
  EXPECT_LT(clock.now(), m.set + 31min);
  m.move(5h + 6min);
  EXPECT_EQ(clock.now(), m.set);
  m.set += 1h;
  EXPECT_EQ(clock.now(), m.set);
}

TEST(UnsteppedClock, GoesOnAfterARestartFromWhatWasShown) {
  machine m;
  const auto shown = m.set;
  m.set -= 2h;
  const unstepped_clock clock{m, shown};
  EXPECT_EQ(clock.now(), shown);
  m.move(100s);
  EXPECT_EQ(clock.now(), shown + 90s);
  const unstepped_clock of_long_ago{m, shown - 24h * 365};
  EXPECT_EQ(of_long_ago.now(), m.set);
}

TEST(UnsteppedClock, FollowsAMachineThatWasFarAhead) {
  machine m;
  const unstepped_clock clock{m};
  const auto right = m.set;
  m.set += 24h * 365;
  EXPECT_EQ(clock.now(), m.set);
  const auto wrong = m.set;
  m.set = right;
  EXPECT_EQ(clock.now(), right);
  EXPECT_EQ((unstepped_clock{m, wrong}.now()), right);
  m.set -= unstepped_clock::ahead_max;
  EXPECT_EQ(clock.now(), right) << "as far as it goes";
}

} // namespace
} // namespace latchkey

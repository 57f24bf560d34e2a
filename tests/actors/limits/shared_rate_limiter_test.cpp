// shared_rate_limiter_test.cpp — windows of several nodes on one Redis: exact together, whole again
// when somebody gives back.
#include "tests/actors/limits/shared_limits.hpp"

#include <csignal>

namespace latchkey::test::shared_limits {
namespace {

class SharedLimit : public testing::TestWithParam<std::uint32_t> {};

TEST_P(SharedLimit, IsExactOverThreeNodesThatAskTenTimesAsOften) {
  nodes three;
  const rate_limit limit{GetParam(), 600};
  const auto tries = static_cast<int>(10 * limit.count / node_count + 2);
  EXPECT_EQ(three.take_everywhere("shared", limit, tries), limit.count);
  for (std::size_t i = 0; i < node_count; ++i) {
    EXPECT_FALSE(three[i].take("shared", limit).granted);
    EXPECT_FALSE(three[i].limiter->is_degraded());
  }
}

INSTANTIATE_TEST_SUITE_P(Of, SharedLimit, testing::Values(1u, 2u, 7u, 10u, 100u, 1000u, 5000u));

TEST(SharedRateLimiter, IsExactWhenTheNodesComeOneAfterTheOther) {
  nodes three;
  const rate_limit limit{1000, 600};
  // The first leaves a lease behind of which the others have to be given what is left.
  EXPECT_EQ(three[0].take_many("shared", limit, 10), 10u);
  const auto rest =
      three[1].take_many("shared", limit, 600) + three[2].take_many("shared", limit, 600);
  EXPECT_EQ(rest, 990u);
}

TEST(SharedRateLimiter, RefusesNobodyWhileAnotherNodeSitsOnTheRest) {
  nodes three;
  const rate_limit limit{24, 600};
  EXPECT_TRUE(three[0].take("shared", limit).granted); // with a lease of one
  for (int i = 0; i < 23; ++i)
    EXPECT_TRUE(three[1].take("shared", limit).granted) << i;
  EXPECT_FALSE(three[1].take("shared", limit).granted);
  EXPECT_FALSE(three[0].take("shared", limit).granted);
}

TEST(SharedRateLimiter, HasNothingToGiveBackOfWhatIsSpent) {
  nodes three;
  const rate_limit limit{24, 600};
  EXPECT_TRUE(three[0].take("shared", limit).granted); // with a lease of one
  EXPECT_TRUE(three[0].take("shared", limit).granted);
  EXPECT_EQ(three[1].take_many("shared", limit, 40), 22u);
  for (std::size_t i = 0; i < node_count; ++i)
    EXPECT_FALSE(three[i].limiter->is_degraded());
}

TEST(SharedRateLimiter, CountsDownAsOneNodeAloneDoes) {
  const redis_server server;
  node alone{server, long_patience, 1};
  const rate_limit limit{40, 600};
  time_point reset{};
  for (std::uint32_t left = limit.count; left > 0; --left) {
    const auto verdict = alone.take("a", limit);
    EXPECT_TRUE(verdict.granted) << left;
    EXPECT_EQ(verdict.limit, limit.count);
    EXPECT_EQ(verdict.remaining, left - 1);
    if (reset == time_point{}) reset = verdict.reset;
    EXPECT_EQ(verdict.reset, reset);
  }
  EXPECT_GT(reset, alone.now() + 500s);
  EXPECT_LE(reset, alone.now() + 600s);
  const auto refused = alone.take("a", limit);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.remaining, 0u);
  EXPECT_EQ(refused.reset, reset);
  EXPECT_EQ(alone.take("b", limit).remaining, 39u);
}

TEST(SharedRateLimiter, AsksSeldomWhileMuchIsLeft) {
  nodes three;
  const rate_limit limit{12'000, 600};
  const auto before = scripts_run(three.server);
  for (int i = 0; i < 600; ++i)
    EXPECT_TRUE(three[0].take("shared", limit).granted);
  EXPECT_LT(scripts_run(three.server) - before, 60);
}

TEST(SharedRateLimiter, AsksOnceForAllWhoWaitMeanwhile) {
  nodes three;
  three[0].take("other", {1, 600}); // the connection and the script are there
  const auto before = scripts_run(three.server);
  three.server.signal(SIGSTOP);
  const auto go_on = [&] { three.server.signal(SIGCONT); };
  EXPECT_EQ(three[0].take_many("shared", {5, 600}, 200, go_on), 5u);
  EXPECT_LT(scripts_run(three.server) - before, 50);
}

TEST(SharedRateLimiter, BeginsAnewWhenTheWindowIsOver) {
  nodes three;
  const rate_limit limit{12, 1};
  EXPECT_EQ(three.take_everywhere("shared", limit, 40), limit.count);
  ASSERT_TRUE(comes_true([&] { return three[1].take("shared", limit).granted; }));
}

TEST(SharedRateLimiter, EndsAWindowAtTheSameTimeEverywhere) {
  nodes three;
  const rate_limit limit{1000, 600};
  const auto first = three[0].take("shared", limit).reset;
  const auto second = three[1].take("shared", limit).reset;
  EXPECT_LE(second, first + 1s);
  EXPECT_GE(second, first - 30s) << "more than a busy machine's delay";
}

TEST(SharedRateLimiter, LooksWithoutTaking) {
  nodes three;
  const rate_limit limit{3, 600};
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(three[0].limiter->look("shared", limit, three[0].now()).granted);
  EXPECT_EQ(three[0].take_many("shared", limit, 10), 3u);
  const auto spent = three[0].limiter->look("shared", limit, three[0].now());
  EXPECT_FALSE(spent.granted);
  EXPECT_EQ(spent.remaining, 0u);
}

TEST(SharedRateLimiter, AppliesALimitThatHasChanged) {
  nodes three;
  EXPECT_EQ(three[0].take_many("shared", {3, 600}, 10), 3u);
  EXPECT_EQ(three[1].take_many("shared", {5, 600}, 10), 2u);
  EXPECT_EQ(three[0].take_many("shared", {6, 600}, 10), 1u);
}

TEST(SharedRateLimiter, GivesBackWhatItWasLentWhenItEnds) {
  nodes three;
  const rate_limit limit{24, 600};
  EXPECT_TRUE(three[0].take("shared", limit).granted); // with a lease of one
  three[0].end();
  EXPECT_EQ(three[1].take_many("shared", limit, 30), 23u);
}

TEST(SharedRateLimiter, GivesBackWhatNobodyHasSpentForLong) {
  nodes three;
  const rate_limit limit{1200, 600};
  three[0].take("shared", limit);
  const auto used = [&] {
    return three.server.command({"HGET", "latchkey:rate:shared", "used"}).text;
  };
  EXPECT_EQ(used(), "100"); // one, and a twelfth of the others
  EXPECT_TRUE(comes_true([&] { return used() == "1"; }));
}

TEST(SharedRateLimiter, TakesWhatAFrozenNodeWasLentForSpent) {
  const redis_server server;
  storage::redis_rate_windows frozen{server.address(), long_patience};
  const auto lent = frozen.run({}, {storage::rate_question{"shared", 24, 600, 1, 12, 0, 0, false}});
  ASSERT_TRUE(lent);
  EXPECT_EQ(lent->front().leased, 1u);
  node other{server};
  EXPECT_EQ(other.take_many("shared", {24, 600}, 40), 22u);
}

} // namespace
} // namespace latchkey::test::shared_limits

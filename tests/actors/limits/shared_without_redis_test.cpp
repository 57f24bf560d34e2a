// shared_without_redis_test.cpp — windows are each node's own while Redis is away.
#include "tests/actors/limits/shared_limits.hpp"

#include <csignal>

namespace latchkey::test::shared_limits {
namespace {

TEST(SharedRateLimiter, GrantsItsPartWhileRedisIsAway) {
  nodes three;
  const rate_limit limit{9, 600};
  three.server.stop();
  for (std::size_t i = 0; i < node_count; ++i)
    EXPECT_EQ(three[i].take_many("shared", limit, 20), 3u);
  EXPECT_TRUE(three[0].limiter->is_degraded());
  EXPECT_EQ(three[0].take_many("narrow", {2, 600}, 20), 1u) << "one at least";
  // And from now on without a question.
  EXPECT_FALSE(three[0].limiter->take("shared", limit, three[0].now()).is_undecided);
  EXPECT_FALSE(three[0].limiter->hold("login", limit, three[0].now()).is_undecided);
}

TEST(SharedRateLimiter, CountsWhatItHasGrantedBeforeRedisWasAway) {
  const redis_server server;
  node alone{server, long_patience, 1};
  const rate_limit limit{10, 600};
  EXPECT_EQ(alone.take_many("shared", limit, 7), 7u);
  const_cast<redis_server&>(server).stop();
  EXPECT_EQ(alone.take_many("shared", limit, 7), 3u);
}

TEST(SharedRateLimiter, HealsByItselfAndTellsWhatItHasGrantedMeanwhile) {
  nodes three;
  const rate_limit limit{9, 600};
  three.server.stop();
  for (std::size_t i = 0; i < node_count; ++i)
    EXPECT_EQ(three[i].take_many("shared", limit, 2), 2u);
  three.server.start();
  for (std::size_t i = 0; i < node_count; ++i)
    ASSERT_TRUE(comes_true([&] { return !three[i].limiter->is_degraded(); }));
  std::uint32_t granted = 0;
  for (std::size_t i = 0; i < node_count; ++i)
    granted += three[i].take("shared", limit).granted;
  EXPECT_EQ(granted, 3u) << "each node tells what it owes with its first question";
  EXPECT_EQ(three.take_everywhere("shared", limit, 30), 0u);
}

TEST(SharedRateLimiter, DelaysNobodyTwiceWhileRedisIsFrozen) {
  nodes three{short_patience};
  const rate_limit limit{9, 600};
  for (std::size_t i = 0; i < node_count; ++i)
    ASSERT_TRUE(comes_true([&] { return three[i].is_answered(); }));
  three.server.signal(SIGSTOP);
  EXPECT_TRUE(three[0].take("shared", limit).granted);
  EXPECT_TRUE(three[0].limiter->is_degraded());
  EXPECT_FALSE(three[0].limiter->take("other", limit, three[0].now()).is_undecided);
  three.server.signal(SIGCONT);
  EXPECT_TRUE(comes_true([&] { return !three[0].limiter->is_degraded(); }));
}

TEST(SharedRateLimiter, BeginsAnewInARedisThatWasEmptied) {
  nodes three;
  const rate_limit limit{6, 600};
  EXPECT_EQ(three.take_everywhere("shared", limit, 30), 6u);
  three.server.command({"FLUSHALL"});
  three.server.command({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(three[0].take("other", limit).granted) << "it knows no script any more";
  EXPECT_FALSE(three[0].limiter->is_degraded());
  EXPECT_TRUE(comes_true([&] { return three[1].take("shared", limit).granted; }));
}

TEST(SharedRateLimiter, GivesBackWhatItHeldWhileRedisWasAway) {
  nodes three;
  const rate_limit limit{3, 600};
  three.server.stop();
  const auto held = three[0].hold("login", limit);
  ASSERT_TRUE(held.granted);
  EXPECT_FALSE(three[0].hold("login", limit).granted);
  three[0].limiter->give_back("login", held.reset);
  EXPECT_TRUE(three[0].hold("login", limit).granted);
}

} // namespace
} // namespace latchkey::test::shared_limits

// Windows of takes: exact for one thread and for many, bounded, and forgotten when over.
#include "actors/limits/rate_limiter.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace latchkey {
namespace {

using std::chrono::seconds;

const time_point start = *parse_time("2026-01-02T03:04:05Z");
constexpr rate_limit three{3, 60};

TEST(RateLimiter, RefusesWhatIsOverTheLimitUntilTheWindowEnds) {
  const auto limiter = make_local_rate_limiter();
  for (std::uint32_t left : {2u, 1u, 0u}) {
    const auto verdict = limiter->take("a", three, start + seconds{left});
    EXPECT_TRUE(verdict.granted);
    EXPECT_EQ(verdict.limit, 3u);
    EXPECT_EQ(verdict.remaining, left);
  }
  const auto refused = limiter->take("a", three, start + seconds{59});
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.remaining, 0u);
  // From the first take on, which was at 2 s.
  EXPECT_EQ(refused.reset, start + seconds{62});
  EXPECT_FALSE(limiter->take("a", three, start + seconds{61}).granted);
  const auto anew = limiter->take("a", three, start + seconds{62});
  EXPECT_TRUE(anew.granted);
  EXPECT_EQ(anew.remaining, 2u);
  EXPECT_EQ(anew.reset, start + seconds{122});
}

TEST(RateLimiter, KeepsKeysApart) {
  const auto limiter = make_local_rate_limiter();
  constexpr rate_limit one{1, 60};
  EXPECT_TRUE(limiter->take("a", one, start).granted);
  EXPECT_TRUE(limiter->take("b", one, start).granted);
  EXPECT_FALSE(limiter->take("a", one, start).granted);
}

TEST(RateLimiter, GrantsEverythingWhereTheLimitIsOff) {
  const auto limiter = make_local_rate_limiter();
  for (int i = 0; i < 10; ++i) {
    const auto verdict = limiter->take("a", rate_limit{}, start);
    EXPECT_TRUE(verdict.granted);
    EXPECT_EQ(verdict.limit, 0u);
  }
  // And nothing was kept of it.
  EXPECT_EQ(limiter->look("a", three, start).remaining, 3u);
}

TEST(RateLimiter, LooksWithoutTaking) {
  const auto limiter = make_local_rate_limiter();
  EXPECT_EQ(limiter->look("a", three, start).remaining, 3u);
  limiter->take("a", three, start);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limiter->look("a", three, start).remaining, 2u);
  limiter->take("a", three, start);
  limiter->take("a", three, start);
  const auto empty = limiter->look("a", three, start + seconds{1});
  EXPECT_FALSE(empty.granted);
  EXPECT_EQ(empty.reset, start + seconds{60});
  EXPECT_TRUE(limiter->look("a", three, start + seconds{60}).granted);
}

TEST(RateLimiter, TakesBackWhatIsGivenBackInTheSameWindowOnly) {
  const auto limiter = make_local_rate_limiter();
  limiter->give_back("a", start + seconds{60}); // nothing was taken
  const auto window = limiter->hold("a", three, start).reset;
  limiter->take("a", three, start);
  limiter->take("a", three, start);
  limiter->give_back("a", window);
  EXPECT_TRUE(limiter->take("a", three, start).granted);
  EXPECT_FALSE(limiter->take("a", three, start).granted);
}

TEST(RateLimiter, GivesBackNothingOfAnotherWindow) {
  const auto limiter = make_local_rate_limiter();
  const auto before = limiter->hold("a", three, start).reset;
  const auto later = start + seconds{60}; // that window is over
  limiter->hold("a", three, later);
  limiter->give_back("a", before);
  EXPECT_EQ(limiter->look("a", three, later).remaining, 2u);
  limiter->keep("a", before);
  EXPECT_EQ(limiter->look("a", three, later).held, 1u);
}

TEST(RateLimiter, SaysHowManyMayBeGivenBackYet) {
  const auto limiter = make_local_rate_limiter();
  limiter->take("a", three, start);
  limiter->hold("a", three, start);
  const auto window = limiter->hold("a", three, start).reset;
  const auto refused = limiter->hold("a", three, start);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.held, 2u);
  limiter->keep("a", window);
  EXPECT_EQ(limiter->take("a", three, start).held, 1u);
  limiter->keep("a", window);
  limiter->keep("a", window); // more than were held
  limiter->give_back("a", window);
  const auto full = limiter->take("a", three, start);
  EXPECT_FALSE(full.granted);
  EXPECT_EQ(full.held, 0u);
}

TEST(RateLimiter, NeverGivesBackMoreThanWasTaken) {
  const auto limiter = make_local_rate_limiter();
  limiter->take("a", three, start);
  const auto window = limiter->hold("a", three, start).reset;
  for (int i = 0; i < 5; ++i)
    limiter->give_back("a", window);
  EXPECT_EQ(limiter->look("a", three, start).remaining, 2u);
}

TEST(RateLimiter, ForgetsOneKey) {
  const auto limiter = make_local_rate_limiter();
  constexpr rate_limit one{1, 60};
  limiter->take("a", one, start);
  limiter->take("b", one, start);
  limiter->forget("a");
  limiter->forget("never seen");
  EXPECT_TRUE(limiter->take("a", one, start).granted);
  EXPECT_FALSE(limiter->take("b", one, start).granted);
}

TEST(RateLimiter, AppliesALimitThatHasChanged) {
  const auto limiter = make_local_rate_limiter();
  for (int i = 0; i < 3; ++i)
    limiter->take("a", three, start);
  const auto raised = limiter->take("a", rate_limit{5, 60}, start);
  EXPECT_TRUE(raised.granted);
  EXPECT_EQ(raised.remaining, 1u);
  EXPECT_EQ(limiter->look("a", rate_limit{2, 60}, start).remaining, 0u);
}

TEST(RateLimiter, LetsTheOldestWindowsGoWhenThereAreTooMany) {
  constexpr std::size_t keys_max = 640;
  constexpr rate_limit one{1, 3600};
  const auto limiter = make_local_rate_limiter(keys_max);
  const auto key = [](std::size_t i) { return "key:" + std::to_string(i); };
  constexpr std::size_t taken = 10 * keys_max;
  for (std::size_t i = 0; i < taken; ++i)
    EXPECT_TRUE(limiter->take(key(i), one, start).granted) << i;
  std::size_t remembered = 0;
  for (std::size_t i = 0; i < taken; ++i)
    if (!limiter->look(key(i), one, start).granted) ++remembered;
  EXPECT_LE(remembered, keys_max);
  EXPECT_GE(remembered, keys_max / 2); // every shard is full by now
  EXPECT_FALSE(limiter->look(key(taken - 1), one, start).granted);
  EXPECT_TRUE(limiter->look(key(0), one, start).granted);
}

TEST(RateLimiter, LetsGoOfWindowsThatAreOverWhoeverBeganBefore) {
  const auto limiter = make_local_rate_limiter();
  constexpr rate_limit long_one{1, 3600};
  constexpr std::size_t count = 1000;
  for (std::size_t i = 0; i < count; ++i)
    limiter->take("long:" + std::to_string(i), long_one, start);
  for (std::size_t i = 0; i < count; ++i)
    limiter->take("short:" + std::to_string(i), three, start + seconds{1});
  EXPECT_EQ(limiter->windows(), 2 * count);
  const auto let_go = [&limiter](time_point now) {
    for (std::size_t i = 0; i < rate_limiter_parts; ++i)
      limiter->let_go(now);
  };
  let_go(start + seconds{60});
  EXPECT_EQ(limiter->windows(), 2 * count) << "all of them run";
  let_go(start + seconds{61});
  EXPECT_EQ(limiter->windows(), count);
  EXPECT_FALSE(limiter->look("long:7", long_one, start + seconds{61}).granted);
  // Those that stay are still in order: the oldest goes first.
  limiter->take("long:0", long_one, start + seconds{3600});
  let_go(start + seconds{3600});
  EXPECT_EQ(limiter->windows(), 1u);
  let_go(start + seconds{7200});
  EXPECT_EQ(limiter->windows(), 0u);
}

TEST(RateLimiter, IsExactHoweverManyThreadsTake) {
  constexpr int threads = 8;
  constexpr int tries = 5000;
  constexpr rate_limit limit{10'000, 60};
  const auto limiter = make_local_rate_limiter();
  std::atomic<int> granted = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < tries; ++i) {
        if (limiter->take("shared", limit, start).granted) ++granted;
        // Others come and go meanwhile.
        limiter->take("own:" + std::to_string(t * tries + i), limit, start);
      }
    });
  for (auto& thread : all)
    thread.join();
  EXPECT_EQ(granted, 10'000);
  EXPECT_EQ(limiter->look("shared", limit, start).remaining, 0u);
}

TEST(RateLimiter, LosesNothingThatManyThreadsGiveBack) {
  constexpr rate_limit limit{64, 60};
  const auto limiter = make_local_rate_limiter();
  std::vector<std::thread> all;
  for (int t = 0; t < 8; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < 5000; ++i)
        if (const auto held = limiter->hold("shared", limit, start); held.granted)
          limiter->give_back("shared", held.reset);
    });
  for (auto& thread : all)
    thread.join();
  EXPECT_EQ(limiter->look("shared", limit, start).remaining, 64u);
}

} // namespace
} // namespace latchkey

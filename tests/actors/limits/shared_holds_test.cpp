// shared_holds_test.cpp — what a node holds of a window that several share.
#include "tests/actors/limits/shared_limits.hpp"

#include <thread>
#include <vector>

namespace latchkey::test::shared_limits {
namespace {

TEST(SharedRateLimiter, HoldsAreExactOverAllNodes) {
  nodes three;
  const rate_limit limit{3, 600};
  std::vector<rate_verdict> held;
  for (std::size_t i = 0; i < 3; ++i)
    held.push_back(three[i].hold("login", limit));
  for (const auto& verdict : held)
    EXPECT_TRUE(verdict.granted);
  const auto refused = three[0].hold("login", limit);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.held, 3u) << "which may be given back";

  three[1].limiter->give_back("login", held[1].reset);
  EXPECT_TRUE(comes_true([&] { return three[2].hold("login", limit).granted; }));
  three[0].limiter->keep("login", held[0].reset);
  three[0].limiter->keep("login", held[0].reset);
  three[2].limiter->keep("login", held[2].reset);
  EXPECT_TRUE(comes_true([&] { return three[1].hold("login", limit).held == 0; }));
  EXPECT_FALSE(three[1].hold("login", limit).granted);
}

TEST(SharedRateLimiter, WaitsForWhatAnotherNodeHolds) {
  nodes three;
  const rate_limit limit{1, 600};
  const auto held = three[0].hold("login", limit);
  ASSERT_TRUE(held.granted);
  rate_verdict waited;
  const auto before = scripts_run(three.server);
  std::thread waiting{[&] { waited = three[1].hold("login", limit, true); }};
  EXPECT_TRUE(comes_true([&] { return scripts_run(three.server) > before; })) << "it has asked";
  three[0].limiter->give_back("login", held.reset);
  waiting.join();
  EXPECT_TRUE(waited.granted);
}

TEST(SharedRateLimiter, WaitsForNothingThatIsHeldForEver) {
  nodes three;
  const rate_limit limit{1, 600};
  ASSERT_TRUE(three[0].hold("login", limit).granted);
  const auto refused = three[1].hold("login", limit, true);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.held, 1u);
}

TEST(SharedRateLimiter, ForgetsEverywhereAllButWhatIsHeld) {
  nodes three;
  const rate_limit limit{3, 600};
  EXPECT_TRUE(three[0].take("login", limit).granted);
  EXPECT_TRUE(three[1].take("login", limit).granted);
  const auto held = three[2].hold("login", limit);
  EXPECT_TRUE(held.granted);
  three[0].limiter->forget("login");
  // What it tells goes first.
  EXPECT_TRUE(three[0].hold("login", limit).granted);
  EXPECT_TRUE(three[1].hold("login", limit).granted);
  EXPECT_FALSE(three[1].hold("login", limit).granted);
  three[2].limiter->keep("login", held.reset);
  EXPECT_TRUE(comes_true([&] { return three[2].hold("login", limit).held == 2; }));
}

} // namespace
} // namespace latchkey::test::shared_limits

// Who passes together, who alone, and in which order.
#include "actors/base/turnstile.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace latchkey::test {
namespace {

using passage = turnstile::kind;

struct queue {
  std::string passed;                // letters of those who went on, in order
  std::vector<turnstile::turn> held; // their turns, in the same order
  turnstile turns;                   // goes first, so that nobody goes on while the others do

  bool enter(passage kind, char letter) {
    return turns.enter(kind, [this, letter](turnstile::turn t) {
      passed += letter;
      held.push_back(std::move(t));
    });
  }
};

TEST(Turnstile, LetsThosePassTogetherWhoMay) {
  queue q;
  q.enter(passage::shared, 'a');
  q.enter(passage::shared, 'b');
  EXPECT_EQ(q.passed, "ab");
}

TEST(Turnstile, LetsOnePassAlone) {
  queue q;
  q.enter(passage::exclusive, 'a');
  q.enter(passage::exclusive, 'b');
  q.enter(passage::shared, 'c');
  EXPECT_EQ(q.passed, "a");
  q.held[0].reset();
  EXPECT_EQ(q.passed, "ab");
  q.held[1].reset();
  EXPECT_EQ(q.passed, "abc");
}

TEST(Turnstile, KeepsTheOrderSoThatNobodyStarves) {
  queue q;
  q.enter(passage::shared, 'a');
  q.enter(passage::exclusive, 'b');
  q.enter(passage::shared, 'c'); // though it might pass beside the first
  EXPECT_EQ(q.passed, "a");
  q.held[0].reset();
  EXPECT_EQ(q.passed, "ab");
  q.held[1].reset();
  EXPECT_EQ(q.passed, "abc");
}

TEST(Turnstile, WaitsForTheLastCopyOfATurn) {
  queue q;
  q.enter(passage::exclusive, 'a');
  q.enter(passage::exclusive, 'b');
  auto copy = q.held[0];
  q.held[0].reset();
  EXPECT_EQ(q.passed, "a");
  copy.reset();
  EXPECT_EQ(q.passed, "ab");
}

TEST(Turnstile, GoesOnWhenATurnIsNotKept) {
  turnstile turns;
  int passed = 0;
  for (int i = 0; i < 3; ++i)
    turns.enter(passage::exclusive, [&](const turnstile::turn&) { ++passed; });
  EXPECT_EQ(passed, 3);
}

TEST(Turnstile, GoesOnAfterAnException) {
  queue q;
  q.turns.enter(passage::exclusive,
                [](const turnstile::turn&) { throw std::runtime_error{"a test"}; });
  q.enter(passage::exclusive, 'b');
  EXPECT_EQ(q.passed, "b");
}

TEST(Turnstile, RefusesMoreThanMayWait) {
  queue q;
  q.enter(passage::exclusive, 'a');
  for (std::size_t i = 0; i < turnstile::waiting_max; ++i)
    ASSERT_TRUE(q.enter(passage::exclusive, 'b'));
  EXPECT_FALSE(q.enter(passage::exclusive, 'c'));
  q.held[0].reset();
  EXPECT_TRUE(q.enter(passage::exclusive, 'd'));
}

TEST(Turnstile, DropsThoseWhoWaitWhenItGoesAndOutlivesNoTurn) {
  turnstile::turn kept;
  auto waits = std::make_shared<int>(0);
  {
    turnstile turns;
    turns.enter(passage::exclusive, [&](turnstile::turn t) { kept = std::move(t); });
    turns.enter(passage::exclusive, [waits](const turnstile::turn&) { ++*waits; });
  }
  EXPECT_EQ(waits.use_count(), 1);
  kept.reset();
  EXPECT_EQ(*waits, 0);
}

} // namespace
} // namespace latchkey::test

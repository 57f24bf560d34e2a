// What members of a cluster owe each other: when a promise counts, whom a change waits for, and
// when memory does not count any more.
#include "actors/cluster/promises.hpp"

#include "tests/actors/cluster/promise_walk.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using cluster::promise_terms;
using cluster::promises;

struct Promises : testing::Test {
  static member_id numbered(std::uint8_t number) {
    member_id id;
    id.bytes[0] = number;
    return id;
  }
  const member_id other = numbered(1);
  const member_id third = numbered(2);
  promise_terms terms;
  promises owed{terms};
  time_point now{1h};

  Promises() { owed.heartbeat_written(now, now); }

  /// Asks the other for a promise, and gets one after that time.
  void get_promise(const member_id& from, std::chrono::microseconds after = 0us) {
    for (const auto& question : owed.ask(now))
      if (question.member == from) {
        now += after;
        owed.given(from, question.number, now);
        return;
      }
    ADD_FAILURE() << "no question is due";
  }
  void meet(const member_id& whom) {
    owed.meet(whom);
    (void)owed.connected(whom, now);
    get_promise(whom);
  }
  bool trusts() const { return now < owed.trusted_until(); }
};

// -- held ------------------------------------------------------------------------------------

TEST_F(Promises, OfNobodyAreNeededByAMemberThatIsAlone) {
  EXPECT_TRUE(trusts());
}

TEST_F(Promises, CountFromTheQuestionAndNotFromTheAnswer) {
  owed.meet(other);
  (void)owed.connected(other, now);
  const auto asked_at = now;
  get_promise(other, 400ms);
  EXPECT_EQ(owed.trusted_until(), asked_at + terms.duration - terms.margin);
}

TEST_F(Promises, ThatComeTooLateAreWorthNothing) {
  owed.meet(other);
  (void)owed.connected(other, now);
  get_promise(other, terms.duration);
  EXPECT_FALSE(owed.is_member(other));
}

TEST_F(Promises, AreNeededOfEveryMember) {
  meet(other);
  meet(third);
  now += 500ms;
  get_promise(other);
  EXPECT_TRUE(trusts());
  now += 500ms;
  EXPECT_FALSE(trusts()) << "the third has given none for a second";
}

TEST_F(Promises, MakeWhatWasReadBeforeAGapCountNoMore) {
  meet(other);
  const auto before = owed.epoch();
  now += 500ms;
  get_promise(other);
  EXPECT_EQ(owed.epoch(), before) << "no gap";
  now += 2s;
  get_promise(other);
  EXPECT_GT(owed.epoch(), before);
}

TEST_F(Promises, CountOnlyOnceWhatWasToldBeforeIsApplied) {
  meet(other);
  const auto until = owed.trusted_until();
  now += 500ms;
  owed.heard(other, 1);
  get_promise(other);
  EXPECT_EQ(owed.trusted_until(), until);
  owed.applied(other, 1, now);
  EXPECT_GT(owed.trusted_until(), until);
}

TEST_F(Promises, DoNotOutliveTheLeaseByTheStore) {
  now += terms.without_store_max - 1ms;
  EXPECT_TRUE(trusts());
  now += 1ms;
  EXPECT_FALSE(trusts());
  owed.heartbeat_written(now, now);
  EXPECT_TRUE(trusts());
}

TEST_F(Promises, OfABuriedMemberAreNotNeededAndMemoryIsReadAgain) {
  meet(other);
  const auto before = owed.epoch();
  owed.bury(other, now);
  now += 2s;
  EXPECT_TRUE(trusts());
  EXPECT_GT(owed.epoch(), before);
}

TEST_F(Promises, OfOneThatHasLeftAreNotNeededAndMemoryCounts) {
  meet(other);
  const auto before = owed.epoch();
  owed.part(other, now);
  now += 2s;
  EXPECT_TRUE(trusts());
  EXPECT_EQ(owed.epoch(), before);
}

// -- owed ------------------------------------------------------------------------------------

TEST_F(Promises, AreWaitedForUntilTheyRunOutOrAreConfirmed) {
  meet(other);
  meet(third);
  EXPECT_TRUE(owed.asked(other, now));
  EXPECT_TRUE(owed.asked(third, now));
  const auto [change, told] = owed.begin(now);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_TRUE(owed.take_over(now).empty());
  owed.confirmed(told[0].member, told[0].number);
  EXPECT_TRUE(owed.take_over(now).empty());
  EXPECT_EQ(owed.next_end(), now + terms.duration);
  now += terms.duration;
  EXPECT_EQ(owed.take_over(now), std::vector{change});
  EXPECT_TRUE(owed.take_over(now).empty()) << "each is named once";
}

TEST_F(Promises, GivenAfterAChangeDoNotProlongIt) {
  meet(other);
  EXPECT_TRUE(owed.asked(other, now));
  const auto change = owed.begin(now).first;
  now += 900ms;
  EXPECT_TRUE(owed.asked(other, now));
  now += 100ms;
  EXPECT_EQ(owed.take_over(now), std::vector{change});
}

TEST_F(Promises, OfABuriedMemberAreKept) {
  meet(other);
  EXPECT_TRUE(owed.asked(other, now));
  owed.bury(other, now);
  EXPECT_FALSE(owed.asked(other, now));
  const auto [change, told] = owed.begin(now);
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(owed.take_over(now).empty());
  now += terms.duration;
  EXPECT_EQ(owed.take_over(now), std::vector{change});
}

TEST_F(Promises, AreWithheldFromWhoeverIsAboutToBeRemoved) {
  meet(other);
  owed.withhold(other, true);
  EXPECT_FALSE(owed.asked(other, now));
  EXPECT_TRUE(owed.told_of_leaving().empty()) << "it goes on missing them";
  owed.withhold(other, false);
  EXPECT_TRUE(owed.asked(other, now));
  EXPECT_EQ(owed.told_of_leaving(), std::vector{other});
}

TEST_F(Promises, TellAgainOnANewConnectionWhatIsNotConfirmed) {
  meet(other);
  EXPECT_TRUE(owed.asked(other, now));
  const auto [change, told] = owed.begin(now);
  owed.disconnected(other);
  const auto again = owed.connected(other, now);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].change, change);
  EXPECT_NE(again[0].number, told[0].number);
  owed.confirmed(other, told[0].number); // of the connection before
  EXPECT_TRUE(owed.take_over(now).empty());
  owed.confirmed(other, again[0].number);
  EXPECT_EQ(owed.take_over(now), std::vector{change});
}

// -- all together ------------------------------------------------------------------------------

TEST(PromiseWalk, FindsNoMemoryThatIsOlderThanWhatWasAnswered) {
  promise_walk_outcome sum;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    promise_walk_options options;
    options.seed = seed;
    options.nodes = 2 + static_cast<int>(seed % 3);
    const auto outcome = walk_promises(options);
    ASSERT_EQ(outcome.violation, "") << options.nodes << " nodes";
    sum.changes += outcome.changes;
    sum.from_memory += outcome.from_memory;
    sum.fences += outcome.fences;
    sum.deaths += outcome.deaths;
  }
  // It has walked where it hurts.
  EXPECT_GT(sum.changes, 10'000U);
  EXPECT_GT(sum.from_memory, 1'000'000U);
  EXPECT_GT(sum.fences, 100U);
  EXPECT_GT(sum.deaths, 500U);
}

TEST(PromiseWalk, IsTheSameForTheSameSeed) {
  promise_walk_options options;
  options.keeps_log = true;
  EXPECT_EQ(walk_promises(options).log, walk_promises(options).log);
}

} // namespace
} // namespace latchkey::test

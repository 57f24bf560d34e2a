// Who belongs to the cluster: when a newcomer may serve, and whose row is removed.
#include "actors/cluster/membership.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using cluster::membership;
using cluster::promise_terms;
using cluster::promises;
using storage::member_row;

struct Membership : testing::Test {
  static member_id numbered(std::uint8_t number) {
    member_id id;
    id.bytes[0] = number;
    return id;
  }
  static constexpr std::chrono::seconds dead_after{2};

  const member_id self = numbered(1);
  const member_id other = numbered(2);
  promise_terms terms;
  promises owed{terms};
  membership who{self, owed, terms, dead_after};
  time_point now{1h};
  member_row own{self, "a", "127.0.0.1:1", "", false, 0us, 1h};
  member_row seen{other, "b", "127.0.0.2:1", "", true, 0us, 1h};

  std::vector<cluster::fence> read(std::vector<member_row> rows) {
    return who.table_read(rows, now, now);
  }
  void exchange_promises() {
    (void)owed.connected(other, now);
    for (const auto& question : owed.ask(now))
      owed.given(other, question.number, now);
  }
};

TEST_F(Membership, OfANewcomerBeginsOnePromiseAfterItsRow) {
  EXPECT_FALSE(who.may_open(now)) << "nothing was read";
  read({own});
  EXPECT_FALSE(who.may_open(now)) << "somebody who was just removed may hold a promise still";
  now += terms.duration;
  EXPECT_TRUE(who.may_open(now));
}

TEST_F(Membership, OfANewcomerNeedsTheWelcomeAndThePromiseOfEverybody) {
  read({own, seen});
  now += terms.duration;
  EXPECT_FALSE(who.may_open(now));
  who.welcomed_by(other);
  EXPECT_FALSE(who.may_open(now));
  exchange_promises();
  EXPECT_TRUE(who.may_open(now));
}

TEST_F(Membership, OfANewcomerDoesNotWaitForOneThatLeaves) {
  read({own, seen});
  now += terms.duration;
  who.left(other, now);
  EXPECT_TRUE(who.may_open(now));
}

TEST_F(Membership, WaitsAnotherPromiseWhenSomebodyIsRemovedMeanwhile) {
  read({own, seen});
  now += terms.duration;
  read({own});
  EXPECT_FALSE(who.may_open(now));
  now += terms.duration;
  EXPECT_TRUE(who.may_open(now));
}

TEST_F(Membership, EndsForASilentMemberThatItHasMet) {
  read({own, seen});
  exchange_promises();
  who.welcomed_by(other);
  who.opened();
  seen.silent_for = dead_after - 1ms;
  EXPECT_TRUE(read({own, seen}).empty());
  EXPECT_TRUE(owed.asked(other, now));
  seen.silent_for = dead_after;
  const auto silent = read({own, seen});
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].id, other);
  EXPECT_EQ(silent[0].silent_for, dead_after);
  EXPECT_FALSE(owed.asked(other, now)) << "before its row is removed it gets no promise any more";
}

TEST_F(Membership, IsNotJudgedByOneThatWasWithoutTheStoreItself) {
  read({own, seen});
  exchange_promises();
  who.opened();
  own.gapless_for = dead_after - 1ms;
  seen.silent_for = 1h;
  EXPECT_TRUE(read({own, seen}).empty());
  EXPECT_TRUE(owed.asked(other, now));
}

TEST_F(Membership, OfAStrangerEndsOnceItMustHaveStoppedByItself) {
  seen.silent_for = terms.without_store_max;
  EXPECT_TRUE(read({own, seen}).empty());
  seen.silent_for = terms.without_store_max + terms.duration;
  EXPECT_EQ(read({own, seen}).size(), 1U);
}

TEST_F(Membership, OfOneThatServesNobodyEndsSoon) {
  seen.is_open = false;
  seen.silent_for = dead_after;
  EXPECT_EQ(read({own, seen}).size(), 1U);
}

} // namespace
} // namespace latchkey::test

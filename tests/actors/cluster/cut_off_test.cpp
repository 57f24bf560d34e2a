// A node that hears nothing of the others: while its memory does not count, the store does.
#include "tests/actors/cluster/cluster_fixture.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

struct CutOff : Cluster {
  session_actor there = session_on(1);
  user_actor user_there = user_on(1);

  /// Node 1 hears nothing of the others any more.
  CutOff() {
    EXPECT_EQ(state_on(1, there), error_code::none);
    nodes.cut(0, 1);
    nodes.cut(1, 2);
    nodes.advance(1200ms);
    EXPECT_FALSE(nodes.trusts(1));
  }
  void revoke_on_0() {
    const auto revoked = nodes.on(0).begin(session_on(0), revocation(0));
    nodes.advance(1200ms);
    EXPECT_TRUE(revoked.answer());
  }
};

TEST_F(CutOff, AnswersFromTheStore) {
  EXPECT_EQ(state_on(1, there), error_code::none);
  revoke_on_0();
  EXPECT_EQ(state_on(1, there), error_code::token_invalid);
}

TEST_F(CutOff, SaysNothingWithoutTheStore) {
  nodes.on(1).store.set_down(true);
  EXPECT_EQ(state_on(1, there), error_code::store_unavailable);
}

TEST_F(CutOff, WatchesAndProvesNoSessionThatHasEnded) {
  revoke_on_0();
  auto& f = nodes.on(1);
  EXPECT_EQ(code_of(f.ask(there, messages::prove{f.token_of(session, 1)})),
            error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(there, messages::watch{})), error_code::token_invalid);
}

TEST_F(CutOff, TakesNoPasswordThatWasReplaced) {
  const auto changed = nodes.on(0).begin(user_on(0), new_password());
  nodes.advance(1200ms);
  ASSERT_TRUE(changed.answer());
  EXPECT_EQ(sign_in(1, user_there, "correct horse"), error_code::invalid_credentials);
  EXPECT_EQ(sign_in(1, user_there, "battery staple"), error_code::none);
}

TEST_F(CutOff, ReadsTheRowOnceForAllWhoComeMeanwhile) {
  auto& f = nodes.on(1);
  const auto before = f.reads.seen();
  f.reads.hold_questions();
  const auto first = f.begin(there, messages::validate{});
  const auto second = f.begin(there, messages::validate{});
  const auto third = f.begin(there, messages::validate{});
  EXPECT_EQ(f.reads.seen(), before + 1);
  f.reads.release();
  EXPECT_TRUE(first.answer());
  EXPECT_FALSE(second.answered()) << "that read began before it asked";
  EXPECT_EQ(f.reads.seen(), before + 2);
  f.reads.release();
  EXPECT_TRUE(second.answer());
  EXPECT_TRUE(third.answer());
  EXPECT_EQ(f.reads.seen(), before + 2);
}

TEST_F(CutOff, CountsWhatItReadOnceItIsBack) {
  nodes.heal(0, 1);
  nodes.heal(1, 2);
  nodes.advance(1s);
  ASSERT_TRUE(nodes.trusts(1));
  auto& f = nodes.on(1);
  const auto before = f.reads.seen();
  EXPECT_EQ(state_on(1, there), error_code::none);
  EXPECT_EQ(f.reads.seen(), before + 1) << "what was read before the gap";
  EXPECT_EQ(state_on(1, there), error_code::none);
  EXPECT_EQ(f.reads.seen(), before + 1);
}

} // namespace
} // namespace latchkey::test

// Whose deadline counts when several wait for the same rotation or end.
#include "tests/actors/session/one_session.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(SessionDeadline, DoesNotRotateForARequestThatIsLate) {
  one_session f;
  auto late = f.refresh(1);
  late.deadline = f.clock.now();
  EXPECT_EQ(code_of(f.ask(f.actor, late)), error_code::timeout);
  EXPECT_EQ(f.stored_counter(), 1u);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
}

TEST(SessionDeadline, RotatesForThoseWhoHaveTimeThoughTheFirstHadLittle) {
  one_session f;
  f.commits.hold_questions();
  auto hurried = f.refresh(1);
  hurried.deadline = f.clock.now() + 1s;
  auto first = f.begin(f.actor, hurried);
  auto second = f.begin(f.actor, f.refresh(1));
  ASSERT_EQ(f.commits.held(), 1u);
  f.advance(2s);
  f.commits.hold_nothing();
  f.commits.release();
  ASSERT_TRUE(second.answer());
  ASSERT_TRUE(first.answer());
  EXPECT_EQ(first.answer()->refresh_token, second.answer()->refresh_token);
  EXPECT_EQ(f.stored_counter(), 2u);
}

TEST(SessionDeadline, LooksIntoALostRotationForThoseWhoHaveTime) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
  f.reads.hold_questions();
  auto hurried = f.refresh(1);
  hurried.deadline = f.clock.now() + 1s;
  f.begin(f.actor, hurried);
  auto second = f.begin(f.actor, f.refresh(1));
  ASSERT_EQ(f.reads.held(), 1u);
  f.advance(2s);
  f.reads.release();
  EXPECT_TRUE(second.answer());
}

TEST(SessionDeadline, EndsForAnOlderTokenHoweverLateItsRequestIs) {
  one_session f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_TRUE(f.ask(f.actor, f.refresh(2)));
  auto thief = f.refresh(1);
  thief.deadline = f.clock.now();
  EXPECT_EQ(code_of(f.ask(f.actor, thief)), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionDeadline, DoesNotEndForARequestThatIsLate) {
  one_session f;
  auto late = f.revoke();
  late.deadline = f.clock.now();
  EXPECT_EQ(code_of(f.ask(f.actor, late)), error_code::timeout);
  EXPECT_EQ(f.validate(), error_code::none);
}

TEST(SessionDeadline, EndsForThoseWhoHaveTimeThoughTheFirstHadLittle) {
  one_session f;
  f.commits.hold_questions();
  auto hurried = f.revoke();
  hurried.deadline = f.clock.now() + 1s;
  f.begin(f.actor, hurried);
  auto second = f.begin(f.actor, f.revoke());
  f.advance(2s);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(second.answer());
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(f.store.audits().size(), 1u);
}

TEST(SessionDeadline, LooksIntoALostEndForThoseWhoHaveTime) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  f.reads.hold_questions();
  auto hurried = f.revoke();
  hurried.deadline = f.clock.now() + 1s;
  f.begin(f.actor, hurried);
  auto second = f.begin(f.actor, f.revoke());
  ASSERT_EQ(f.reads.held(), 1u);
  f.advance(2s);
  f.reads.release();
  EXPECT_TRUE(second.answer());
}

} // namespace
} // namespace latchkey::test

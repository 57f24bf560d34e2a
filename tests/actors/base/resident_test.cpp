// Being in memory as long as one is used: who stays, and who leaves, and how.
#include "tests/actors/base/one_guest.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

// -- staying ----------------------------------------------------------------------------------

TEST(Resident, LeavesWhenItWasUnusedForTheWholeTimeAndNotBefore) {
  one_guest f;
  f.clock.move(f.idle() - 1us);
  f.sweep();
  EXPECT_EQ(f.book->departures, 0);
  EXPECT_FALSE(*f.has_ended);
  f.clock.move(1us);
  f.sweep();
  EXPECT_EQ(f.book->departures, 1);
  EXPECT_TRUE(*f.has_ended);
}

TEST(Resident, IsUsedByAQuestionToAPlainHandler) {
  one_guest f;
  f.clock.move(1us);
  EXPECT_TRUE(f.ask(f.actor, f.spending()));
  f.clock.move(f.idle() - 1us);
  f.sweep();
  EXPECT_FALSE(*f.has_ended);
}

TEST(Resident, IsUsedByAQuestionToACoroutine) {
  one_guest f;
  f.clock.move(1us);
  EXPECT_TRUE(f.ask(f.actor, f.describing()));
  f.clock.move(f.idle() - 1us);
  f.sweep();
  EXPECT_FALSE(*f.has_ended);
}

TEST(Resident, StaysUntilTheLastConversationIsOver) {
  for (const std::size_t first_over : {0u, 1u}) {
    one_guest f;
    f.reads.hold_questions();
    const auto first = f.begin(f.actor, f.describing());
    const auto second = f.begin(f.actor, f.describing());
    f.clock.move(f.idle());
    f.sweep();
    f.reads.release(first_over);
    f.sweep();
    EXPECT_EQ(f.book->departures, 0) << first_over;
    f.reads.release();
    EXPECT_TRUE(first.answered());
    EXPECT_TRUE(second.answered());
    f.sweep();
    EXPECT_EQ(f.book->departures, 1) << first_over;
  }
}

// -- leaving ----------------------------------------------------------------------------------

TEST(Resident, IsGoneForWhoeverAsksWhileItsDirectoryIsTold) {
  one_guest f;
  f.start_to_leave();
  EXPECT_FALSE(*f.has_ended);
  EXPECT_TRUE(f.begin(f.actor, f.spending()).is_gone());
  EXPECT_TRUE(f.begin(f.actor, f.describing()).is_gone());
}

TEST(Resident, EndsOnceItsDirectoryHasForgottenIt) {
  one_guest f;
  f.start_to_leave();
  f.sweep();
  EXPECT_EQ(f.receptions.held(), 1u); // it has been told once
  EXPECT_FALSE(*f.has_ended);
  f.receptions.release();
  EXPECT_TRUE(*f.has_ended);
  EXPECT_TRUE(f.begin(f.actor, f.spending()).is_gone());
}

TEST(Resident, IsThereAgainWhenItsDirectoryDoesNotForgetIt) {
  one_guest f;
  f.book->refusal = error_code::overloaded;
  f.start_to_leave();
  f.receptions.release();
  EXPECT_FALSE(*f.has_ended);
  EXPECT_TRUE(f.ask(f.actor, f.spending()));
  EXPECT_TRUE(f.ask(f.actor, f.describing()));
}

TEST(Resident, WithoutItsRowStaysGoneWhateverItsDirectoryAnswers) {
  one_guest f;
  f.book->refusal = error_code::overloaded;
  f.remove_row();
  EXPECT_EQ(f.book->departures, 1);
  EXPECT_FALSE(*f.has_ended);
  EXPECT_TRUE(f.begin(f.actor, f.spending()).is_gone());
  f.sweep();
  EXPECT_TRUE(*f.has_ended);
}

TEST(Resident, AnswersThoseWhoHaveAskedBeforeItEnds) {
  one_guest f;
  f.reads.hold_questions();
  const auto question = f.begin(f.actor, f.describing());
  f.remove_row();
  EXPECT_EQ(f.book->departures, 1);
  EXPECT_TRUE(f.begin(f.actor, f.describing()).is_gone());
  f.advance(resident::end_retry);
  EXPECT_FALSE(*f.has_ended);
  f.reads.release();
  EXPECT_TRUE(question.answer());
  f.advance(resident::end_retry);
  EXPECT_TRUE(*f.has_ended);
}

// -- doubt ------------------------------------------------------------------------------------

TEST(Resident, IsRemindedOfADoubtOnceHoweverOftenItAsksForThat) {
  one_guest f;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(f.ask(f.actor, messages::change_subscription{}));
  f.advance(resident::in_doubt_retry - 1us);
  EXPECT_EQ(f.book->reminders, 0);
  f.advance(1us);
  EXPECT_EQ(f.book->reminders, 1);
  f.advance(2 * resident::in_doubt_retry);
  EXPECT_EQ(f.book->reminders, 1);
}

TEST(Resident, IsRemindedAgainOfALaterDoubt) {
  one_guest f;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(f.ask(f.actor, messages::change_subscription{}));
    f.advance(resident::in_doubt_retry);
    EXPECT_EQ(f.book->reminders, i);
  }
}

} // namespace
} // namespace latchkey::test

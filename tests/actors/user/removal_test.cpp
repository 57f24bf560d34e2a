// What becomes of a user who is deleted, and of those who ask meanwhile.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

TEST(UserRemoval, EndsItsSessionsAndIsNotFoundWhenItIsDeleted) {
  one_user f;
  const auto session = f.signed_in();
  const auto held = f.find(session).value();
  ASSERT_TRUE(f.ask(f.actor, messages::delete_user{f.author("user:admin"), f.soon()}));
  EXPECT_EQ(code_of(f.ask(held, messages::validate{})), error_code::token_invalid);
  EXPECT_TRUE(f.begin(f.actor, messages::describe_user{}).is_gone());
  EXPECT_EQ(code_of(f.find(f.record.id)), error_code::user_not_found);
  EXPECT_EQ(f.state_of(session), error_code::token_invalid);
  const auto audits = f.audited("user.deleted");
  ASSERT_EQ(audits.size(), 1u);
  EXPECT_EQ(audits.front().user, f.record.id);
  EXPECT_EQ(audits.front().by, "user:admin");
}

TEST(UserRemoval, IsTheOwnersOwnWithThePassword) {
  one_user f;
  const auto session = f.signed_in();
  messages::delete_user wish{f.author(), f.soon()};
  wish.current = secret{std::string{"wrong horse"}};
  EXPECT_EQ(code_of(f.ask(f.actor, wish)), error_code::invalid_credentials);
  EXPECT_EQ(f.state_of(session), error_code::none);
  wish.current = secret{std::string{"correct horse"}};
  EXPECT_TRUE(f.ask(f.actor, wish));
  EXPECT_EQ(code_of(f.find(f.record.id)), error_code::user_not_found);
}

TEST(UserRemoval, IsNotThatOfAPasswordWhichWasChangedMeanwhile) {
  one_user f;
  f.commits.hold_questions();
  auto changing = f.begin(f.actor, f.change("correct horse", "another horse of mine"));
  messages::delete_user wish{f.author(), f.soon()};
  wish.current = secret{std::string{"correct horse"}};
  auto removing = f.begin(f.actor, wish);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(changing.answer());
  EXPECT_EQ(code_of(removing.answer()), error_code::invalid_credentials);
  EXPECT_TRUE(f.find(f.record.id));
}

TEST(UserRemoval, RefusesWhoeverWaitedWhileItWasDeleted) {
  one_user f;
  f.commits.hold_questions();
  auto removing = f.begin(f.actor, messages::delete_user{f.author(), f.soon()});
  auto again = f.begin(f.actor, messages::delete_user{f.author(), f.soon()});
  auto changing = f.begin(f.actor, f.update(renamed("Ada")));
  auto signing_in = f.begin(f.actor, f.sign_in("correct horse"));
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(removing.answer());
  EXPECT_EQ(code_of(again.answer()), error_code::user_not_found);
  EXPECT_EQ(code_of(changing.answer()), error_code::user_not_found);
  EXPECT_EQ(code_of(signing_in.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.live_sessions(), 0u);
  f.advance(2s); // then it ends
}

TEST(UserRemoval, AnswersASlowSignInBeforeItLeavesForGood) {
  one_user f;
  f.hashes.hold_answers();
  auto slow = f.begin(f.actor, f.sign_in("correct horse"));
  ASSERT_TRUE(f.ask(f.actor, messages::delete_user{f.author(), f.soon()}));
  f.hashes.hold_nothing();
  f.hashes.release();
  EXPECT_EQ(code_of(slow.answer()), error_code::invalid_credentials);
  f.advance(2s); // then it looks again, and ends (the fixture asks whether all have)
}

TEST(UserRemoval, TakesTheSubscriptionWithIt) {
  one_user f;
  const auto bought = f.ask(f.shard(), messages::find_subscription{f.record.id}).value();
  ASSERT_TRUE(f.ask(f.actor, messages::delete_user{f.author(), f.soon()}));
  EXPECT_TRUE(f.begin(bought, messages::describe_subscription{f.soon()}).is_gone());
  EXPECT_EQ(code_of(f.ask(f.shard(), messages::find_subscription{f.record.id})),
            error_code::user_not_found);
}

TEST(UserRemoval, LeavesNoSubscriptionThatWasBeingRead) {
  one_user f;
  f.reads.hold_answers();
  auto finding = f.begin(f.shard(), messages::find_subscription{f.record.id});
  ASSERT_EQ(f.reads.held(), 1u); // its user was there
  ASSERT_TRUE(f.ask(f.actor, messages::delete_user{f.author(), f.soon()}));
  f.reads.hold_nothing();
  while (f.reads.held() > 0)
    f.reads.release();
  EXPECT_EQ(code_of(finding.answer()), error_code::user_not_found);
}

TEST(UserRemoval, IsNotFoundWhenAnotherNodeDeletedIt) {
  one_user f;
  const auto session = f.signed_in();
  f.write({{storage::delete_user{f.record.id, f.clock.now()}}});
  EXPECT_EQ(code_of(f.ask(f.actor, f.update(renamed("Ada")))), error_code::user_not_found);
  EXPECT_EQ(code_of(f.find(f.record.id)), error_code::user_not_found);
  EXPECT_EQ(f.state_of(session), error_code::token_invalid);
  f.advance(2s); // then it ends
}

} // namespace
} // namespace latchkey::test

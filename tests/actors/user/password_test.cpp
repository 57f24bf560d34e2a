// New passwords: for the old one, and for a reset token.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

struct with_mail : one_user {
  with_mail() {
    env().mails =
        std::make_shared<mail_writer>("https://auth.example.com", "", secret{std::string(32, 'k')});
  }
  std::vector<mail_record> mails() { return stored(storage::due_mails{clock.now(), 64}); }

  /// A reset token of the user in the store.
  new_opaque_key add_token(std::chrono::seconds ttl = 3600s) {
    auto made = make_opaque_key(reset_token_kind, record.id);
    reset_token_record token;
    token.id = made.key.id;
    token.user = record.id;
    token.secret_hash = made.key.secret_hash;
    token.created_at = clock.now();
    token.expires_at = clock.now() + ttl;
    write({{storage::add_reset_token{token}}});
    return made;
  }
  void verify_address() {
    messages::update_user request;
    request.changes.email_verified = true;
    request.author = author();
    request.deadline = soon();
    ASSERT_TRUE(ask(actor, std::move(request)));
  }
  messages::reset_password reset(const new_opaque_key& token, const std::string& to) {
    return {token.key.id, token.key.secret_hash, secret{to}, author(), soon()};
  }
};

const std::string next = "another battery staple";

// -- by the old one -----------------------------------------------------------------------

TEST(UserPassword, StaysWhenTheCurrentOneIsWrong) {
  with_mail f;
  const auto session = f.signed_in();
  EXPECT_EQ(code_of(f.ask(f.actor, f.change("wrong", next))), error_code::invalid_credentials);
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
  EXPECT_EQ(f.state_of(session), error_code::none);
  EXPECT_TRUE(f.mails().empty());
}

TEST(UserPassword, MustNotBeACommonOneOrTheOwnName) {
  with_mail f;
  for (const auto* bad : {"short", "password1", "ada@example.com"}) {
    const auto answer = f.ask(f.actor, f.change("correct horse", bad));
    EXPECT_EQ(code_of(answer), error_code::password_format) << bad;
  }
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
}

TEST(UserPassword, EndsEverySessionButTheOneThatChangedIt) {
  with_mail f;
  const auto own = f.signed_in();
  const auto other = f.signed_in();
  ASSERT_TRUE(f.ask(f.actor, f.change("correct horse", next, own)));
  EXPECT_EQ(f.stored_hash(), "plain:" + next);
  EXPECT_EQ(f.state_of(own), error_code::none);
  EXPECT_EQ(f.state_of(other), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::invalid_credentials);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in(next)));
  const auto audits = f.audited("user.password_changed");
  ASSERT_EQ(audits.size(), 1u);
  EXPECT_EQ(audits.front().user, f.record.id);
  EXPECT_EQ(audits.front().session, own);
  const auto mails = f.mails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails.front().recipient, "ada@example.com");
}

TEST(UserPassword, ChangesNothingAtAllWhenTheUnitIsNotDurable) {
  with_mail f;
  const auto session = f.signed_in();
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.change("correct horse", next))),
            error_code::store_unavailable);
  EXPECT_EQ(f.state_of(session), error_code::none);
  EXPECT_TRUE(f.mails().empty());
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserPassword, IsComparedAgainWhenAnotherNodeChangedItMeanwhile) {
  with_mail f;
  f.commits.hold_questions();
  auto changing = f.begin(f.actor, f.change("correct horse", next));
  ASSERT_EQ(f.commits.held(), 1u);
  f.write({{storage::set_password_hash{f.record.id, f.record.version,
                                       secret{"plain:chosen elsewhere"s}, f.clock.now()}}});
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_EQ(code_of(changing.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.stored_hash(), "plain:chosen elsewhere");
}

TEST(UserPassword, IsChangedThoughAnotherNodeChangedTheProfileMeanwhile) {
  with_mail f;
  f.commits.hold_questions();
  auto changing = f.begin(f.actor, f.change("correct horse", next));
  storage::user_changes theirs;
  theirs.last_name = "Lovelace";
  f.write({{storage::update_user{f.record.id, f.record.version, theirs, f.clock.now()}}});
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(changing.answer());
  EXPECT_EQ(f.stored_hash(), "plain:" + next);
}

TEST(UserPassword, IsChangedByOneOfTwoWhoKnewTheOldOne) {
  with_mail f;
  f.commits.hold_questions();
  auto first = f.begin(f.actor, f.change("correct horse", next));
  auto second = f.begin(f.actor, f.change("correct horse", "a third battery staple"));
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(first.answer());
  EXPECT_EQ(code_of(second.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.stored_hash(), "plain:" + next);
}

// -- by a reset token -------------------------------------------------------------------------

TEST(UserPasswordReset, RefusesATokenThatIsNoGoodWithoutAHash) {
  with_mail f;
  const auto token = f.add_token();
  auto unknown = token;
  ++unknown.key.id;
  auto forged = token;
  forged.key.secret_hash = hash_of_key("something else");
  for (const auto& bad : {unknown, forged})
    EXPECT_EQ(code_of(f.ask(f.actor, f.reset(bad, next))), error_code::token_invalid);
  const auto other = f.find(f.add_user("grace", "").id).value();
  EXPECT_EQ(code_of(f.ask(other, f.reset(token, next))), error_code::token_invalid);
  f.clock.move(3600s);
  EXPECT_EQ(code_of(f.ask(f.actor, f.reset(token, next))), error_code::token_invalid);
  EXPECT_EQ(f.hashes.seen(), 0u);
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
}

TEST(UserPasswordReset, DoesNotUseTheTokenUpForABadPassword) {
  with_mail f;
  const auto token = f.add_token();
  EXPECT_EQ(code_of(f.ask(f.actor, f.reset(token, "short"))), error_code::password_format);
  EXPECT_TRUE(f.ask(f.actor, f.reset(token, next)));
}

TEST(UserPasswordReset, SetsThePasswordAndEndsEverySession) {
  with_mail f;
  const auto session = f.signed_in();
  const auto token = f.add_token();
  ASSERT_TRUE(f.ask(f.actor, f.reset(token, next)));
  EXPECT_EQ(f.stored_hash(), "plain:" + next);
  EXPECT_EQ(f.state_of(session), error_code::token_invalid);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in(next)));
  EXPECT_EQ(f.audited("user.password_reset").size(), 1u);
  EXPECT_EQ(f.mails().size(), 1u);
}

TEST(UserPasswordReset, IsNotForATokenFromBeforeAnotherChange) {
  with_mail f;
  f.verify_address();
  const auto changed_past = f.add_token();
  ASSERT_TRUE(f.ask(f.actor, f.change("correct horse", next)));
  EXPECT_EQ(code_of(f.ask(f.actor, f.reset(changed_past, next + "!"))), error_code::token_invalid);
  const auto reset_past = f.add_token();
  ASSERT_TRUE(f.ask(f.actor, f.reset(f.add_token(), next + "?")));
  EXPECT_EQ(code_of(f.ask(f.actor, f.reset(reset_past, next))), error_code::token_invalid);
}

TEST(UserPasswordReset, WorksOnceOfTwentyAtOnce) {
  with_mail f;
  const auto token = f.add_token();
  f.hashes.hold_answers();
  std::vector<asked<messages::done>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(f.begin(f.actor, f.reset(token, next + std::to_string(i))));
  ASSERT_EQ(f.hashes.held(), 20u); // each has found the token good
  f.hashes.hold_nothing();
  while (f.hashes.held() > 0)
    f.hashes.release();
  EXPECT_TRUE(all.front().answer());
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_EQ(code_of(all[i].answer()), error_code::token_invalid);
  EXPECT_EQ(f.stored_hash(), "plain:" + next + "0");
  EXPECT_EQ(f.mails().size(), 1u);
}

TEST(UserPasswordReset, TriesAgainWhenAnotherNodeChangedTheUserMeanwhile) {
  with_mail f;
  const auto token = f.add_token();
  f.commits.hold_questions();
  auto resetting = f.begin(f.actor, f.reset(token, next));
  storage::user_changes theirs;
  theirs.last_name = "Lovelace";
  f.write({{storage::update_user{f.record.id, f.record.version, theirs, f.clock.now()}}});
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(resetting.answer());
  EXPECT_EQ(f.stored_hash(), "plain:" + next);
}

TEST(UserPasswordReset, OpensALockedAccountForItsOwner) {
  with_mail f;
  f.env().policy.login_failures = {2, 900};
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  ASSERT_TRUE(f.ask(f.actor, f.reset(f.add_token(), next)));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in(next)));
}

TEST(UserPasswordReset, EndsTheRowOfFailures) {
  with_mail f;
  f.env().policy.login_failures_in_a_row_max = 2;
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  f.clock.move(3600s);
  EXPECT_FALSE(f.ask(f.actor, f.sign_in("correct horse")));
  ASSERT_TRUE(f.ask(f.actor, f.reset(f.add_token(), next)));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in(next)));
  EXPECT_EQ(f.stored_user().failures_in_a_row[0], 0);
}

TEST(UserPasswordReset, IsNotForAnInactiveUser) {
  with_mail f;
  const auto token = f.add_token();
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.reset(token, next))), error_code::token_invalid);
}

TEST(UserPasswordReset, RefusesOneThatWasDeactivatedMeanwhile) {
  with_mail f;
  const auto token = f.add_token();
  f.hashes.hold_answers();
  auto resetting = f.begin(f.actor, f.reset(token, next));
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  f.hashes.release();
  EXPECT_EQ(code_of(resetting.answer()), error_code::token_invalid);
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
}

} // namespace
} // namespace latchkey::test

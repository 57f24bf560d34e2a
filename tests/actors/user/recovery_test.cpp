// How somebody who lost the password comes by a reset token.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

const std::string passphrase = "four words as passphrase";

mailer_actor::behavior_type counting_mailer(mailer_actor::pointer self,
                                            std::shared_ptr<std::size_t> count) {
  install_default_handlers(self);
  return {[count](messages::mail_waiting&) { ++*count; }, [](messages::mail_timer&) {}};
}

struct lost_password : one_user {
  std::shared_ptr<std::size_t> notices = std::make_shared<std::size_t>(0);

  lost_password() {
    env().mails =
        std::make_shared<mail_writer>("https://auth.example.com", "", secret{std::string(32, 'k')});
    env().mailer = spawn(counting_mailer, notices);
    // What depends on a verified address stands in user_takeover_test.cpp.
    env().policy.verification = email_verification::off;
    write({{storage::set_recovery{record.id, secret{"plain:" + passphrase}, clock.now()}}});
  }
  messages::begin_recovery request() { return {author(), soon()}; }
  messages::verify_passphrase words(const std::string& given) {
    return {secret{given}, author(), soon()};
  }
  std::vector<mail_record> mails() { return stored(storage::due_mails{clock.now(), 64}); }
  /// The reset token that a mail's text has.
  opaque_key token_in(const mail_record& mail) {
    const auto text = env().mails->open(mail).value().body;
    const auto at = text.find("rt_");
    const auto end = text.find_first_of(" \r\n", at);
    return parse_opaque_key(reset_token_kind, text.substr(at, end - at)).value();
  }
  messages::reset_password reset(const opaque_key& token) {
    return {token.id, token.secret_hash, secret{"another battery staple"s}, author(), soon()};
  }
};

// -- by mail ----------------------------------------------------------------------------------

TEST(UserRecovery, MailsATokenThatWorks) {
  lost_password f;
  ASSERT_TRUE(f.ask(f.actor, f.request()));
  const auto mails = f.mails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails.front().recipient, "ada@example.com");
  EXPECT_EQ(*f.notices, 1u);
  const auto token = f.token_in(mails.front());
  const auto kept = f.stored(storage::find_reset_token{token.id});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->expires_at, f.clock.now() + f.env().policy.reset_token_ttl);
  EXPECT_TRUE(f.ask(f.actor, f.reset(token)));
  EXPECT_EQ(f.audited("user.recovery_requested").size(), 1u);
}

TEST(UserRecovery, AnswersOnceTheMailIsDurableWithItsToken) {
  lost_password f;
  f.commits.hold_questions();
  auto waiting = f.begin(f.actor, f.request());
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(*f.notices, 0u);
  EXPECT_EQ(f.commits.question<messages::commit>(0).unit.facts.size(), 3u); // one unit
  f.commits.release();
  EXPECT_TRUE(waiting.answer());
}

TEST(UserRecovery, SendsNothingThatIsNotDurable) {
  lost_password f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.request())), error_code::store_unavailable);
  EXPECT_EQ(*f.notices, 0u);
  EXPECT_TRUE(f.mails().empty());
}

TEST(UserRecovery, AnswersAnInactiveUserTheSameAndSendsNothing) {
  lost_password f;
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  const auto commits = f.commits.seen();
  EXPECT_TRUE(f.ask(f.actor, f.request()));
  EXPECT_EQ(f.commits.seen(), commits + 1); // as much waiting for the store
  EXPECT_TRUE(f.mails().empty());
  EXPECT_EQ(*f.notices, 0u);
  EXPECT_EQ(f.audited("user.recovery_requested").front().reason, "inactive; nothing was sent");
}

TEST(UserRecovery, MailsNoMoreThanTheLimitAndAnswersTheSame) {
  lost_password f;
  f.env().policy.reset_mails = {3, 3600};
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(f.ask(f.actor, f.request()));
  EXPECT_EQ(f.mails().size(), 3u);
  EXPECT_EQ(*f.notices, 3u);
  EXPECT_EQ(f.commits.seen(), 8u);
  f.clock.move(3600s);
  EXPECT_TRUE(f.ask(f.actor, f.request()));
  EXPECT_EQ(f.mails().size(), 4u);
}

TEST(UserRecovery, IsOpenToALockedAccount) {
  lost_password f;
  f.env().policy.login_failures = {1, 900};
  f.env().policy.recovery_failures = {1, 900};
  for (int i = 0; i < 2; ++i)
    EXPECT_FALSE(f.ask(f.actor, f.sign_in("wrong")));
  // Nor may whoever guesses passphrases keep the owner's mail away.
  EXPECT_FALSE(f.ask(f.actor, f.words("wrong words as passphrase")));
  EXPECT_TRUE(f.ask(f.actor, f.request()));
  ASSERT_EQ(f.mails().size(), 1u);
  EXPECT_TRUE(f.ask(f.actor, f.reset(f.token_in(f.mails().front()))));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("another battery staple")));
}

TEST(UserRecovery, IsAnsweredWhereNoMailCanBeMade) {
  lost_password f;
  f.env().mails = nullptr;
  f.env().mailer = nullptr;
  EXPECT_TRUE(f.ask(f.actor, f.request()));
  EXPECT_EQ(f.audited("user.recovery_requested").size(), 1u);
}

// -- by the passphrase ----------------------------------------------------------------------------

TEST(UserPassphrase, IsRefusedWhenItIsWrong) {
  lost_password f;
  EXPECT_EQ(code_of(f.ask(f.actor, f.words("wrong words as passphrase"))),
            error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 1u);
  EXPECT_EQ(f.commits.seen(), 0u); // the edge audits it, as it does for an address of nobody's
}

TEST(UserPassphrase, IsComparedWithNothingWhereThereIsNone) {
  lost_password f;
  const auto other = f.find(f.add_user("grace", "").id).value();
  EXPECT_EQ(code_of(f.ask(other, f.words(passphrase))), error_code::invalid_credentials);
  EXPECT_EQ(f.hashes.seen(), 1u);
  EXPECT_EQ(f.compared(), 0u);
}

TEST(UserPassphrase, IsComparedWithNothingForAnInactiveUser) {
  lost_password f;
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.words(passphrase))), error_code::invalid_credentials);
  EXPECT_EQ(f.hashes.seen(), 1u);
  EXPECT_EQ(f.compared(), 0u);
}

TEST(UserPassphrase, EarnsATokenThatWorks) {
  lost_password f;
  const auto grant = f.ask(f.actor, f.words(passphrase));
  ASSERT_TRUE(grant);
  const auto token = parse_opaque_key(reset_token_kind, grant->token.reveal());
  ASSERT_TRUE(token);
  EXPECT_EQ(f.audited("user.recovery_passphrase_accepted").size(), 1u);
  EXPECT_TRUE(f.ask(f.actor, f.reset(*token)));
  EXPECT_TRUE(f.mails().size() == 1u); // that the password was changed
}

TEST(UserPassphrase, IsComparedExactlyAsOftenAsTheLimitSays) {
  lost_password f;
  f.env().policy.recovery_failures = {5, 900};
  f.hashes.hold_answers();
  std::vector<asked<messages::reset_grant>> all;
  for (int i = 0; i < 40; ++i)
    all.push_back(f.begin(f.actor, f.words("wrong words as passphrase")));
  f.hashes.hold_nothing();
  while (f.hashes.held() > 0)
    f.hashes.release();
  for (const auto& question : all)
    EXPECT_EQ(code_of(question.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.compared(), 5u);
  EXPECT_EQ(f.hashes.seen(), 40u);
  EXPECT_EQ(code_of(f.ask(f.actor, f.words(passphrase))), error_code::invalid_credentials);
}

TEST(UserPassphrase, CostsWhatItsOwnHashCostsAlsoWhenNothingComesOfIt) {
  for (const auto* reason : {"locked", "inactive", "unverified"}) {
    lost_password f;
    f.write({{storage::set_recovery{f.record.id, secret{"old:" + passphrase}, f.clock.now()}}});
    if (reason == "locked"s) {
      f.env().policy.recovery_failures = {1, 900};
      EXPECT_FALSE(f.ask(f.actor, f.words("wrong words as passphrase")));
    } else if (reason == "inactive"s) {
      storage::user_changes changes;
      changes.is_active = false;
      ASSERT_TRUE(f.ask(f.actor, f.update(changes)));
    } else {
      f.env().policy.verification = email_verification::optional;
    }
    const auto seen = f.hashes.seen();
    EXPECT_EQ(code_of(f.ask(f.actor, f.words(passphrase))), error_code::invalid_credentials);
    ASSERT_EQ(f.hashes.seen(), seen + 1) << reason;
    const auto& asked = f.hashes.question<messages::verify_password>(seen);
    EXPECT_TRUE(asked.is_for_nothing) << reason;
    EXPECT_FALSE(asked.rehashes) << reason;
    EXPECT_EQ(asked.phc.reveal(), "old:" + passphrase) << reason;
  }
}

TEST(UserPassphrase, KeepsItsHashAtTodaysCost) {
  lost_password f;
  f.write({{storage::set_recovery{f.record.id, secret{"old:" + passphrase}, f.clock.now()}}});
  EXPECT_TRUE(f.ask(f.actor, f.words(passphrase)));
  EXPECT_EQ(f.stored(storage::find_recovery{f.record.id})->reveal(), "plain:" + passphrase);
}

} // namespace
} // namespace latchkey::test

// Second factors: how they come and go, and who may change them.
#include "two_factors.hpp"

namespace latchkey::test {
namespace {

// -- how one comes ------------------------------------------------------------------------------

TEST(UserFactors, AreAskedForOnceTheFirstCodeWasRight) {
  two_factors f;
  const auto enrolled = f.enrol(f.just_now());
  ASSERT_TRUE(enrolled);
  EXPECT_EQ(enrolled->account, "ada@example.com");
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse"))) << "nothing is confirmed yet";
  f.key = enrolled->key;
  const auto confirmed = f.confirm(f.code());
  ASSERT_TRUE(confirmed);
  EXPECT_EQ(confirmed->totp.name, "phone");
  EXPECT_TRUE(confirmed->totp.sealed_secret.empty());
  EXPECT_EQ(confirmed->recovery_codes.size(), 10u);
  f.first_step();
  EXPECT_EQ(f.audited("user.totp_added").size(), 1u);
}

TEST(UserFactors, AreNotConfirmedByAWrongCode) {
  two_factors f;
  f.key = f.enrol(f.just_now()).value().key;
  EXPECT_EQ(code_of(f.confirm("000000")), error_code::invalid_credentials);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserFactors, AreNotConfirmedWhenNoneWaits) {
  two_factors f;
  EXPECT_EQ(code_of(f.confirm("000000")), error_code::not_found);
}

TEST(UserFactors, EndNoSessionAndRaiseTheOneThatAddedThem) {
  two_factors f;
  const auto other = f.signed_in();
  f.add_totp();
  EXPECT_EQ(f.state_of(other), error_code::none);
  EXPECT_EQ(f.authenticated(f.session).by.level(), assurance_level::aal2);
  EXPECT_EQ(f.authenticated(other).by.level(), assurance_level::aal1);
}

TEST(UserFactors, AreToldToTheOwnerByMail) {
  two_factors f;
  f.add_totp();
  const auto mails = f.stored(storage::due_mails{f.clock.now(), 64});
  ASSERT_EQ(mails.size(), 1u);
  const auto text = f.env().mails->open(mails[0]).value();
  EXPECT_EQ(text.subject, "Your second factors were changed");
  EXPECT_NE(text.body.find("\"phone\""), std::string::npos) << text.body;
}

TEST(UserFactors, KeepTheSecretSealed) {
  two_factors f;
  f.add_totp();
  const auto kept = f.stored(storage::list_factors{f.record.id}).totp.at(0).sealed_secret;
  EXPECT_EQ(kept.find(f.key.reveal()), std::string::npos);
  EXPECT_EQ(kept.find(totp_secret_text(f.key).reveal()), std::string::npos);
}

TEST(UserFactors, AreFiveAppsAtMost) {
  two_factors f;
  f.add_totp();
  for (int more = 1; more < 5; ++more) {
    f.key = f.enrol(f.of_both()).value().key;
    ASSERT_TRUE(f.ask(f.actor,
                      messages::confirm_totp{secret{f.code()}, f.of_both(), f.author(), f.soon()}));
  }
  EXPECT_EQ(code_of(f.enrol(f.of_both())), error_code::conflict);
}

// -- who may change them ------------------------------------------------------------------------

TEST(UserFactors, AreChangedAfterARecentSignInAlone) {
  two_factors f;
  auto old = f.just_now();
  old.authenticated.at -= f.env().policy.recent_sign_in + 1s;
  const auto refused = f.enrol(old);
  ASSERT_EQ(code_of(refused), error_code::mfa_required);
  EXPECT_EQ(refused.error().more, R"("acr_values":"aal1","max_age":600,"methods":["password"])");
  EXPECT_EQ(refused.error().challenge, R"(acr_values="aal1", max_age="600")");
}

TEST(UserFactors, OfAnAccountThatHasSomeAreChangedAtItsOwnLevelAlone) {
  two_factors f;
  f.add_totp();
  const auto refused = f.enrol(f.just_now());
  ASSERT_EQ(code_of(refused), error_code::mfa_required);
  EXPECT_EQ(refused.error().challenge, R"(acr_values="aal2", max_age="600")");
  EXPECT_EQ(code_of(f.ask(f.actor, messages::remove_totp{1, f.just_now(), f.author(), f.soon()})),
            error_code::mfa_required);
  EXPECT_EQ(
      code_of(f.ask(f.actor, messages::make_recovery_codes{f.just_now(), f.author(), f.soon()})),
      error_code::mfa_required);
  EXPECT_TRUE(f.enrol(f.of_both()));
}

TEST(UserFactors, ThatCameWhileAChangeWaitedForItsTurnAreAskedForToo) {
  two_factors f;
  f.key = f.enrol(f.just_now()).value().key;
  auto first = f.ask_later(
      f.actor, messages::confirm_totp{secret{f.code()}, f.just_now(), f.author(), f.soon()});
  auto second =
      f.ask_later(f.actor, messages::enrol_totp{"other", f.just_now(), f.author(), f.soon()});
  f.run();
  EXPECT_TRUE(first.answer());
  EXPECT_EQ(code_of(second.answer()), error_code::mfa_required);
}

TEST(UserFactors, AreNotChangedInASessionThatHasEnded) {
  two_factors f;
  f.add_totp();
  const auto id = f.ask(f.actor, messages::list_factors{f.soon()}).value().totp.at(0).id;
  const auto caller = f.of_both();
  ASSERT_TRUE(f.ask(f.actor, f.end_all()));
  EXPECT_EQ(code_of(f.enrol(caller)), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::remove_totp{id, caller, f.author(), f.soon()})),
            error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::make_recovery_codes{caller, f.author(), f.soon()})),
            error_code::token_invalid);
  EXPECT_EQ(f.stored(storage::list_factors{f.record.id}).totp.size(), 1u);
}

TEST(UserFactors, AreAskedForAlsoWhenTheStoreCouldNotBeReadAfterTheChange) {
  two_factors f;
  f.key = f.enrol(f.just_now()).value().key;
  std::size_t writes = 0;
  f.store.refuse_here([&writes](bool is_write) -> std::optional<failure> {
    writes += is_write ? 1 : 0;
    if (is_write || writes == 0) return std::nullopt;
    return failure{error_code::store_unavailable, {}, {}};
  });
  (void)f.confirm(f.code());
  ASSERT_EQ(writes, 1u);
  EXPECT_NE(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::none);
  f.store.refuse_here({});
  f.advance(30s);
  f.first_step();
}

TEST(UserFactors, ARecentSignInIsAtTheAccountsOwnLevel) {
  two_factors f;
  const auto recent = [&f](const authentication& shown) {
    return code_of(f.ask(f.actor, messages::require_recent_sign_in{shown}));
  };
  EXPECT_EQ(recent(f.just_now().authenticated), error_code::none);
  f.add_totp();
  EXPECT_EQ(recent(f.just_now().authenticated), error_code::mfa_required);
  EXPECT_EQ(recent(f.of_both().authenticated), error_code::none);
}

TEST(UserFactors, AreShownBeforeTheirOwnerRemovesTheAccount) {
  two_factors f;
  f.add_totp();
  messages::delete_user removal{f.author(), f.soon(), std::nullopt, secret{"correct horse"s},
                                f.just_now().authenticated};
  EXPECT_EQ(code_of(f.ask(f.actor, removal)), error_code::mfa_required);
  removal.shown = f.of_both().authenticated;
  EXPECT_TRUE(f.ask(f.actor, removal));
}

TEST(UserFactors, AreGoneAfterTheLastOneIsRemoved) {
  two_factors f;
  f.add_totp();
  const auto id = f.ask(f.actor, messages::list_factors{f.soon()}).value().totp.at(0).id;
  ASSERT_TRUE(f.ask(f.actor, messages::remove_totp{id, f.of_both(), f.author(), f.soon()}));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.stored(storage::list_factors{f.record.id}).recovery_codes, 0u);
}

TEST(UserFactors, EndEveryOtherSessionWhenOneIsRemoved) {
  two_factors f;
  const auto other = f.signed_in();
  f.add_totp();
  ASSERT_EQ(f.state_of(other), error_code::none);
  const auto id = f.ask(f.actor, messages::list_factors{f.soon()}).value().totp.at(0).id;
  ASSERT_TRUE(f.ask(f.actor, messages::remove_totp{id, f.of_both(), f.author(), f.soon()}));
  EXPECT_EQ(f.state_of(other), error_code::token_invalid);
  EXPECT_EQ(f.state_of(f.session), error_code::none);
}

TEST(UserFactors, EndEveryOtherSessionWhenRecoveryCodesAreMadeAnew) {
  two_factors f;
  const auto other = f.signed_in();
  f.add_totp();
  ASSERT_TRUE(f.ask(f.actor, messages::make_recovery_codes{f.of_both(), f.author(), f.soon()}));
  EXPECT_EQ(f.state_of(other), error_code::token_invalid);
  EXPECT_EQ(f.state_of(f.session), error_code::none);
}

TEST(UserFactors, EndNoSessionWhenTheRemovalIsNotDurable) {
  two_factors f;
  const auto other = f.signed_in();
  f.add_totp();
  const auto id = f.ask(f.actor, messages::list_factors{f.soon()}).value().totp.at(0).id;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::remove_totp{id, f.of_both(), f.author(), f.soon()})),
            error_code::store_unavailable);
  EXPECT_EQ(f.state_of(other), error_code::none);
}

TEST(UserFactors, EndTheOtherSessionsThoughTheOutcomeOfARemovalWasUnknown) {
  two_factors f;
  const auto other = f.signed_in();
  f.add_totp();
  const auto id = f.ask(f.actor, messages::list_factors{f.soon()}).value().totp.at(0).id;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::remove_totp{id, f.of_both(), f.author(), f.soon()})),
            error_code::outcome_unknown);
  EXPECT_EQ(f.state_of(other), error_code::token_invalid);
  EXPECT_EQ(f.state_of(f.session), error_code::none);
}

TEST(UserFactors, AreRemovedByAnAdministratorWithEverySession) {
  two_factors f;
  f.add_totp();
  messages::reset_factors reset{f.author("user:admin"), f.soon(), "admin"};
  EXPECT_EQ(code_of(f.ask(f.actor, reset)), error_code::conflict) << "of another role by now";
  reset.role_seen = "user";
  ASSERT_TRUE(f.ask(f.actor, reset));
  EXPECT_EQ(f.state_of(f.session), error_code::token_invalid);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.audited("user.factors_reset").size(), 1u);
}

} // namespace
} // namespace latchkey::test

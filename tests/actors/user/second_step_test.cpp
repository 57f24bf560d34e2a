// What a sign-in asks for once there is a second factor, and how a session shows one again.
#include "two_factors.hpp"

namespace latchkey::test {
namespace {

// -- a sign-in is finished ----------------------------------------------------------------------

TEST(SecondStep, OpensASessionOfTheSecondLevel) {
  two_factors f;
  f.add_totp();
  const auto tokens = f.ask(f.actor, f.finish(f.first_step(), f.code()));
  ASSERT_TRUE(tokens);
  const auto opened = f.authenticated(f.session_of(*tokens));
  EXPECT_EQ(opened.by, auth_methods{auth_method::password}.with(auth_method::totp));
  EXPECT_EQ(opened.at, f.clock.now());
  EXPECT_EQ(f.stored(f.session_of(*tokens))->opened_by, surface::login_module);
}

TEST(SecondStep, TakesACodeOnce) {
  two_factors f;
  f.add_totp();
  ASSERT_TRUE(f.ask(f.actor, f.finish(f.first_step(), f.code())));
  const auto again = f.ask(f.actor, f.finish(f.first_step(), f.code()));
  ASSERT_EQ(code_of(again), error_code::invalid_credentials);
  EXPECT_EQ(again.error().field, "code");
}

TEST(SecondStep, TakesATokenOnce) {
  two_factors f;
  f.add_totp();
  const auto token = f.first_step();
  ASSERT_TRUE(f.ask(f.actor, f.finish(token, f.code())));
  const auto again = f.ask(f.actor, f.finish(token, f.code(1)));
  ASSERT_EQ(code_of(again), error_code::token_invalid);
  EXPECT_EQ(again.error().field, "mfa_token");
  EXPECT_EQ(f.stored(storage::list_factors{f.record.id}).totp.at(0).last_step,
            totp_step_at(f.clock.now()))
      << "what was refused has used nothing up";
}

TEST(SecondStep, OfTwentyAtOnceOneWins) {
  two_factors f;
  f.add_totp();
  std::vector<mfa_token> tokens;
  for (int i = 0; i < 20; ++i)
    tokens.push_back(f.first_step());
  const auto before = f.live_sessions();
  std::vector<asked<messages::token_pair>> all;
  for (const auto& token : tokens)
    all.push_back(f.ask_later(f.actor, f.finish(token, f.code())));
  f.run();
  std::size_t won = 0;
  for (const auto& each : all)
    if (each.answer())
      ++won;
    else
      EXPECT_TRUE(code_of(each.answer()) == error_code::invalid_credentials ||
                  code_of(each.answer()) == error_code::rate_limited); // as wrong ones are counted
  EXPECT_EQ(won, 1u);
  EXPECT_EQ(f.live_sessions(), before + 1);
}

TEST(SecondStep, TakesARecoveryCodeOnce) {
  two_factors f;
  f.add_totp();
  const std::string code{f.codes[3].reveal()};
  const auto tokens = f.ask(f.actor, f.finish(f.first_step(), code, auth_method::recovery_code));
  ASSERT_TRUE(tokens);
  EXPECT_EQ(f.authenticated(f.session_of(*tokens)).by.level(), assurance_level::aal2);
  EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), code, auth_method::recovery_code))),
            error_code::invalid_credentials);
}

TEST(SecondStep, WarnsWhenThreeRecoveryCodesAreLeft) {
  two_factors f;
  f.add_totp();
  const auto warned = [&f] {
    std::size_t count = 0;
    for (const auto& mail : f.stored(storage::due_mails{f.clock.now(), 64}))
      count += mail.kind == "recovery_codes_few" ? 1 : 0;
    return count;
  };
  for (int used = 0; used < 7; ++used) {
    EXPECT_EQ(warned(), 0u);
    ASSERT_TRUE(f.ask(f.actor, f.finish(f.first_step(), std::string{f.codes[used].reveal()},
                                        auth_method::recovery_code)));
  }
  EXPECT_EQ(warned(), 1u);
}

TEST(SecondStep, CountsWrongCodesOverAllSignIns) {
  two_factors f;
  f.add_totp();
  f.env().policy.login_failures = {3, 900};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), "000000"))),
              error_code::invalid_credentials);
  const auto refused = f.ask(f.actor, f.finish(f.first_step(), f.code()));
  ASSERT_EQ(code_of(refused), error_code::rate_limited) << "a right one too, by now";
  EXPECT_EQ(f.stored_user().factor_failures_in_a_row, 3);
}

TEST(SecondStep, IsOpenAgainAfterTooManyInARowOnceTheFactorsWereReset) {
  two_factors f;
  f.lock_second_step();
  ASSERT_TRUE(f.ask(f.actor, messages::reset_factors{f.author("user:admin"), f.soon(), "user"}));
  EXPECT_EQ(f.stored_user().factor_failures_in_a_row, 0);
  f.session = f.signed_in();
  f.add_totp();
  EXPECT_TRUE(f.ask(f.actor, f.finish(f.first_step(), f.code())));
}

TEST(SecondStep, TakesARecoveryCodeWhereTheAppsSecretOpensNoMore) {
  two_factors f;
  f.add_totp();
  auto other = *f.env().keys;
  other.sealing = secret{std::string(32, 'o')}; // as another JWT_SECRET_KEY makes it
  f.env().keys = std::make_shared<const key_set>(std::move(other));
  EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), f.code()))),
            error_code::invalid_credentials);
  const std::string code{f.codes[0].reveal()};
  EXPECT_TRUE(f.ask(f.actor, f.finish(f.first_step(), code, auth_method::recovery_code)));
}

TEST(SecondStep, IsOpenAgainHereWhenAnotherNodeHasResetTheFactors) {
  two_factors f;
  const auto refused = f.lock_second_step();
  EXPECT_NE(refused.reason.find("in a row"), std::string::npos) << refused.reason;
  f.write({{storage::remove_factors{f.record.id, f.stored_user().version, f.clock.now()}}});
  ASSERT_TRUE(f.ask(f.actor, messages::reload_user{f.soon()}));
  f.session = f.signed_in();
  f.add_totp();
  EXPECT_TRUE(f.ask(f.actor, f.finish(f.first_step(), f.code())));
}

TEST(SecondStep, RefusesAnAppThatAnotherNodeHasRemoved) {
  two_factors f;
  f.add_totp();
  const auto token = f.first_step();
  f.write({{storage::remove_factors{f.record.id, f.stored_user().version, f.clock.now()}}});
  EXPECT_EQ(code_of(f.ask(f.actor, f.finish(token, f.code()))), error_code::not_found);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(SecondStep, ARightCodeForgetsTheWrongOnes) {
  two_factors f;
  f.add_totp();
  f.env().policy.login_failures = {3, 900};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), "000000"))),
                error_code::invalid_credentials);
    ASSERT_TRUE(f.ask(f.actor, f.finish(f.first_step(), f.code())));
    f.advance(30s);
  }
  EXPECT_EQ(f.stored_user().factor_failures_in_a_row, 0);
}

TEST(SecondStep, IsNoLongerGoodAfterAnotherPassword) {
  two_factors f;
  f.add_totp();
  const auto token = f.first_step();
  ASSERT_TRUE(f.ask(f.actor, f.change("correct horse", "battery staple")));
  const auto refused = f.ask(f.actor, f.finish(token, f.code()));
  ASSERT_EQ(code_of(refused), error_code::token_invalid);
  EXPECT_EQ(refused.error().field, "mfa_token");
}

TEST(SecondStep, IsGoodAfterThePasswordWasHashedAnew) {
  two_factors f;
  f.add_totp();
  f.write({{storage::set_password_hash{f.record.id, f.stored_user().version,
                                       secret{"old:correct horse"s}, f.clock.now()}}});
  ASSERT_TRUE(f.ask(f.actor, messages::reload_user{f.soon()}));
  const auto token = f.first_step();
  ASSERT_EQ(f.stored_hash(), "plain:correct horse");
  EXPECT_TRUE(f.ask(f.actor, f.finish(token, f.code())));
}

TEST(SecondStep, IsRefusedOfAnInactiveUser) {
  two_factors f;
  f.add_totp();
  const auto token = f.first_step();
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.finish(token, f.code()))), error_code::token_invalid);
}

TEST(SecondStep, RefusesAMethodThatTheUserDoesNotHave) {
  two_factors f;
  f.add_totp();
  EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), "x", auth_method::passkey))),
            error_code::not_found);
}

TEST(SecondStep, AsksAlsoWhereAnotherNodeHasAddedTheFactor) {
  two_factors f;
  storage::enrol_totp enrolment;
  enrolment.totp = {7, f.record.id, "phone", "sealed", f.clock.now()};
  f.write({{enrolment}});
  f.write({{storage::confirm_totp{7, f.record.id, f.stored_user().version, 1, f.clock.now()}}});
  f.first_step(); // this node's memory knows of none, and loses by its version
}

// -- in a session that lives --------------------------------------------------------------------

TEST(StepUp, RaisesTheSessionAndItsTime) {
  two_factors f;
  f.add_totp();
  f.session = f.session_of(f.ask(f.actor, f.finish(f.first_step(), f.code())).value());
  f.pass(1h);
  const auto stepped = f.ask(f.actor, f.step(f.code()));
  ASSERT_EQ(code_of(stepped), error_code::none);
  EXPECT_EQ(stepped->authenticated.at, f.clock.now());
  EXPECT_EQ(f.authenticated(f.session), stepped->authenticated);
  EXPECT_EQ(f.stored(f.session)->authenticated, stepped->authenticated);
  EXPECT_EQ(f.audited("user.authenticated_again").size(), 1u);
}

TEST(StepUp, ByPasswordIsOneFactorAndANewTime) {
  two_factors f;
  f.pass(1h);
  const auto stepped = f.ask(f.actor, f.step("correct horse", auth_method::password));
  ASSERT_EQ(code_of(stepped), error_code::none);
  EXPECT_EQ(stepped->authenticated, f.just_now().authenticated);
  EXPECT_EQ(code_of(f.ask(f.actor, f.step("wrong", auth_method::password))),
            error_code::invalid_credentials);
}

TEST(StepUp, ByPasswordIsNotEnoughForAnAccountWithASecondFactor) {
  two_factors f;
  f.add_totp();
  f.pass(1h);
  const auto refused = f.ask(f.actor, f.step("correct horse", auth_method::password));
  ASSERT_EQ(code_of(refused), error_code::validation_error);
  EXPECT_EQ(refused.error().field, "method");
  EXPECT_EQ(f.authenticated(f.session).at, f.clock.now() - 1h - 30s);
}

TEST(StepUp, CountsWithTheSignInsOfTheAccount) {
  two_factors f;
  f.add_totp();
  f.env().policy.login_failures = {3, 900};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.step("000000"))), error_code::invalid_credentials);
  EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), f.code()))), error_code::rate_limited);
}

TEST(StepUp, IsRefusedOfASessionThatHasEnded) {
  two_factors f;
  f.add_totp();
  ASSERT_TRUE(f.ask(f.actor, f.end_all()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.step(f.code()))), error_code::token_invalid);
}

} // namespace
} // namespace latchkey::test

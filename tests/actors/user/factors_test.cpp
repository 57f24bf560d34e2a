// Second factors: how they come and go, and what a sign-in asks for once there is one.
#include "one_user.hpp"

#include "protocol/tokens/totp.hpp"

namespace latchkey::test {
namespace {

struct two_factors : one_user {
  secret key;
  std::vector<secret> codes;
  session_id session;

  two_factors() {
    env().mails =
        std::make_shared<mail_writer>("https://auth.example.com", "", secret{std::string(32, 'k')});
    session = signed_in();
  }
  authentication just_now(auth_methods by = auth_method::password) { return {by, clock.now()}; }
  authentication of_both() {
    return just_now(auth_methods{auth_method::password}.with(auth_method::totp));
  }
  std::string code(int steps_ahead = 0) {
    return totp_code(key, totp_step_at(clock.now()) + steps_ahead);
  }
  result<messages::totp_enrolled> enrol(authentication shown) {
    return ask(actor, messages::enrol_totp{"phone", shown, author(), soon()});
  }
  result<messages::totp_confirmed> confirm(const std::string& with) {
    return ask(actor, messages::confirm_totp{secret{with}, just_now(), session, author(), soon()});
  }
  /// The factor is there, and its first step is used.
  void add_totp() {
    const auto enrolled = enrol(just_now());
    ASSERT_TRUE(enrolled);
    key = enrolled->key;
    auto confirmed = confirm(code());
    ASSERT_TRUE(confirmed);
    codes = std::move(confirmed->recovery_codes);
    advance(30s);
  }
  /// Whoever is not used so long leaves memory.
  void pass(std::chrono::microseconds time) {
    advance(time);
    actor = find(record.id).value();
  }
  /// The token that the password earns.
  mfa_token first_step(const std::string& password = "correct horse") {
    const auto answer = ask(actor, sign_in(password));
    EXPECT_EQ(code_of(answer), error_code::mfa_required);
    const auto& more = answer.error().more;
    const std::string before = "\"mfa_token\":\"";
    const auto at = more.find(before) + before.size();
    const auto text = more.substr(at, more.find('"', at) - at);
    return read_mfa_token(env().keys->sealing, text, clock.now()).value();
  }
  messages::finish_sign_in finish(mfa_token token, const std::string& with,
                                  auth_method method = auth_method::totp) {
    return {std::move(token), {method, secret{with}}, author().client, soon()};
  }
  messages::step_up step(const std::string& with, auth_method method = auth_method::totp) {
    return {session, {method, secret{with}}, author(), soon()};
  }
  authentication authenticated(const session_id& of) {
    return ask(find(of).value(), messages::validate{}).value().authenticated;
  }
  session_id session_of(const messages::token_pair& tokens) {
    return parse_refresh_token(tokens.refresh_token.reveal()).value().session;
  }
};

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
    ASSERT_TRUE(f.ask(f.actor, messages::confirm_totp{secret{f.code()}, f.of_both(), f.session,
                                                      f.author(), f.soon()}));
  }
  EXPECT_EQ(code_of(f.enrol(f.of_both())), error_code::conflict);
}

// -- who may change them ------------------------------------------------------------------------

TEST(UserFactors, AreChangedAfterARecentSignInAlone) {
  two_factors f;
  auto old = f.just_now();
  old.at -= f.env().policy.recent_sign_in + 1s;
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

TEST(UserFactors, AreGoneAfterTheLastOneIsRemoved) {
  two_factors f;
  f.add_totp();
  const auto id = f.ask(f.actor, messages::list_factors{f.soon()}).value().totp.at(0).id;
  ASSERT_TRUE(f.ask(f.actor, messages::remove_totp{id, f.of_both(), f.author(), f.soon()}));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.stored(storage::list_factors{f.record.id}).recovery_codes, 0u);
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
  for (int i = 0; i < 10; ++i)
    tokens.push_back(f.first_step());
  const auto before = f.live_sessions();
  std::vector<asked<messages::token_pair>> all;
  for (const auto& token : tokens)
    all.push_back(f.ask_later(f.actor, f.finish(token, f.code())));
  f.run();
  std::size_t won = 0;
  for (const auto& each : all)
    won += each.answer() ? 1 : 0;
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
  f.add_totp();
  f.env().policy.login_failures_in_a_row_max = 3;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), "000000"))),
              error_code::invalid_credentials);
  ASSERT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), f.code()))), error_code::rate_limited);
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
  EXPECT_EQ(stepped->authenticated, f.just_now());
  EXPECT_EQ(code_of(f.ask(f.actor, f.step("wrong", auth_method::password))),
            error_code::invalid_credentials);
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

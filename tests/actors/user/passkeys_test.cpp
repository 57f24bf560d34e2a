// Passkeys: made, used by themselves and beside a password, and what the account is worth then.
#include "two_factors.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/json.hpp"
#include "tests/support/soft_authenticator.hpp"

namespace latchkey::test {
namespace {

using webauthn::refusal;

struct one_authenticator : two_factors {
  soft_authenticator device;
  messages::passkey_site site{"example.org", {"https://example.org"}};

  passkey_challenge challenge(passkey_ceremony ceremony) {
    return make_passkey_challenge(env().keys->sealing, ceremony, record.id, clock.now());
  }
  messages::add_passkey registration(const messages::signed_in_session& caller) {
    auto asked = challenge(passkey_ceremony::registration);
    webauthn::creation_options options;
    options.rp = {site.rp_id, "Example"};
    options.user = {user_handle_of(record.id), "ada@example.com", "Ada"};
    options.challenge = base64url_decode(asked.text).value();
    messages::add_passkey request;
    request.response =
        webauthn::parse_registration_response(device.create(webauthn::to_json(options))).value();
    request.challenge = std::move(asked);
    request.site = site;
    request.name = "Laptop";
    request.caller = caller;
    request.by = author();
    request.deadline = soon();
    return request;
  }
  messages::passkey_added add_passkey(bool is_second_factor = true) {
    auto request = registration(just_now());
    request.is_second_factor = is_second_factor;
    auto added = ask(actor, std::move(request));
    EXPECT_TRUE(added);
    return added.value_or(messages::passkey_added{});
  }
  messages::passkey_proof proof() {
    auto asked = challenge(passkey_ceremony::assertion);
    webauthn::request_options options;
    options.rp_id = site.rp_id;
    options.challenge = base64url_decode(asked.text).value();
    return {webauthn::parse_assertion_response(device.get(webauthn::to_json(options))).value(),
            std::move(asked), site};
  }
  messages::sign_in_with_passkey alone(messages::passkey_proof shown) {
    return {std::move(shown), surface::auth_service, author().client, soon()};
  }
  messages::finish_sign_in finish_with_passkey(mfa_token token) {
    return {std::move(token), {auth_method::passkey, secret{}, proof()}, author().client, soon()};
  }
  std::vector<passkey_record> stored_passkeys() {
    return stored(storage::list_factors{record.id}).passkeys;
  }
  /// Which step a refused passkey has failed at.
  template <class T>
  static std::string refused_at(const result<T>& answer) {
    if (answer) return "nothing";
    if (answer.error().code != error_code::invalid_credentials) return "another failure";
    EXPECT_EQ(answer.error().field, "credential");
    return answer.error().why.substr(std::string_view{"passkey: "}.size());
  }
};

// -- made ---------------------------------------------------------------------------------------

TEST(UserPasskeys, AreAskedForByPasswordSignInsAndBringRecoveryCodes) {
  one_authenticator f;
  const auto added = f.add_passkey();
  EXPECT_EQ(added.recovery_codes.size(), 10u);
  EXPECT_EQ(added.passkey.name, "Laptop");
  EXPECT_TRUE(added.passkey.is_second_factor);
  const auto asked = f.ask(f.actor, f.sign_in("correct horse"));
  ASSERT_EQ(code_of(asked), error_code::mfa_required);
  EXPECT_NE(asked.error().more.find(R"("methods":["passkey","recovery_code"])"), std::string::npos);
  EXPECT_EQ(f.audited("user.passkey_added").size(), 1u);
}

TEST(UserPasskeys, ThatAreOnlyAnotherWayInAreNotAskedFor) {
  one_authenticator f;
  EXPECT_TRUE(f.add_passkey(false).recovery_codes.empty());
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_TRUE(f.ask(f.actor, f.alone(f.proof())));
}

TEST(UserPasskeys, MadeByTheWayAreNeverASecondFactor) {
  one_authenticator f;
  f.device.behaviour.is_user_present = false;
  auto request = f.registration(f.just_now());
  EXPECT_EQ(f.refused_at(f.ask(f.actor, request)), "not_present");
  request = f.registration(f.just_now());
  request.was_unattended = true;
  const auto added = f.ask(f.actor, request);
  ASSERT_TRUE(added);
  EXPECT_FALSE(added->passkey.is_second_factor);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserPasskeys, NeedARecentSignInOfTheAccountsOwnLevel) {
  one_authenticator f;
  auto old = f.just_now();
  old.authenticated.at -= f.env().policy.recent_sign_in + 1s;
  EXPECT_EQ(code_of(f.ask(f.actor, f.registration(old))), error_code::mfa_required);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::begin_passkey{old, f.soon()})),
            error_code::mfa_required);
  f.add_totp();
  EXPECT_EQ(code_of(f.ask(f.actor, f.registration(f.just_now()))), error_code::mfa_required);
  EXPECT_TRUE(f.ask(f.actor, f.registration(f.of_both())));
}

TEST(UserPasskeys, TellABrowserWhoTheUserIsAndWhatThereIs) {
  one_authenticator f;
  const auto first = f.ask(f.actor, messages::begin_passkey{f.just_now(), f.soon()});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "ada@example.com");
  EXPECT_TRUE(first->present.empty());
  f.add_passkey(false);
  EXPECT_EQ(f.ask(f.actor, messages::begin_passkey{f.just_now(), f.soon()})->present.size(), 1u);
}

TEST(UserPasskeys, AreTwentyAtMost) {
  one_authenticator f;
  for (int i = 0; i < 20; ++i)
    f.add_passkey(false);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::begin_passkey{f.just_now(), f.soon()})),
            error_code::conflict);
  EXPECT_EQ(code_of(f.ask(f.actor, f.registration(f.just_now()))), error_code::conflict);
}

TEST(UserPasskeys, TakeAChallengeOnceAndTheirUsersAlone) {
  one_authenticator f;
  const auto request = f.registration(f.just_now());
  ASSERT_TRUE(f.ask(f.actor, request));
  const auto again = f.ask(f.actor, request);
  EXPECT_TRUE(code_of(again) == error_code::mfa_required || code_of(again) == error_code::conflict);
  one_authenticator g;
  auto strange = g.registration(g.just_now());
  strange.challenge.user = user_id{make_uuid(g.clock.now())};
  EXPECT_EQ(code_of(g.ask(g.actor, strange)), error_code::token_invalid);
  // Another credential for a challenge that was answered.
  auto first = g.registration(g.just_now());
  first.is_second_factor = false;
  ASSERT_TRUE(g.ask(g.actor, first));
  auto second = g.registration(g.just_now());
  second.challenge.id = first.challenge.id;
  const auto refused = g.ask(g.actor, second);
  EXPECT_EQ(code_of(refused), error_code::token_invalid);
  EXPECT_EQ(g.stored_passkeys().size(), 1u);
}

TEST(UserPasskeys, OfAnotherOriginOrDomainAreRefused) {
  one_authenticator f;
  f.device.behaviour.origin = "https://evil.example";
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.registration(f.just_now()))), "wrong_origin");
  f.device.behaviour.origin = "https://example.org";
  f.device.behaviour.rp_id = "evil.example";
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.registration(f.just_now()))), "wrong_rp_id");
  EXPECT_TRUE(f.stored_passkeys().empty());
}

// -- used alone ---------------------------------------------------------------------------------

TEST(PasskeySignIn, OpensASessionOfTheSecondLevel) {
  one_authenticator f;
  f.add_passkey();
  const auto tokens = f.ask(f.actor, f.alone(f.proof()));
  ASSERT_TRUE(tokens);
  const auto opened = f.authenticated(f.session_of(*tokens));
  EXPECT_EQ(opened.by, auth_methods{auth_method::verified_passkey});
  EXPECT_EQ(opened.by.level(), assurance_level::aal2);
  EXPECT_EQ(f.audited("user.signed_in").back().reason, "by a passkey");
  EXPECT_EQ(f.stored_passkeys()[0].last_used_at, f.clock.now());
  EXPECT_EQ(f.stored_passkeys()[0].sign_count, f.device.credentials[0].counter);
}

TEST(PasskeySignIn, TakesAChallengeOnce) {
  one_authenticator f;
  f.device.behaviour.counter_step = 0; // it has no counter that would tell
  f.add_passkey();
  const auto shown = f.proof();
  ASSERT_TRUE(f.ask(f.actor, f.alone(shown)));
  const auto again = f.ask(f.actor, f.alone(shown));
  ASSERT_EQ(code_of(again), error_code::token_invalid);
  EXPECT_EQ(again.error().field, "credential");
}

TEST(PasskeySignIn, OfTwentyWithOneChallengeOneWins) {
  one_authenticator f;
  f.device.behaviour.counter_step = 0;
  f.add_passkey();
  const auto shown = f.proof();
  const auto before = f.live_sessions();
  std::vector<asked<messages::token_pair>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(f.ask_later(f.actor, f.alone(shown)));
  f.run();
  std::size_t won = 0;
  for (const auto& each : all)
    if (each.answer())
      ++won;
    else
      EXPECT_EQ(code_of(each.answer()), error_code::token_invalid);
  EXPECT_EQ(won, 1u);
  EXPECT_EQ(f.live_sessions(), before + 1);
}

TEST(PasskeySignIn, RefusesACounterThatWentBack) {
  one_authenticator f;
  f.add_passkey();
  const auto first = f.proof();
  const auto second = f.proof();
  ASSERT_TRUE(f.ask(f.actor, f.alone(second)));
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.alone(first))), "counter_went_back");
}

TEST(PasskeySignIn, RefusesACounterThatWentBackAtTheStoreToo) {
  one_authenticator f;
  f.add_passkey();
  const auto first = f.proof();
  const auto second = f.proof();
  // Both are looked at before either is written: two nodes at once.
  auto one = f.ask_later(f.actor, f.alone(second));
  auto other = f.ask_later(f.actor, f.alone(first));
  f.run();
  EXPECT_EQ((one.answer() ? 1 : 0) + (other.answer() ? 1 : 0), 1);
  EXPECT_EQ(f.stored_passkeys()[0].sign_count, f.device.credentials[0].counter);
}

TEST(PasskeySignIn, NeedsAUserWhoWasVerified) {
  one_authenticator f;
  f.device.behaviour.is_user_verified = false;
  f.add_passkey();
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.alone(f.proof()))), "not_verified");
}

TEST(PasskeySignIn, NeedsTheUsersName) {
  one_authenticator f;
  f.add_passkey();
  f.device.behaviour.tells_user = false;
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.alone(f.proof()))), "no_user");
}

TEST(PasskeySignIn, RefusesWhatWasMadeElsewhere) {
  one_authenticator f;
  f.add_passkey();
  f.device.behaviour.origin = "https://evil.example";
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.alone(f.proof()))), "wrong_origin");
  f.device.behaviour.origin = "https://example.org";
  auto other = f.challenge(passkey_ceremony::assertion);
  auto shown = f.proof();
  shown.challenge = other;
  EXPECT_EQ(f.refused_at(f.ask(f.actor, f.alone(shown))), "wrong_challenge");
}

TEST(PasskeySignIn, SaysWhenTheCredentialIsUnknown) {
  one_authenticator f;
  const auto added = f.add_passkey(false);
  const auto shown = f.proof();
  ASSERT_TRUE(f.ask(
      f.actor, messages::remove_passkey{added.passkey.id, f.just_now(), f.author(), f.soon()}));
  const auto refused = f.ask(f.actor, f.alone(shown));
  EXPECT_EQ(f.refused_at(refused), "unknown credential");
  EXPECT_EQ(refused.error().more, R"("unknown_credential":true)");
}

TEST(PasskeySignIn, IsRefusedOfAnInactiveUserAndOfAnUnverifiedAddress) {
  one_authenticator f;
  f.add_passkey(false);
  f.env().policy.verification = email_verification::required;
  EXPECT_EQ(code_of(f.ask(f.actor, f.alone(f.proof()))), error_code::insufficient_permissions);
  f.env().policy.verification = email_verification::optional;
  const auto shown = f.proof();
  ASSERT_TRUE(f.ask(f.actor, f.deactivation()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.alone(shown))), error_code::invalid_credentials);
}

TEST(PasskeySignIn, IsNotLockedByWrongCodes) {
  one_authenticator f;
  f.add_passkey();
  f.env().policy.login_failures = {3, 900};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(code_of(f.ask(f.actor, f.finish(f.first_step(), "0000-0000-0000-0000",
                                              auth_method::recovery_code))),
              error_code::invalid_credentials);
  EXPECT_TRUE(f.ask(f.actor, f.alone(f.proof())));
  EXPECT_TRUE(f.ask(f.actor, f.finish_with_passkey(f.first_step())));
}

// -- beside a password --------------------------------------------------------------------------

TEST(UserPasskeys, FinishASignInAlsoWithoutVerifyingTheUser) {
  one_authenticator f;
  f.device.behaviour.is_user_verified = false;
  f.add_passkey();
  const auto tokens = f.ask(f.actor, f.finish_with_passkey(f.first_step()));
  ASSERT_TRUE(tokens);
  const auto opened = f.authenticated(f.session_of(*tokens));
  EXPECT_EQ(opened.by, auth_methods{auth_method::password}.with(auth_method::passkey));
  EXPECT_EQ(opened.by.level(), assurance_level::aal2);
}

TEST(UserPasskeys, RaiseASessionThatLives) {
  one_authenticator f;
  f.add_passkey();
  f.pass(1h);
  messages::step_up request{
      f.session, {auth_method::passkey, secret{}, f.proof()}, f.author(), f.soon()};
  const auto stepped = f.ask(f.actor, std::move(request));
  ASSERT_EQ(code_of(stepped), error_code::none);
  EXPECT_EQ(f.authenticated(f.session).by.level(), assurance_level::aal2);
  EXPECT_EQ(f.authenticated(f.session).at, f.clock.now());
}

// -- changed ------------------------------------------------------------------------------------

TEST(UserPasskeys, AreRenamedAndMadeASecondFactorLater) {
  one_authenticator f;
  const auto added = f.add_passkey(false);
  messages::change_passkey change{added.passkey.id, "Work",     true,
                                  f.just_now(),     f.author(), f.soon()};
  const auto changed = f.ask(f.actor, change);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->passkey.name, "Work");
  EXPECT_EQ(changed->recovery_codes.size(), 10u);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::mfa_required);
  change.caller = f.just_now(auth_method::verified_passkey);
  change.is_second_factor = false;
  ASSERT_TRUE(f.ask(f.actor, change));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  change.id ^= 1;
  EXPECT_EQ(code_of(f.ask(f.actor, change)), error_code::not_found);
}

TEST(UserPasskeys, AreGoneAfterTheyAreRemoved) {
  one_authenticator f;
  const auto added = f.add_passkey();
  const auto other = f.ask(f.actor, f.alone(f.proof()));
  ASSERT_TRUE(other);
  const auto caller = f.just_now(auth_method::verified_passkey);
  ASSERT_TRUE(
      f.ask(f.actor, messages::remove_passkey{added.passkey.id, caller, f.author(), f.soon()}));
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.stored(storage::list_factors{f.record.id}).recovery_codes, 0u);
  EXPECT_EQ(f.audited("user.passkey_removed").size(), 1u);
  EXPECT_EQ(f.state_of(f.session_of(*other)), error_code::token_invalid);
  EXPECT_EQ(f.state_of(f.session), error_code::none);
}

} // namespace
} // namespace latchkey::test

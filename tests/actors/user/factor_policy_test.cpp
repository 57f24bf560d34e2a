// Who must have a second factor: what a session is good for until it is there, the grace, and that
// the last one stays.
#include "two_factors.hpp"

#include "actors/registry/registry.hpp"

namespace latchkey::test {
namespace {

struct key_maker : two_factors {
  key_maker() { env().tiers = parse_tiers("free:api_keys=5").value(); }

  messages::create_api_key make(const char* scope = "profile:read") {
    return {"ci", {scope}, {}, author(), soon(), just_now()};
  }
  messages::revoke_api_key revoke(const messages::api_key_created& made) {
    return {made.key.id, author(), soon(), shown()};
  }
};

struct required_factor : key_maker {
  required_factor() { require({}); }

  void require(std::chrono::seconds grace, permission_set permissions = {}) {
    auto& policy = env().policy.factors;
    policy.is_required_of_all = true;
    policy.grace = grace;
    policy.permissions = std::move(permissions);
    env().book->publish(make_role_table({}, policy));
  }
  error_code state_of_awaiting(const session_id& id, bool admits_awaiting) {
    return code_of(ask(find(id).value(), messages::validate{0, admits_awaiting}));
  }
  /// What the store has.
  bool awaits(const session_id& id) { return stored(id)->awaits_second_factor; }
};

TEST(RequiredFactor, LeavesSessionsOfBeforeAsTheyAre) {
  required_factor f;
  EXPECT_EQ(f.state_of(f.session), error_code::none);
  EXPECT_FALSE(f.awaits(f.session));
}

TEST(RequiredFactor, OpensASessionThatIsGoodForAddingOneAlone) {
  required_factor f;
  const auto opened = f.signed_in();
  EXPECT_TRUE(f.awaits(opened));
  EXPECT_EQ(f.state_of_awaiting(opened, true), error_code::none);
  const auto refused = f.ask(f.find(opened).value(), messages::validate{});
  ASSERT_EQ(code_of(refused), error_code::mfa_required);
  EXPECT_EQ(refused.error().challenge, "acr_values=\"aal2\"");
  EXPECT_EQ(refused.error().more, R"("acr_values":"aal2")");
  const messages::use_ticket ticket{7, f.clock.now() + 30s};
  EXPECT_EQ(code_of(f.ask(f.find(opened).value(), ticket)), error_code::mfa_required);
}

TEST(RequiredFactor, IsThereOnceItsFirstCodeIsRight) {
  required_factor f;
  f.session = f.signed_in();
  f.add_totp();
  EXPECT_EQ(f.state_of(f.session), error_code::none);
  const auto tokens = f.ask(f.actor, f.finish(f.first_step(), f.code()));
  ASSERT_TRUE(tokens);
  EXPECT_FALSE(f.awaits(f.session_of(*tokens)));
}

TEST(RequiredFactor, IsAskedForNoMoreWhenTheRuleIsGone) {
  required_factor f;
  const auto opened = f.signed_in();
  EXPECT_EQ(f.state_of(opened), error_code::mfa_required);
  f.env().book->publish(make_role_table({}));
  EXPECT_EQ(f.state_of(opened), error_code::none);
}

TEST(RequiredFactor, IsAskedOfUsersOfThatRoleAlone) {
  required_factor f;
  factor_policy admins_alone;
  admins_alone.roles = {"admin"};
  f.env().book->publish(make_role_table({}, admins_alone));
  EXPECT_EQ(f.state_of(f.signed_in()), error_code::none);
  role_record strict;
  strict.name = "user"; // what the store says of a built-in role does not count
  strict.requires_second_factor = true;
  f.env().book->publish(make_role_table({strict}));
  EXPECT_EQ(f.state_of(f.signed_in()), error_code::none);
  ASSERT_TRUE(f.ask(f.actor, f.promotion("admin")));
  f.env().book->publish(make_role_table({}, admins_alone));
  EXPECT_EQ(f.state_of(f.signed_in()), error_code::mfa_required);
}

TEST(RequiredFactor, MayComeWithinTheGraceFromTheFirstSignIn) {
  required_factor f;
  f.require(24h);
  const auto due_at = f.clock.now() + 24h;
  EXPECT_FALSE(f.awaits(f.signed_in()));
  EXPECT_EQ(f.stored_user().second_factor_due_at, due_at);
  const auto listed = f.ask(f.actor, messages::list_factors{f.soon()});
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->is_required);
  EXPECT_EQ(listed->due_at, due_at);
  f.pass(23h);
  EXPECT_FALSE(f.awaits(f.signed_in()));
  EXPECT_EQ(f.stored_user().second_factor_due_at, due_at) << "it does not begin again";
  f.pass(2h);
  EXPECT_TRUE(f.awaits(f.signed_in()));
}

TEST(RequiredFactor, HasANewGraceAfterAnAdministratorsReset) {
  required_factor f;
  f.require(24h);
  (void)f.signed_in();
  f.pass(25h);
  ASSERT_TRUE(f.ask(f.actor, messages::reset_factors{f.author("user:admin"), f.soon()}));
  EXPECT_FALSE(f.awaits(f.signed_in()));
  EXPECT_EQ(f.stored_user().second_factor_due_at, f.clock.now() + 24h);
}

TEST(RequiredFactor, StaysWhenItIsTheLast) {
  required_factor f;
  f.session = f.signed_in();
  f.add_totp();
  const auto id = f.stored(storage::list_factors{f.record.id}).totp.at(0).id;
  const messages::remove_totp removal{id, f.of_both(), f.author(), f.soon()};
  const auto refused = f.ask(f.actor, removal);
  ASSERT_EQ(code_of(refused), error_code::conflict);
  EXPECT_EQ(refused.error().field, "id");
  f.env().book->publish(make_role_table({}));
  const messages::remove_totp again{id, f.of_both(), f.author(), f.soon()};
  EXPECT_TRUE(f.ask(f.actor, again)) << "nobody asks for it any more";
}

// -- keys and passphrases -----------------------------------------------------------------------

TEST(RecentSignIn, IsAskedForWhereAnApiKeyIsMadeOrRevoked) {
  key_maker f;
  auto wanted = f.make();
  const auto made = f.ask(f.actor, wanted);
  ASSERT_TRUE(made);
  const auto removal = f.revoke(*made);
  f.pass(11min);
  EXPECT_EQ(code_of(f.ask(f.actor, wanted)), error_code::mfa_required);
  EXPECT_EQ(code_of(f.ask(f.actor, removal)), error_code::mfa_required);
  EXPECT_EQ(f.stored(storage::list_api_keys{f.record.id, f.clock.now()}).size(), 1u);
  EXPECT_TRUE(f.ask(f.actor, f.revoke(*made)));
}

TEST(RecentSignIn, IsOfTheAccountsOwnLevelForKeysAndPassphrases) {
  key_maker f;
  f.add_totp();
  auto wanted = f.make();
  EXPECT_EQ(code_of(f.ask(f.actor, wanted)), error_code::mfa_required);
  messages::change_recovery phrase{secret{"correct horse"s}, secret{"four words of somebody"s},
                                   f.author(), f.soon(), f.shown()};
  EXPECT_EQ(code_of(f.ask(f.actor, phrase)), error_code::mfa_required);
  EXPECT_FALSE(f.stored(storage::find_recovery{f.record.id}));
  wanted.caller = f.of_both();
  EXPECT_TRUE(f.ask(f.actor, wanted));
  phrase.shown = f.of_both().authenticated;
  EXPECT_TRUE(f.ask(f.actor, phrase));
  EXPECT_TRUE(f.stored(storage::find_recovery{f.record.id}));
}

TEST(RecentSignIn, MailsTheOwnerThatAKeyIsGone) {
  key_maker f;
  const auto made = f.ask(f.actor, f.make());
  ASSERT_TRUE(made);
  ASSERT_TRUE(f.ask(f.actor, f.revoke(*made)));
  const auto mails = f.stored(storage::due_mails{f.clock.now()});
  EXPECT_TRUE(std::ranges::any_of(
      mails, [](const mail_record& mail) { return mail.kind == "api_key_revoked"; }));
}

TEST(RecentSignIn, MailsAProvenAddressOfEachChange) {
  key_maker f;
  storage::user_changes changes;
  changes.email_verified = true;
  ASSERT_TRUE(f.ask(f.actor, f.update(changes)));
  for (std::size_t i = 0; i < 5; ++i) {
    const auto made = f.ask(f.actor, f.make());
    ASSERT_TRUE(made);
    ASSERT_TRUE(f.ask(f.actor, f.revoke(*made)));
  }
  EXPECT_EQ(std::ranges::count(f.stored(storage::due_mails{f.clock.now()}), "api_key_revoked",
                               &mail_record::kind),
            5);
}

TEST(KeyScopes, NeedTheLevelThatTheirPermissionAsksFor) {
  key_maker f;
  f.env().policy.factors.permissions = {"profile:write"};
  auto wanted = f.make("profile:write");
  const auto refused = f.ask(f.actor, wanted);
  ASSERT_EQ(code_of(refused), error_code::mfa_required);
  EXPECT_EQ(refused.error().challenge, "acr_values=\"aal2\"");
  EXPECT_TRUE(f.ask(f.actor, f.make()));
  wanted.caller = f.of_both();
  EXPECT_TRUE(f.ask(f.actor, wanted));
}

// -- passwords ----------------------------------------------------------------------------------

TEST(PasswordLength, IsThatOfAPasswordAloneUntilThereIsASecondFactor) {
  two_factors f;
  f.env().policy.password_length_min = 8;
  f.env().policy.password_length_min_alone = 15;
  EXPECT_EQ(code_of(f.ask(f.actor, f.change("correct horse", "gate-sevenfold", f.session))),
            error_code::password_format);
  f.add_totp();
  EXPECT_TRUE(f.ask(f.actor, f.change("correct horse", "gate-sevenfold", f.session)));
}

} // namespace
} // namespace latchkey::test

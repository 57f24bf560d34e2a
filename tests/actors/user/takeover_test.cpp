// An account goes to whoever proves to own its address.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

const std::string takeover_passphrase = "four words as passphrase";
const std::string next_password = "another battery staple";

struct squatted : one_user {
  squatted() {
    env().tiers = parse_tiers("free:api_keys=5").value();
    env().mails =
        std::make_shared<mail_writer>("https://auth.example.com", "", secret{std::string(32, 'k')});
    write(
        {{storage::set_recovery{record.id, secret{"plain:" + takeover_passphrase}, clock.now()}}});
  }
  void verify() {
    storage::user_changes changes;
    changes.email_verified = true;
    ASSERT_TRUE(ask(actor, update(changes)));
  }
  messages::verify_passphrase words() { return {secret{takeover_passphrase}, author(), soon()}; }
  secret make_key(std::optional<session_id> session = std::nullopt) {
    messages::create_api_key request{"ci",         {"profile:read"},
                                     std::nullopt, author(),
                                     soon(),       {session.value_or(session_id{}), shown()}};
    return ask(actor, request).value().text;
  }
  error_code use(const secret& text) {
    const auto parsed = parse_opaque_key(api_key_kind, text.reveal()).value();
    return code_of(ask(actor, messages::use_api_key{parsed.id, parsed.secret_hash, soon()}));
  }
  std::vector<mail_record> mails(const std::string& kind) {
    auto all = stored(storage::due_mails{clock.now(), 64});
    std::erase_if(all, [&kind](const mail_record& mail) { return mail.kind != kind; });
    return all;
  }
  opaque_key token_in(const mail_record& mail, std::string_view kind) {
    const auto text = env().mails->open(mail).value().body;
    const auto at = text.find(std::string{kind} + "_");
    return parse_opaque_key(kind, text.substr(at, text.find_first_of(" \r\n", at) - at)).value();
  }
  messages::reset_password reset(const opaque_key& token) {
    return {token.id, token.secret_hash, secret{next_password}, author(), soon()};
  }
  opaque_key mailed_token() {
    EXPECT_TRUE(ask(actor, messages::begin_recovery{author(), soon()}));
    const auto mail = mails("password_reset").back();
    clock.move(1s);
    return token_in(mail, reset_token_kind);
  }
  messages::begin_verification verification() { return {author(), soon()}; }
  messages::confirm_email confirm(const opaque_key& token) {
    return {token.id, token.secret_hash, author(), soon()};
  }
};

TEST(UserTakeover, IsCleanWhenTheAddressWasNotVerified) {
  squatted f;
  const auto session = f.signed_in();
  const auto key = f.make_key(session);
  ASSERT_TRUE(f.ask(f.actor, f.verification()));
  const auto verification = f.token_in(f.mails("email_verification").back(), email_token_kind);
  ASSERT_EQ(f.use(key), error_code::none);
  const auto token = f.mailed_token();
  ASSERT_TRUE(f.ask(f.actor, f.reset(token)));

  EXPECT_EQ(f.state_of(session), error_code::token_invalid);
  EXPECT_EQ(f.use(key), error_code::token_invalid);
  EXPECT_FALSE(f.stored(storage::find_recovery{f.record.id}));
  EXPECT_EQ(code_of(f.ask(f.actor, f.words())), error_code::invalid_credentials);
  EXPECT_EQ(code_of(f.ask(f.actor, f.confirm(verification))), error_code::token_invalid);
  EXPECT_TRUE(f.mails("api_key_created").empty());
  EXPECT_TRUE(f.mails("password_reset").empty());
  EXPECT_EQ(f.mails("password_changed").size(), 1u);
  EXPECT_TRUE(f.stored_user().email_verified);
  EXPECT_TRUE(f.ask(f.actor, messages::describe_user{})->email_verified);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in(next_password)));
  EXPECT_EQ(f.stored_user().version, f.record.version + 2);
}

TEST(UserTakeover, LeavesKeysAndPassphraseOfAVerifiedAddress) {
  squatted f;
  f.verify();
  const auto session = f.signed_in();
  const auto key = f.make_key(session);
  ASSERT_TRUE(f.ask(f.actor, f.reset(f.mailed_token())));
  EXPECT_EQ(f.state_of(session), error_code::token_invalid);
  EXPECT_EQ(f.use(key), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, f.words()));
}

TEST(UserTakeover, ByThePassphraseEndsKeysAndUsesItUp) {
  squatted f;
  f.verify();
  const auto session = f.signed_in();
  const auto key = f.make_key(session);
  const auto grant = f.ask(f.actor, f.words());
  ASSERT_TRUE(grant);
  ASSERT_TRUE(
      f.ask(f.actor, f.reset(parse_opaque_key(reset_token_kind, grant->token.reveal()).value())));
  EXPECT_EQ(f.state_of(session), error_code::token_invalid);
  EXPECT_EQ(f.use(key), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.words())), error_code::invalid_credentials);
}

TEST(UserTakeover, LeavesNoKeyThatWasBeingMade) {
  squatted f;
  const auto session = f.signed_in();
  const auto token = f.mailed_token();
  // Asked for by a session that the reset, which comes first, ends.
  auto resetting = f.ask_later(f.actor, f.reset(token));
  messages::create_api_key request{"ci",       {"profile:read"}, std::nullopt,
                                   f.author(), f.soon(),         {session, f.shown()}};
  auto making = f.ask_later(f.actor, request);
  f.run();
  EXPECT_TRUE(resetting.answer());
  const auto made = making.answer();
  if (made) {
    EXPECT_EQ(f.use(made->text), error_code::token_invalid);
  }
  EXPECT_TRUE(f.stored(storage::list_api_keys{f.record.id, f.clock.now()}).empty());
  EXPECT_EQ(code_of(f.ask(f.actor, request)), error_code::token_invalid);
}

TEST(UserPassphrase, IsRefusedWithTheSameWorkWhileTheAddressIsNotVerified) {
  squatted f;
  EXPECT_EQ(code_of(f.ask(f.actor, f.words())), error_code::invalid_credentials);
  EXPECT_EQ(f.hashes.seen(), 1u);
  EXPECT_EQ(f.compared(), 0u);
  f.env().policy.verification = email_verification::off;
  EXPECT_TRUE(f.ask(f.actor, f.words()));
}

TEST(UserPassphrase, IsSetAndRemovedWithThePassword) {
  squatted f;
  f.verify();
  const auto change = [&f](const std::string& current, const std::string& next) {
    return messages::change_recovery{secret{current}, secret{next}, f.author(), f.soon()};
  };
  EXPECT_EQ(code_of(f.ask(f.actor, change("wrong", "other four words here"))),
            error_code::invalid_credentials);
  EXPECT_TRUE(f.ask(f.actor, f.words()));
  ASSERT_TRUE(f.ask(f.actor, change("correct horse", "other four words here")));
  EXPECT_EQ(code_of(f.ask(f.actor, f.words())), error_code::invalid_credentials);
  EXPECT_EQ(f.stored(storage::find_recovery{f.record.id})->reveal(), "plain:other four words here");
  ASSERT_TRUE(f.ask(f.actor, change("correct horse", "")));
  EXPECT_FALSE(f.stored(storage::find_recovery{f.record.id}));
  EXPECT_EQ(f.mails("recovery_passphrase_changed").size(), 2u);
}

TEST(UserEmail, IsVerifiedByTheMailedTokenOnce) {
  squatted f;
  ASSERT_TRUE(f.ask(f.actor, f.verification()));
  const auto token = f.token_in(f.mails("email_verification").back(), email_token_kind);
  auto wrong = f.confirm(token);
  wrong.token_hash = "other";
  EXPECT_EQ(code_of(f.ask(f.actor, wrong)), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.reset(token))), error_code::token_invalid);
  ASSERT_TRUE(f.ask(f.actor, f.confirm(token)));
  EXPECT_TRUE(f.stored_user().email_verified);
  EXPECT_TRUE(f.ask(f.actor, messages::describe_user{})->email_verified);
  EXPECT_EQ(code_of(f.ask(f.actor, f.confirm(token))), error_code::token_invalid);
  EXPECT_TRUE(f.ask(f.actor, f.verification())->was_verified);
  EXPECT_EQ(f.mails("email_verification").size(), 1u);
}

TEST(UserEmail, IsAskedForNoOftenerThanTheLimit) {
  squatted f;
  f.env().policy.verification_mails = {2, 3600};
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(f.ask(f.actor, f.verification()));
  const auto refused = f.ask(f.actor, f.verification());
  EXPECT_EQ(code_of(refused), error_code::rate_limited);
  EXPECT_GT(refused.error().retry_after_s, 0u);
  EXPECT_EQ(f.mails("email_verification").size(), 2u);
}

TEST(UserEmail, MustBeVerifiedBeforeASignInWhereThatIsRequired) {
  squatted f;
  f.env().policy.verification = email_verification::required;
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("wrong"))), error_code::invalid_credentials);
  const auto refused = f.ask(f.actor, f.sign_in("correct horse"));
  EXPECT_EQ(code_of(refused), error_code::insufficient_permissions);
  EXPECT_EQ(refused.error().field, "email");
  f.verify();
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(UserEmail, TellsTheOldAddressAndAsksTheNewOne) {
  squatted f;
  f.verify();
  ASSERT_TRUE(f.ask(f.actor, f.verification())->was_verified);
  storage::user_changes changes;
  changes.email = changes.email_key = "eve@example.com";
  ASSERT_TRUE(f.ask(f.actor, f.update(changes)));
  ASSERT_EQ(f.mails("email_changed").size(), 1u);
  EXPECT_EQ(f.mails("email_changed").front().recipient, "ada@example.com");
  ASSERT_EQ(f.mails("email_verification").size(), 1u);
  EXPECT_EQ(f.mails("email_verification").front().recipient, "eve@example.com");
  EXPECT_FALSE(f.stored_user().email_verified);
}

// -- by a service's word ------------------------------------------------------------------------

struct told_of : squatted {
  messages::update_user by(const std::string& service, bool writes_users = false) {
    storage::user_changes changes;
    changes.email = changes.email_key = "service@example.com";
    changes.email_verified = true;
    auto request = update(changes);
    request.service = messages::service_author{service, writes_users};
    return request;
  }
  void bring_in(const std::string& service) {
    storage::user_changes changes;
    changes.brought_by = service;
    ASSERT_TRUE(ask(actor, update(changes)));
  }
};

TEST(UserOfAService, TakesTheEmailWhereNobodyHasUsedIt) {
  told_of f;
  EXPECT_TRUE(f.ask(f.actor, f.by("billing")));
  EXPECT_EQ(f.stored_user().email, "service@example.com");
}

TEST(UserOfAService, KeepsTheEmailOnceSomebodyHasSignedIn) {
  told_of f;
  f.signed_in();
  EXPECT_TRUE(f.stored_user().used_at);
  const auto refused = f.ask(f.actor, f.by("billing"));
  EXPECT_EQ(code_of(refused), error_code::validation_error);
  EXPECT_EQ(refused.error().field, "email");
  EXPECT_EQ(f.stored_user().email, "ada@example.com");
  // The same address changes nothing that the service has no say in.
  auto same = f.by("billing");
  same.changes.email = "ADA@example.com";
  same.changes.email_key = "ada@example.com";
  same.changes.first_name = "Ada";
  EXPECT_TRUE(f.ask(f.actor, same));
  EXPECT_EQ(f.stored_user().email, "ada@example.com");
  EXPECT_FALSE(f.stored_user().email_verified);
  EXPECT_EQ(f.stored_user().first_name, "Ada");
  EXPECT_TRUE(f.ask(f.actor, f.by("billing", true)));
}

TEST(UserOfAService, IsTheOnesThatBroughtItInAlone) {
  told_of f;
  f.bring_in("billing");
  EXPECT_EQ(code_of(f.ask(f.actor, f.by("reports"))), error_code::validation_error);
  f.signed_in();
  EXPECT_TRUE(f.ask(f.actor, f.by("billing")));
  EXPECT_EQ(f.mails("email_changed").front().recipient, "ada@example.com");
}

} // namespace
} // namespace latchkey::test

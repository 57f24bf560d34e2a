// Somebody registers another's address first. Once its owner has proven to own it, nothing of what
// was set up before is good for anything.
#include "tests/product/accounts/recovery.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

class Takeover : public Recovery {
protected:
  std::string address_of(const std::string& name) const { return name + "@example.com"; }
  std::string new_key(const std::string& access) const {
    const json body{{"name", "ci"}, {"scopes", {"profile:read"}}};
    return json_of(call(post_json("/auth/api-keys", body.dump()).as(access))).value("key", "");
  }
  int status_with(const std::string& key) const {
    return call(get("/auth/me").with("X-API-Key", key)).status;
  }
  bool is_verified(const std::string& name) const {
    return on().store.count("SELECT count(*) FROM users WHERE email_verified AND username = '" +
                            name + "'") == 1;
  }
  http_reply change_passphrase(const std::string& access, const json& body,
                               const std::string& verb = "PUT") const {
    return call(http_call{
        verb, "/account/recovery-passphrase", {{"Content-Type", "application/json"}}, body.dump()}
                    .as(access));
  }
};
LATCHKEY_ON_BOTH_ENGINES(Takeover);

TEST_P(Takeover, ByAMailedResetLeavesNothingToWhoeverWasThereBefore) {
  const auto name = add_unverified_account();
  const auto held = on().sign_in(name);
  const auto key = new_key(held.access);
  ASSERT_EQ(status_with(key), 200);
  ws_client socket{on().server->port(), held.access};
  const auto verification =
      mails().wait_for(address_of(name), "Verify your email address").verification_token();

  ASSERT_EQ(reset(token_by_mail(name)).status, 200);
  const auto pushed = socket.receive_now();
  ASSERT_TRUE(pushed) << "the answer left before the socket was told";
  EXPECT_EQ(json::parse(pushed->payload)["type"], "session_revoked");
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(status_with(key), 401);
  EXPECT_TRUE(is_error(verify(address_of(name), passphrase), 401, "AUTH001"));
  EXPECT_TRUE(is_error(confirm(verification), 401, "AUTH003", "token"));
  EXPECT_EQ(status_of_sign_in(name, password), 401);
  EXPECT_EQ(status_of_sign_in(name, next_password), 200);
  EXPECT_TRUE(is_verified(name));
  const auto notice = mails().wait_for(address_of(name), "Your password was changed");
  EXPECT_TRUE(says(notice.text, "API keys were revoked")) << notice.text;
}

TEST_P(Takeover, TheMailedTokenOfAnUnverifiedAddressOutlivesWhateverTheOtherChanges) {
  const auto name = add_unverified_account();
  const auto held = on().sign_in(name);
  const auto token = token_by_mail(name);
  const json change{{"current_password", password}, {"new_password", "another battery staple"}};
  const auto changed = call(http_call{
      "PUT", "/account/change-password", {{"Content-Type", "application/json"}}, change.dump()}
                                .as(held.access));
  ASSERT_EQ(changed.status, 200);
  const json set{{"current_password", "another battery staple"},
                 {"recovery_passphrase", "quite another set of words"}};
  ASSERT_EQ(change_passphrase(held.access, set).status, 200);
  const json drop{{"current_password", "another battery staple"}};
  ASSERT_EQ(change_passphrase(held.access, drop, "DELETE").status, 200);
  const auto key = new_key(held.access);
  ASSERT_EQ(reset(token).status, 200);
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(status_with(key), 401);
  EXPECT_EQ(status_of_sign_in(name, next_password), 200);
}

TEST_P(Takeover, TheMailedTokenOfAVerifiedAddressDiesWithThePassword) {
  const auto name = add_account();
  const auto held = on().sign_in(name);
  const auto token = token_by_mail(name);
  const json set{{"current_password", password}, {"recovery_passphrase", "another set of words"}};
  ASSERT_EQ(change_passphrase(held.access, set).status, 200);
  EXPECT_TRUE(is_error(reset(token), 401, "AUTH003"));
}

TEST_P(Takeover, NoAccountFillsAMailbox) {
  const auto name = add_unverified_account();
  const auto access = on().sign_in(name).access;
  for (int i = 0; i < 6; ++i) {
    new_key(access);
    const json set{{"current_password", password},
                   {"recovery_passphrase", "words of number " + std::to_string(i)}};
    ASSERT_EQ(change_passphrase(access, set).status, 200);
  }
  const auto mails_of = [&](const std::string& kind) {
    return on().store.count("SELECT count(*) FROM mails WHERE kind = '" + kind +
                            "' AND recipient = '" + address_of(name) + "'");
  };
  for (const char* kind : {"api_key_created", "recovery_passphrase_changed"}) {
    EXPECT_LE(mails_of(kind), 3) << kind;
    EXPECT_GE(mails_of(kind), 1) << kind;
  }
}

TEST_P(Takeover, IsRememberedAcrossARestart) {
  product own{GetParam()};
  const auto name = new_name();
  own.add_user(name);
  const json key{{"name", "ci"}, {"scopes", {"profile:read"}}};
  const auto made = own.call(post_json("/auth/api-keys", key.dump()).as(own.sign_in(name).access));
  own.call(post_json("/recovery/request-reset", json{{"email", address_of(name)}}.dump()));
  const auto token = outbox{own.store.folder() + "/data/outbox"}
                         .wait_for(address_of(name), "Reset your password")
                         .reset_token();
  ASSERT_EQ(own.call(reset_call(token, next_password)).status, 200);
  own.server->kill();
  own.start();
  EXPECT_EQ(own.call(get("/auth/me").with("X-API-Key", json_of(made).value("key", ""))).status,
            401);
  EXPECT_FALSE(own.sign_in(name, next_password).access.empty());
}

TEST_P(Takeover, OfAVerifiedAddressByTheOwnersResetLeavesTheOwnersKeys) {
  const auto name = add_account();
  const auto held = on().sign_in(name);
  const auto key = new_key(held.access);
  ASSERT_EQ(reset(token_by_mail(name)).status, 200);
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(status_with(key), 200);
  EXPECT_EQ(verify(address_of(name), passphrase).status, 200);
}

TEST_P(Takeover, ByThePassphraseEndsKeysAndUsesItUp) {
  const auto name = add_account();
  const auto held = on().sign_in(name);
  const auto key = new_key(held.access);
  ASSERT_EQ(reset(token_by_words(name)).status, 200);
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(status_with(key), 401);
  EXPECT_TRUE(is_error(verify(address_of(name), passphrase), 401, "AUTH001"));
}

TEST_P(Takeover, ThePassphraseOfAnUnverifiedAddressIsLikeAWrongOne) {
  const auto name = add_unverified_account();
  EXPECT_EQ(visible_of(verify(address_of(name), passphrase)),
            visible_of(verify(address_of(name), "three other words here")));
  verify_address(name);
  EXPECT_EQ(verify(address_of(name), passphrase).status, 200);
}

TEST_P(Takeover, AVerificationMailIsAskedForByTheOwnerAndLimited) {
  const auto name = add_unverified_account();
  const auto access = on().sign_in(name).access;
  EXPECT_EQ(call(post("/auth/verify-email")).status, 401);
  int sent = 0;
  http_reply reply;
  while (sent < 10 && (reply = call(post("/auth/verify-email").as(access))).status == 200)
    ++sent;
  EXPECT_EQ(sent, 3);
  EXPECT_TRUE(is_error(reply, 429, "RATE_LIMITED"));
  EXPECT_TRUE(is_error(confirm("ev_nonsense"), 401, "AUTH003", "token"));
  verify_address(name);
  EXPECT_TRUE(is_verified(name));
  EXPECT_TRUE(says(call(post("/auth/verify-email").as(access)).body, "already"));
}

TEST_P(Takeover, ThePassphraseIsSetAndRemovedWithThePassword) {
  const auto name = add_account();
  const auto access = on().sign_in(name).access;
  const std::string other = "quite another set of words";
  const json set{{"current_password", password}, {"recovery_passphrase", other}};
  auto wrong = set;
  wrong["current_password"] = "not the password";
  EXPECT_TRUE(is_error(change_passphrase(access, wrong), 401, "AUTH001"));
  auto weak = set;
  weak["recovery_passphrase"] = "short";
  EXPECT_TRUE(
      is_error(change_passphrase(access, weak), 400, "VALIDATION_ERROR", "recovery_passphrase"));
  ASSERT_EQ(change_passphrase(access, set).status, 200);
  EXPECT_EQ(verify(address_of(name), passphrase).status, 401);
  EXPECT_EQ(verify(address_of(name), other).status, 200);
  EXPECT_TRUE(
      says(mails().wait_for(address_of(name), "Your recovery passphrase was set").text, "set"));
  ASSERT_EQ(change_passphrase(access, json{{"current_password", password}}, "DELETE").status, 200);
  EXPECT_EQ(verify(address_of(name), other).status, 401);
}

TEST_P(Takeover, ANewKeyIsMailedToItsOwner) {
  const auto name = add_account();
  EXPECT_EQ(new_key(on().sign_in(name).access).substr(0, 3), "lk_");
  EXPECT_TRUE(says(mails().wait_for(address_of(name), "An API key was created").text, "\"ci\""));
}

class Verification : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(Verification);

TEST_P(Verification, ThatIsRequiredComesBeforeASignIn) {
  const product instance{GetParam(),
                         {{"EMAIL_VERIFICATION", "required"},
                          {"EMAIL_VERIFICATION_URL", "https://app.example.com/verify#t={token}"}}};
  const auto name = new_name();
  instance.add_user(name);
  const auto sign_in = [&](const std::string& with) {
    return instance.call(post_json("/auth/token", credentials(name, with).dump()));
  };
  EXPECT_TRUE(is_error(sign_in("not the password"), 401, "AUTH001"));
  EXPECT_TRUE(is_error(sign_in(password), 403, "AUTH004", "email", "verif"));
  const auto mail = outbox{instance.store.folder() + "/data/outbox"}.wait_for(
      name + "@example.com", "Verify your email address");
  EXPECT_TRUE(says(mail.text, "https://app.example.com/verify#t=ev_")) << mail.text;
  const json token{{"token", mail.verification_token()}};
  EXPECT_EQ(instance.call(post_json("/auth/verify-email/confirm", token.dump())).status, 200);
  EXPECT_EQ(sign_in(password).status, 200);
  EXPECT_FALSE(instance.admin().empty()) << "whoever runs the server is let in";
}

TEST_P(Verification, ThatIsOffAsksNobody) {
  const product instance{GetParam(), {{"EMAIL_VERIFICATION", "off"}}};
  const auto name = new_name();
  instance.add_user(name);
  const auto access = instance.sign_in(name).access;
  EXPECT_TRUE(is_error(instance.call(post("/auth/verify-email").as(access)), 409, "CONFLICT"));
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM mails"), 0);
}

TEST_P(Verification, RegistrationThatIsClosedSaysSo) {
  const product instance{GetParam(), {{"REGISTRATION", "closed"}}};
  for (const auto* path : {"/auth/register", "/users/register", "/api/v1/auth/register"})
    for (const auto& body : {registration(new_name()).dump(), std::string{"{}"}})
      EXPECT_TRUE(
          is_error(instance.call(post_json(path, body)), 403, "AUTH004", "registration", "closed"))
          << path;
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM users"), 1);
}

} // namespace
} // namespace latchkey::test

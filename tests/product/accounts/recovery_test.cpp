// recovery_test.cpp — "API Reference", Account Recovery: by a mailed token or by the words
// that were written down.
#include "tests/product/accounts/recovery.hpp"

namespace latchkey::test {
namespace {

LATCHKEY_ON_BOTH_ENGINES(Recovery);

// "API Reference", Request Password Reset
TEST_P(Recovery, MailsATokenThatSetsANewPassword) {
  const auto name = add_account();
  const auto reply = request_reset(name + "@example.com");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"message":"Recovery instructions sent if email exists"})");
  const auto mail = mails().wait_for(name + "@example.com");
  const auto token = mail.reset_token();
  ASSERT_FALSE(token.empty()) << mail.text;
  EXPECT_EQ(reset(token).status, 200);
  EXPECT_EQ(status_of_sign_in(name, next_password), 200);
}

TEST_P(Recovery, NeverLooksAtTheHostHeaderForItsLinks) {
  const auto name = add_account();
  const auto body = json{{"email", name + "@example.com"}}.dump();
  const auto reply = call(post_json("/recovery/request-reset", body)
                              .with("Host", "evil.example")
                              .with("X-Forwarded-Host", "evil.example"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(mails().wait_for(name + "@example.com").text.find("evil.example"), std::string::npos);
}

// "API Reference", Verify Passphrase
TEST_P(Recovery, GivesATokenForTheRightWords) {
  const auto name = add_account();
  const auto reply = verify(name + "@example.com", " Four words  as passphrase");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(keys_of(json_of(reply)), keys{"reset_token"});
  EXPECT_TRUE(json_of(reply)["reset_token"].is_string());
}

// "API Reference", Reset Password
TEST_P(Recovery, ResetsThePasswordAndEndsEverySession) {
  const auto name = add_account();
  const auto held = on().sign_in(name);
  const auto token = token_by_words(name);
  const auto reply = reset(token);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, R"({"message":"Password successfully reset"})");
  EXPECT_EQ(on().status_of_me(held.access), 401);
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(held.refresh)).status, 401);
  EXPECT_EQ(status_of_sign_in(name, password), 401);
  EXPECT_EQ(status_of_sign_in(name, next_password), 200);
}

TEST_P(Recovery, TakesATokenOnceAmongTwentyAtOnce) {
  for (const bool is_mailed : {false, true}) {
    const auto name = add_account();
    const auto token = is_mailed ? token_by_mail(name) : token_by_words(name);
    std::vector<http_call> calls;
    for (int i = 0; i < 20; ++i)
      calls.push_back(reset_call(token, next_password + std::to_string(i)));
    int taken = 0;
    for (const auto& answer : in_parallel(on().server->port(), calls)) {
      if (answer.reply.status == 200)
        ++taken;
      else
        EXPECT_TRUE(is_error(answer.reply, 401, "AUTH003"));
    }
    EXPECT_EQ(taken, 1);
  }
}

TEST_P(Recovery, RefusesTokensThatAreNoneAndKeepsAGoodOneForABetterPassword) {
  const auto name = add_account();
  const auto token = token_by_words(name);
  auto forged = token;
  forged.back() = forged.back() == 'A' ? 'E' : 'A';
  for (const auto& wrong : {std::string("junk"), forged, on().sign_in(name).access})
    EXPECT_TRUE(is_error(reset(wrong.substr(0, 128)), 401, "AUTH003", "reset_token")) << wrong;
  EXPECT_TRUE(is_error(reset(token, "short"), 400, "USER003"));
  EXPECT_TRUE(is_error(reset(token, name + "42"), 400, "USER003"));
  EXPECT_EQ(status_of_sign_in(name, password), 200);
  EXPECT_EQ(reset(token).status, 200);
  EXPECT_TRUE(is_error(reset(token), 401, "AUTH003", "reset_token"));
}

TEST_P(Recovery, UsesUpEveryOtherTokenOfTheUser) {
  const auto name = add_account();
  const auto first = token_by_words(name);
  const auto second = token_by_words(name);
  EXPECT_EQ(reset(second).status, 200);
  EXPECT_TRUE(is_error(reset(first, "another good one"), 401, "AUTH003"));
}

TEST_P(Recovery, OpensALockedAccountToItsOwner) {
  for (const bool is_mailed : {false, true}) {
    const auto name = add_account();
    for (int i = 0; i < 12; ++i)
      EXPECT_EQ(status_of_sign_in(name, "not the password"), 401);
    EXPECT_EQ(status_of_sign_in(name, password), 401); // locked
    EXPECT_EQ(reset(is_mailed ? token_by_mail(name) : token_by_words(name)).status, 200);
    EXPECT_EQ(status_of_sign_in(name, next_password), 200);
  }
}

TEST(RecoveryPassphrase, CountsForTheAddressWhateverBecomesOfTheAuditLog) {
  product instance{"sqlite",
                   {{"LOGIN_FAILURE_LIMIT_ADDRESS", "4/hour"}, {"EMAIL_VERIFICATION", "off"}}};
  const auto name = new_name();
  const json body{{"email", name + "@example.com"},
                  {"username", name},
                  {"password", password},
                  {"recovery_passphrase", passphrase}};
  EXPECT_EQ(instance.call(post_json("/users/register", body.dump())).status, 201);
  instance.store.query("CREATE TRIGGER no_room BEFORE INSERT ON audit_log WHEN NEW.action LIKE "
                       "'%passphrase_refused' BEGIN SELECT RAISE(ABORT, 'no room'); END");
  const auto guess = [&instance](const std::string& login) {
    const json words{{"email", login + "@example.com"}, {"passphrase", "three other words here"}};
    return instance.call(post_json("/recovery/verify-passphrase", words.dump()));
  };
  for (int i = 0; i < 2; ++i)
    for (const auto& login : {name, new_name()}) {
      const auto status = guess(login).status;
      EXPECT_TRUE(status != 401 && status != 429) << status;
    }
  EXPECT_TRUE(is_error(guess(name), 429, "RATE_LIMITED"));
}

TEST_P(Recovery, AuditsWrongWordsOfTheirUser) {
  const auto name = add_account();
  EXPECT_EQ(verify(name + "@example.com", "three other words here").status, 401);
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE action = "
                             "'user.recovery_passphrase_refused' AND user_id = '" +
                             on().id_of(name) + "'"),
            1);
}

} // namespace
} // namespace latchkey::test

// Wherever an address is taken, a mail goes to that one alone; and what is in a mail, no request
// has a say in.
#include "tests/product/accounts/recovery.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/routes.hpp"

namespace latchkey::test {
namespace {

class MailAddresses : public Recovery {
protected:
  /// Each operation that takes an address, with it in a body that is good else.
  std::map<std::string, http_call> calls_with(const json& email) const {
    const auto registering = [&email] {
      auto body = registration(new_name());
      body["email"] = email;
      return body.dump();
    };
    const json words{{"email", email}, {"passphrase", passphrase}};
    return {{"POST /auth/register", post_json("/auth/register", registering())},
            {"POST /api/v1/auth/register", post_json("/api/v1/auth/register", registering())},
            {"POST /users/register", post_json("/users/register", registering())},
            {"POST /recovery/request-reset",
             post_json("/recovery/request-reset", json{{"email", email}}.dump())},
            {"POST /recovery/verify-passphrase",
             post_json("/recovery/verify-passphrase", words.dump())},
            {"POST /api/auth/sync-user",
             service_call("/api/auth/sync-user", json{{"id", 900'000'001}, {"email", email}})}};
  }
  /// What an address could lead to.
  long rows() const {
    return on().store.count("SELECT (SELECT count(*) FROM mails) + (SELECT count(*) FROM users)");
  }

private:
  environment settings() const override { return {{"SERVICE_KEYS", service_keys}}; }
};
LATCHKEY_ON_BOTH_ENGINES(MailAddresses);

TEST_P(MailAddresses, AreTakenByOperationsThatAreAllHere) {
  std::set<std::string> written;
  for (const auto& [name, asked] : calls_with("a@example.com"))
    written.insert(name);
  EXPECT_EQ(written, operations_with("email", on()));
}

TEST_P(MailAddresses, AreOneAddressOrNoneAndThenThereIsNoMail) {
  const auto known = add_account() + "@example.com";
  const auto before = rows();
  for (const json& email :
       {json(json::array({known})), json{{"address", known}}, json(known + ",other@example.com"),
        json(known + ";other@example.com"), json(known + " other@example.com"),
        json(known + "\r\nBcc: other@example.com"), json("<" + known + ">"),
        json("A <" + known + ">"), json(known + std::string("\0", 1) + "x"), json(true)})
    for (const auto& [name, asked] : calls_with(email)) {
      const auto reply = call(asked);
      EXPECT_EQ(reply.status, 400) << name << " " << email << reply.body;
      EXPECT_TRUE(says(reply.body, R"("field":"email")")) << name << " " << email << reply.body;
    }
  EXPECT_EQ(rows(), before);
}

TEST_P(MailAddresses, AreThemselvesWithoutTheWhiteSpaceAround) {
  const auto known = add_account() + "@example.com";
  ASSERT_EQ(request_reset(" " + known + "\r\n").status, 200);
  EXPECT_EQ(on().store.count("SELECT count(*) FROM mails WHERE kind = 'password_reset' AND "
                             "recipient = '" +
                             known + "'"),
            1);
}

TEST_P(MailAddresses, AreOneAddressOrNoneOnPagesToo) {
  const auto known = add_account() + "@example.com";
  const auto before = rows();
  browser visitor{on()};
  for (const auto& email : {known + ",other@example.com", known + "\r\nBcc: other@example.com",
                            "<" + known + ">", known + " other@example.com"}) {
    const std::string name = new_name();
    visitor.open("/register");
    const auto registered = visitor.answer_to(
        "/register", {{"username", name}, {"email", email}, {"password", password}});
    EXPECT_EQ(registered.status, 422) << email;
    visitor.open("/recover");
    EXPECT_EQ(visitor.answer_to("/recover", {{"email", email}}).status, 422) << email;
    const auto by_words =
        visitor.answer_to("/recover/passphrase", {{"email", email}, {"passphrase", passphrase}});
    EXPECT_EQ(by_words.status, 422) << email;
  }
  EXPECT_EQ(rows(), before);
}

// -- links ----------------------------------------------------------------------------------------

http_call from_elsewhere(http_call asked) {
  return std::move(asked)
      .with("Host", "evil.example")
      .with("X-Forwarded-Host", "evil.example")
      .with("X-Forwarded-Proto", "https")
      .with("X-Forwarded-Server", "evil.example")
      .with("Forwarded", "for=192.0.2.1;host=evil.example;proto=https");
}

class MailLinks : public testing::TestWithParam<std::string> {
protected:
  /// The text of each mail that somebody gets who does everything by another name of the server.
  static std::string mails_of_life_at(const product& at) {
    const auto call = [&at](http_call asked) { return at.call(from_elsewhere(std::move(asked))); };
    const auto name = new_name(), address = name + "@example.com";
    const outbox mails{at.store.folder() + "/data/outbox"};
    EXPECT_EQ(call(post_json("/auth/register", registration(name).dump())).status, 201);
    const auto verification = mails.wait_for(address, "Verify your email address");
    const json verify{{"token", verification.verification_token()}};
    EXPECT_EQ(call(post_json("/auth/verify-email/confirm", verify.dump())).status, 200);
    const json asked{{"email", address}};
    EXPECT_EQ(call(post_json("/recovery/request-reset", asked.dump())).status, 200);
    const auto recovery = mails.wait_for(address, "Reset your password");
    const json reset{{"reset_token", recovery.reset_token()}, {"new_password", next_password}};
    EXPECT_EQ(call(post_json("/recovery/reset-password", reset.dump())).status, 200);
    const auto notice = mails.wait_for(address, "Your password was changed");
    return verification.text + recovery.text + notice.text;
  }
};
LATCHKEY_ON_BOTH_ENGINES(MailLinks);

TEST_P(MailLinks, AreOurOwnWhateverNameTheServerWasAskedBy) {
  const product named{GetParam(),
                      {{"ISSUER", "https://auth.example.com"}, {"TRUSTED_PROXIES", "127.0.0.1"}}};
  const auto texts = mails_of_life_at(named);
  EXPECT_FALSE(says(texts, "evil")) << texts;
  EXPECT_TRUE(says(texts, "https://auth.example.com/verify-email?token=ev_")) << texts;
  EXPECT_TRUE(says(texts, "https://auth.example.com/reset-password?token=rt_")) << texts;
}

TEST_P(MailLinks, AreNotMadeOfARequestWhereTheServerHasNoName) {
  const product nameless{GetParam(), {{"TRUSTED_PROXIES", "127.0.0.1"}}};
  const auto texts = mails_of_life_at(nameless);
  EXPECT_FALSE(says(texts, "evil")) << texts;
}

} // namespace
} // namespace latchkey::test

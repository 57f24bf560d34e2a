// paths_to_session.hpp — what somebody can do who has a person's password, mailbox and recovery
// passphrase, but not the device that shows the second factor.
#pragma once

#include "tests/product/accounts/recovery.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/product/local_passkey.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"

namespace latchkey::test {

/// Whose account it is, and the password that it has by now.
struct robbed_owner : app_owner {
  std::string word = password;
};

class PathToSession : public Recovery {
public:
  using Recovery::call;
  using Recovery::confirm;
  using Recovery::mails;
  using Recovery::on;
  using Recovery::request_reset;
  using Recovery::reset_call;
  using Recovery::verify_address;

  static std::string address_of(const robbed_owner& who) { return who.name + "@example.com"; }

  /// With a recovery passphrase.
  robbed_owner add_owner() const {
    robbed_owner who{add_app_owner(on()), password};
    const json body{{"current_password", password}, {"recovery_passphrase", passphrase}};
    const auto set = put_json("/account/recovery-passphrase", body.dump());
    EXPECT_EQ(call(http_call{set}.as(who.session.access)).status, 200);
    return who;
  }
  std::string mailed_token(const robbed_owner& who) const {
    verify_address(who.name); // else the factors are those of whoever set them up before
    return token_by_mail(who.name);
  }
  std::string token_by_passphrase(const robbed_owner& who) const {
    verify_address(who.name);
    return token_by_words(who.name);
  }
  http_reply reset(robbed_owner& who, const std::string& token) const {
    who.word = next_password;
    return call(reset_call(token, next_password));
  }
  /// What the password earns.
  std::string mfa_token(const robbed_owner& who) const {
    return test::mfa_token(on(), who, "/auth/token");
  }
  /// A form of a page, as that page has it.
  http_reply send_form(const std::string& page, const std::string& action,
                       const browser::values& fields) const {
    browser visitor{on()};
    visitor.open(page);
    return visitor.answer_to(action, fields);
  }
  /// That of the sign-in by a passkey.
  http_reply send_passkey_form(local_passkey passkey) const {
    browser visitor{on()};
    visitor.open("/sign-in");
    return visitor.send_any("/sign-in/passkey", {{"credential", passkey.credential().dump()}},
                            {{"Host", passkey.host()}, {"Origin", "http://" + passkey.host()}});
  }
  http_reply send_second_step(const robbed_owner& who, const std::string& code) const {
    browser visitor{on()};
    visitor.sign_in(who.name, who.word);
    return visitor.answer_to("/sign-in/second-step", {{"code", code}});
  }
  /// A passkey of the account that asks nobody for a finger or a PIN.
  local_passkey unverified_passkey(const robbed_owner& who) const {
    local_passkey made{on(), who.session};
    made.device.behaviour.is_user_verified = false;
    return made;
  }
  /// Rows of sessions, also of those that have ended.
  long sessions_of(const robbed_owner& who) const {
    return on().store.count("SELECT count(*) FROM sessions WHERE user_id = "
                            "(SELECT id FROM users WHERE username = '" +
                            who.name + "')");
  }

private:
  // The parameter is an engine and the name of a row.
  std::string engine() const override { return GetParam().substr(0, GetParam().find(' ')); }
  environment settings() const override {
    return {{"SERVICE_KEYS", service_keys},
            {"STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef"},
            {"STRIPE_PRICES", "price_free=free"}};
  }
};

} // namespace latchkey::test

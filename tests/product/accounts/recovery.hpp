// recovery.hpp — what the tests of Account Recovery share: accounts with a passphrase, and the
// three requests.
#pragma once

#include "tests/product/outbox.hpp"
#include "tests/product/product.hpp"

namespace latchkey::test {

inline constexpr const char* passphrase = "four words as passphrase";
inline constexpr const char* next_password = "NewSecurePassword123!";

class Recovery : public Product {
protected:
  /// Whose address is verified.
  std::string add_account() const {
    const auto name = add_unverified_account();
    verify_address(name);
    return name;
  }
  std::string add_unverified_account() const {
    const auto name = new_name();
    const json body{{"email", name + "@example.com"},
                    {"username", name},
                    {"password", password},
                    {"recovery_passphrase", passphrase}};
    EXPECT_EQ(call(post_json("/users/register", body.dump())).status, 201);
    return name;
  }
  void verify_address(const std::string& name) const {
    const auto token =
        mails().wait_for(name + "@example.com", "Verify your email address").verification_token();
    EXPECT_EQ(confirm(token).status, 200) << name;
  }
  http_reply confirm(const std::string& token) const {
    return call(post_json("/auth/verify-email/confirm", json{{"token", token}}.dump()));
  }
  http_reply request_reset(const std::string& email) const {
    return call(post_json("/recovery/request-reset", json{{"email", email}}.dump()));
  }
  http_reply verify(const std::string& email, const std::string& words) const {
    const json body{{"email", email}, {"passphrase", words}};
    return call(post_json("/recovery/verify-passphrase", body.dump()));
  }
  static http_call reset_call(const std::string& token, const std::string& next) {
    const json body{{"reset_token", token}, {"new_password", next}};
    return post_json("/recovery/reset-password", body.dump());
  }
  http_reply reset(const std::string& token, const std::string& next = next_password) const {
    return call(reset_call(token, next));
  }
  std::string token_by_words(const std::string& name) const {
    return json_of(verify(name + "@example.com", passphrase)).value("reset_token", "");
  }
  std::string token_by_mail(const std::string& name) const {
    EXPECT_EQ(request_reset(name + "@example.com").status, 200);
    return mails().wait_for(name + "@example.com", "Reset your password").reset_token();
  }
  int status_of_sign_in(const std::string& name, const std::string& with) const {
    return call(post_json("/auth/token", credentials(name, with).dump())).status;
  }
  outbox mails() const { return outbox{on().store.folder() + "/data/outbox"}; }
};

} // namespace latchkey::test

// hashing_test.cpp — what costs a hash, which is dear, and what must not.
#include "tests/product/accounts/recovery.hpp"

namespace latchkey::test {
namespace {

class Hashing : public Recovery {
protected:
  /// How many hashes are made until that call is answered; the answer must have that status.
  double hashes_of(const http_call& asked, int status) const {
    const auto hashes = [&] { return on().metric("hashing_duration_seconds_count"); };
    const auto before = hashes();
    const auto reply = call(asked);
    EXPECT_EQ(reply.status, status) << asked.target << " " << reply.body;
    return hashes() - before;
  }
};
LATCHKEY_ON_BOTH_ENGINES(Hashing);

TEST_P(Hashing, OfARegistrationIsTheSameWorkForATakenName) {
  const auto taken = add_account();
  for (const auto& [route, passphrase_sent] : {std::pair("/auth/register", false),
                                               {"/api/v1/auth/register", false},
                                               {"/users/register", false},
                                               {"/users/register", true}}) {
    const auto body = [&](const std::string& username, const std::string& email) {
      json made{{"username", username}, {"email", email + "@example.com"}, {"password", password}};
      if (passphrase_sent) made["recovery_passphrase"] = passphrase;
      return post_json(route, made.dump());
    };
    const auto usual = hashes_of(body(new_name(), new_name()), 201);
    EXPECT_EQ(usual, passphrase_sent ? 2 : 1) << route;
    EXPECT_EQ(hashes_of(body(taken, new_name()), 409), usual) << route;
    EXPECT_EQ(hashes_of(body(new_name(), taken), 409), usual) << route;
  }
}

TEST_P(Hashing, IsNotForWhatIsLongerThanFourKibibytes) {
  const std::string much(4097, 'x');
  const auto name = add_account();
  const auto email = name + "@example.com";
  const auto held = on().sign_in(name).access;
  const auto token = token_by_words(name);
  const auto register_with = [&](const std::string& route, const std::string& field) {
    auto body = registration(new_name());
    body[field] = much;
    return std::pair(post_json(route, body.dump()), field);
  };
  const auto sign_in_with = [&](const std::string& route) {
    return std::pair(post_json(route, credentials(name, much).dump()), std::string{"password"});
  };
  const auto change = [&](const std::string& current, const std::string& next) {
    const json body{{"current_password", current}, {"new_password", next}};
    return put_json("/account/change-password", body.dump()).as(held);
  };
  const json words{{"email", email}, {"passphrase", much}};
  for (const auto& [asked, field] :
       {register_with("/auth/register", "password"),
        register_with("/api/v1/auth/register", "password"),
        register_with("/users/register", "password"),
        register_with("/users/register", "recovery_passphrase"), sign_in_with("/auth/token"),
        sign_in_with("/auth/login"), sign_in_with("/api/v1/auth/login"),
        std::pair(post_form("/auth/token", "username=" + name + "&password=" + much),
                  std::string{"password"}),
        std::pair(change(much, next_password), std::string{"current_password"}),
        std::pair(change(password, much), std::string{"new_password"}),
        std::pair(reset_call(token, much), std::string{"new_password"}),
        std::pair(post_json("/recovery/verify-passphrase", words.dump()),
                  std::string{"passphrase"})}) {
    EXPECT_EQ(hashes_of(asked, 400), 0) << asked.target << " " << field;
    EXPECT_TRUE(is_error(call(asked), 400, "VALIDATION_ERROR", field)) << asked.target;
  }
  EXPECT_EQ(reset(token).status, 200); // nothing but the length was in the way
}

} // namespace
} // namespace latchkey::test

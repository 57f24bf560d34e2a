// hashing_test.cpp — what costs a hash, which is dear, and what must not.
#include "tests/product/accounts/recovery.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/routes.hpp"

namespace latchkey::test {
namespace {

class Hashing : public Recovery {
protected:
  double hashes() const { return on().metric("hashing_duration_seconds_count"); }
  /// How many hashes are made until that call is answered; the answer must have that status.
  double hashes_of(const http_call& asked, int status) const {
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
  const auto set_words = [&](const std::string& current, const std::string& next) {
    const json body{{"current_password", current}, {"recovery_passphrase", next}};
    return put_json("/account/recovery-passphrase", body.dump()).as(held);
  };
  auto remove_words =
      put_json("/account/recovery-passphrase", json{{"current_password", much}}.dump());
  remove_words.method = "DELETE";
  const json again{{"method", "password"}, {"password", much}};
  const json words{{"email", email}, {"passphrase", much}};
  const std::vector<std::pair<http_call, std::string>> calls{
      register_with("/auth/register", "password"),
      register_with("/api/v1/auth/register", "password"),
      register_with("/users/register", "password"),
      register_with("/users/register", "recovery_passphrase"),
      sign_in_with("/auth/token"),
      sign_in_with("/auth/login"),
      sign_in_with("/api/v1/auth/login"),
      std::pair(post_form("/auth/token", "username=" + name + "&password=" + much),
                std::string{"password"}),
      std::pair(post_form("/api/v1/auth/login", "username=" + name + "&password=" + much),
                std::string{"password"}),
      std::pair(change(much, next_password), std::string{"current_password"}),
      std::pair(change(password, much), std::string{"new_password"}),
      std::pair(reset_call(token, much), std::string{"new_password"}),
      std::pair(set_words(much, passphrase), std::string{"current_password"}),
      std::pair(set_words(password, much), std::string{"recovery_passphrase"}),
      std::pair(std::move(remove_words).as(held), std::string{"current_password"}),
      std::pair(post_json("/auth/mfa/step-up", again.dump()).as(held), std::string{"password"}),
      std::pair(post_json("/recovery/verify-passphrase", words.dump()), std::string{"passphrase"})};
  std::set<std::pair<std::string, std::string>> described, sent;
  for (const auto& [operation, fields] : fields_of_bodies(on()))
    for (const auto& field : fields)
      if (says(field, "password") || says(field, "passphrase")) described.emplace(operation, field);
  for (const auto& [asked, field] : calls)
    sent.emplace(asked.method + " " + asked.target, field);
  EXPECT_EQ(sent, described) << "whatever is hashed";
  for (const auto& [asked, field] : calls) {
    EXPECT_EQ(hashes_of(asked, 400), 0) << asked.target << " " << field;
    EXPECT_TRUE(is_error(call(asked), 400, "VALIDATION_ERROR", field)) << asked.target;
  }
  EXPECT_EQ(reset(token).status, 200); // nothing but the length was in the way
}

TEST_P(Hashing, IsNotForWhatIsLongerThanFourKibibytesOnAPage) {
  const std::string much(4097, 'x');
  const auto name = add_account();
  browser person{on()};
  person.sign_in(name);
  const auto hashes_of_form = [&](const std::string& page, const std::string& action,
                                  const browser::values& fields) {
    person.open(page);
    const auto before = hashes();
    const auto reply = person.answer_to(action, fields);
    EXPECT_EQ(reply.status, 422) << action << " " << reply.body;
    return hashes() - before;
  };
  EXPECT_EQ(hashes_of_form("/sign-in", "/sign-in", {{"username", name}, {"password", much}}), 0);
  const auto newcomer = new_name();
  EXPECT_EQ(hashes_of_form(
                "/register", "/register",
                {{"username", newcomer}, {"email", newcomer + "@example.com"}, {"password", much}}),
            0);
  EXPECT_EQ(hashes_of_form("/recover", "/recover/passphrase",
                           {{"email", name + "@example.com"}, {"passphrase", much}}),
            0);
  EXPECT_EQ(hashes_of_form("/reset-password?token=" + token_by_words(name), "/reset-password",
                           {{"new_password", much}}),
            0);
  for (const auto& [current, next] :
       {std::pair<std::string, std::string>(much, password), {password, much}})
    for (const auto& [action, field] : {std::pair("/account/password", "new_password"),
                                        {"/account/passphrase", "recovery_passphrase"}})
      EXPECT_EQ(hashes_of_form("/account", action, {{"current_password", current}, {field, next}}),
                0)
          << action;
  for (const auto* action : {"/account/passphrase/remove", "/account/delete"})
    EXPECT_EQ(hashes_of_form("/account", action, {{"current_password", much}}), 0) << action;
  EXPECT_EQ(hashes_of_form("/account/confirm", "/account/confirm", {{"password", much}}), 0);
}

} // namespace
} // namespace latchkey::test

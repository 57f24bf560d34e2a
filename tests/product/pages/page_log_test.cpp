// page_log_test.cpp — whatever a page refuses, the operator reads why, as of the API.
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"

#include <algorithm>
#include <sstream>

namespace latchkey::test {
namespace {

class PageLog : public Product {
protected:
  /// Whether a line says all of `parts`, sooner or later.
  testing::AssertionResult logs(const std::vector<std::string>& parts) const {
    const auto is_there = [&] {
      std::istringstream lines{on().server->log()};
      for (std::string line; std::getline(lines, line);)
        if (std::ranges::all_of(parts, [&](const auto& part) { return says(line, part); }))
          return true;
      return false;
    };
    if (eventually(is_there)) return testing::AssertionSuccess();
    auto failed = testing::AssertionFailure() << "no line with";
    for (const auto& part : parts)
      failed << " " << part;
    return failed << " in:\n" << on().server->log();
  }
  /// The form is refused with that status, and so says the log.
  void expect_refusal(browser& person, const std::string& form, const browser::values& fields,
                      int status, std::vector<std::string> parts) const {
    EXPECT_EQ(person.send(form, fields).status, status) << form << person.page().body;
    parts.push_back("latchkey.event - INFO");
    parts.push_back("event=refused");
    parts.push_back("route=\"POST " + form + "\"");
    EXPECT_TRUE(logs(parts));
  }
};
LATCHKEY_ON_BOTH_ENGINES(PageLog);

TEST_P(PageLog, SaysWhyASignInWasRefused) {
  auto owner = add_app_owner(on());
  const auto of_owner = "user=" + on().id_of(owner.name);
  browser person{on()};
  person.open("/sign-in");
  expect_refusal(person, "/sign-in", {{"username", "nobody"}, {"password", "nothing at all"}}, 422,
                 {"code=AUTH001", "reason=\"unknown name\"", "address=127.0.0.1"});
  expect_refusal(person, "/sign-in", {{"username", owner.name}, {"password", "a wrong word"}}, 422,
                 {"code=AUTH001", "reason=\"wrong password\"", of_owner});
  expect_refusal(person, "/sign-in", {{"username", owner.name}, {"password", password}}, 200,
                 {"code=MFA_REQUIRED", of_owner});
  expect_refusal(person, "/sign-in/second-step", {{"code", "000000"}}, 422,
                 {"code=AUTH001", of_owner});
  expect_refusal(person, "/sign-in/second-step", {{"code", "000000"}, {"mfa_token", "nonsense"}},
                 422, {"code=AUTH003"});
  EXPECT_FALSE(says(on().server->log(), "a wrong word"));
  EXPECT_FALSE(says(on().server->log(), password));
}

TEST_P(PageLog, SaysWhyAWayBackInWasRefused) {
  const auto name = new_name();
  on().add_user(name);
  browser person{on()};
  person.open("/recover");
  expect_refusal(person, "/recover/passphrase",
                 {{"email", name + "@example.com"}, {"passphrase", "not these words at all"}}, 422,
                 {"code=AUTH001", "user=" + on().id_of(name)});
  person.open("/reset-password");
  expect_refusal(person, "/reset-password", {{"reset_token", "x"}, {"new_password", password}}, 422,
                 {"code=AUTH003", "reset_token"});
  person.open("/verify-email");
  expect_refusal(person, "/verify-email", {{"token", "x"}}, 422, {"code=AUTH003"});
}

TEST_P(PageLog, SaysWhyAChangeWasRefused) {
  browser owner{on()};
  const auto name = new_name();
  owner.register_as(name);
  const auto of_owner = "user=" + on().id_of(name);
  const std::string wrong = "a wrong word";
  expect_refusal(owner, "/account/password",
                 {{"current_password", wrong}, {"new_password", "another analytical engine"}}, 422,
                 {"code=AUTH001", of_owner});
  expect_refusal(owner, "/account/passphrase",
                 {{"current_password", wrong}, {"recovery_passphrase", "four words as passphrase"}},
                 422, {"code=AUTH001", of_owner});
  expect_refusal(owner, "/account/delete", {{"current_password", wrong}}, 422,
                 {"code=AUTH001", of_owner});
}

TEST_P(PageLog, SaysWhyAForeignPageWasRefused) {
  browser person{on()};
  person.open("/sign-in");
  const auto foreign = std::vector<http_header>{{"Origin", "https://evil.example"}};
  EXPECT_EQ(person.send_with("/sign-in", {}, foreign).status, 403);
  EXPECT_TRUE(logs({"latchkey.csrf", "POST /sign-in CSRF_FAILED", "Origin https://evil.example",
                    "own is ", "ALLOWED_ORIGINS does not count here"}));
  EXPECT_EQ(call(get("/register").with("Origin", friend_origin)).status, 403);
  EXPECT_TRUE(logs({"latchkey.csrf", "GET /register CSRF_FAILED", friend_origin}));
  person.register_as(new_name());
  EXPECT_EQ(person.send_with("/account/details", {}, foreign).status, 403);
  EXPECT_TRUE(logs({"latchkey.csrf", "POST /account/details CSRF_FAILED"}));
  // By a link of another site: shown, so nothing was refused.
  EXPECT_EQ(call(get("/recover").with("Sec-Fetch-Site", "cross-site")).status, 200);
  EXPECT_FALSE(says(on().server->log(), "GET /recover CSRF_FAILED"));
}

} // namespace
} // namespace latchkey::test

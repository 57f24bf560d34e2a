// enumeration_test.cpp — nobody learns from a refused sign-in whether there is such a user,
// and nobody guesses passwords faster than the limits allow.
#include "tests/product/integration/integration.hpp"
#include "tests/product/pages/browser.hpp"
#include "tests/product/second_factors.hpp"

#include <regex>

namespace latchkey::test {
namespace {

http_call sign_in_at(const std::string& login, const std::string& with,
                     const std::string& route = "/auth/token") {
  return post_json(route, credentials(login, with).dump());
}

std::string percent_encoded(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    ((out += '%') += digits[byte >> 4U]) += digits[byte & 15U];
  }
  return out;
}

/// The OAuth2 password form, which two of the routes take too.
http_call form_at(const std::string& login, const std::string& with, const std::string& route) {
  return post_form(route,
                   "username=" + percent_encoded(login) + "&password=" + percent_encoded(with));
}

struct sign_in_path {
  std::string name;
  http_call (*call_for)(const std::string& login, const std::string& with,
                        const std::string& route);
};

const std::vector<sign_in_path> sign_in_paths{{"/auth/token", sign_in_at},
                                              {"/auth/login", sign_in_at},
                                              {"/api/v1/auth/login", sign_in_at},
                                              {"/auth/token", form_at},
                                              {"/api/v1/auth/login", form_at}};

class Enumeration : public Integration {
protected:
  std::string add_user() const {
    const auto name = new_name();
    on().add_user(name);
    return name;
  }
  void lock(const std::string& name) const {
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(call(sign_in_at(name, "not the password")).status, 401);
  }
  std::string add_locked_user() const {
    const auto name = add_user();
    lock(name);
    return name;
  }
  void deactivate(const std::string& name) const {
    const auto path = "/admin/users/" + on().id_of(name);
    EXPECT_EQ(call(put_json(path, R"({"is_active":false})").as(on().admin())).status, 200);
  }
  std::string add_inactive_user() const {
    const auto name = add_user();
    deactivate(name);
    return name;
  }
  /// As another service tells of one: without a password.
  std::string add_user_without_password() const {
    const auto email = new_name() + "@example.com";
    EXPECT_TRUE(is_success(ask("sync-user", {{"id", new_number()}, {"email", email}})));
    return email;
  }
  /// Each with what is shown for it: they must all look like a wrong password.
  std::vector<std::pair<std::string, std::string>> refused_logins() const {
    const auto factor_owner = add_app_owner(on()).name, locked = add_app_owner(on()).name,
               inactive = add_app_owner(on()).name;
    lock(locked);
    deactivate(inactive);
    return {{new_name(), password},
            {std::string{"\u0001"}, password},
            {add_locked_user(), password},
            {add_inactive_user(), password},
            {add_inactive_user(), "not the password"},
            {add_user_without_password(), password},
            {factor_owner, "not the password"},
            {locked, password},
            {inactive, password}};
  }
  double compared() const { return on().metric(R"(password_checks_total{against="stored"})"); }
  double burnt() const { return on().metric(R"(password_checks_total{against="nothing"})"); }
};
LATCHKEY_ON_BOTH_ENGINES(Enumeration);

TEST_P(Enumeration, TellsUnknownWrongLockedInactiveAndWithoutPasswordByNothing) {
  for (const auto& [route, call_for] : sign_in_paths) {
    const auto wrong = call(call_for(add_user(), "not the password", route));
    EXPECT_TRUE(is_error(wrong, 401, "AUTH001")) << route;
    EXPECT_FALSE(wrong.has("Set-Cookie")) << route;
    for (const auto& [login, with] : refused_logins()) {
      const auto before = compared() + burnt();
      const auto reply = call(call_for(login, with, route));
      EXPECT_EQ(visible_of(reply), visible_of(wrong)) << route << " " << login << reply.body;
      EXPECT_EQ(compared() + burnt() - before, 1) << route << " " << login; // the same work
    }
  }
}

std::vector<std::string> names_of_headers(const http_reply& reply) {
  std::vector<std::string> names;
  for (const auto& header : reply.headers)
    names.push_back(header.name);
  return names;
}

/// What a page shows but its visitor's own token and the name that was typed.
std::string without(const std::string& login, std::string page) {
  static const std::regex token{R"re(name="form_token" value="[^"]*")re"};
  page = std::regex_replace(page, token, "");
  if (const auto at = page.find("value=\"" + login + "\""); at != std::string::npos)
    page.erase(at + 7, login.size());
  return page;
}

TEST_P(Enumeration, TellsThemByNothingOnThePage) {
  const auto answer_to = [this](const std::string& login, const std::string& with) {
    browser visitor{on()};
    visitor.open("/sign-in");
    return visitor.answer_to("/sign-in", {{"username", login}, {"password", with}});
  };
  const auto somebody = add_user();
  const auto wrong = answer_to(somebody, "not the password");
  EXPECT_EQ(wrong.status, 422);
  for (const auto& [login, with] : refused_logins()) {
    const auto before = compared() + burnt();
    const auto reply = answer_to(login, with);
    EXPECT_EQ(reply.status, wrong.status) << login;
    EXPECT_EQ(without(login, reply.body), without(somebody, wrong.body)) << login;
    EXPECT_EQ(names_of_headers(reply), names_of_headers(wrong)) << login;
    EXPECT_EQ(compared() + burnt() - before, 1) << login;
  }
}

TEST_P(Enumeration, ComparesExactlyTheLimitOfAHundredWrongPasswordsAtOnce) {
  const auto name = add_user();
  const auto before = compared();
  std::vector<http_call> calls;
  for (int i = 0; i < 100; ++i)
    calls.push_back(sign_in_at(i % 2 == 0 ? name : name + "@example.com", "wrong one"));
  for (const auto& answer : in_parallel(on().server->port(), calls))
    EXPECT_TRUE(is_error(answer.reply, 401, "AUTH001"));
  EXPECT_EQ(compared() - before, 10);
  EXPECT_TRUE(is_error(call(sign_in_at(name, password)), 401, "AUTH001")); // locked
  EXPECT_EQ(compared() - before, 10);
}

TEST_P(Enumeration, LetsFiftyRightPasswordsAtOnceIn) {
  const auto name = add_user();
  const std::vector<http_call> calls(50, sign_in_at(name, password));
  for (const auto& answer : in_parallel(on().server->port(), calls))
    EXPECT_EQ(answer.reply.status, 200) << answer.reply.body;
}

TEST_P(Enumeration, AsksFiftyRightPasswordsAtOnceForTheSecondFactor) {
  const auto owner = add_app_owner(on());
  const std::vector<http_call> calls(50, sign_in_at(owner.name, password));
  for (const auto& answer : in_parallel(on().server->port(), calls))
    EXPECT_TRUE(asks_for_second_step(answer.reply));
}

TEST_P(Enumeration, CountsUsernameAndEmailAsOne) {
  const auto name = add_user();
  for (const auto& login : {name, name + "@example.com", " " + name + " ", name + "@EXAMPLE.com",
                            "\uFF55" + name.substr(1)})
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(call(sign_in_at(login, "not the password")).status, 401);
  EXPECT_EQ(call(sign_in_at(name, password)).status, 401); // the eleventh
}

TEST_P(Enumeration, ForgetsFailuresOnceThePasswordWasRight) {
  const auto name = add_user();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i)
      EXPECT_EQ(call(sign_in_at(name, "not the password")).status, 401);
    EXPECT_EQ(call(sign_in_at(name, password)).status, 200) << round;
  }
}

TEST_P(Enumeration, LimitsWhatOneAddressMayGuess) {
  product own{GetParam(), {{"LOGIN_FAILURE_LIMIT_ADDRESS", "5/15minutes"}}};
  const auto name = new_name();
  own.add_user(name);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(own.call(sign_in_at(name, password)).status, 200); // success costs nothing
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(own.call(sign_in_at(new_name(), password)).status, 401);
  const auto reply = own.call(sign_in_at(name, password));
  EXPECT_TRUE(is_error(reply, 429, "RATE_LIMITED"));
  EXPECT_TRUE(reply.has("Retry-After"));
}

} // namespace
} // namespace latchkey::test

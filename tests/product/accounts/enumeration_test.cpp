// enumeration_test.cpp — nobody learns from a refused sign-in whether there is such a user,
// and nobody guesses passwords faster than the limits allow.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

http_call sign_in_at(const std::string& login, const std::string& with,
                     const std::string& route = "/auth/token") {
  return post_json(route, credentials(login, with).dump());
}

const std::vector<std::string> sign_in_routes{"/auth/token", "/auth/login", "/api/v1/auth/login"};

class Enumeration : public Integration {
protected:
  std::string add_user() const {
    const auto name = new_name();
    on().add_user(name);
    return name;
  }
  std::string add_locked_user() const {
    const auto name = add_user();
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(call(sign_in_at(name, "not the password")).status, 401);
    return name;
  }
  std::string add_inactive_user() const {
    const auto name = add_user();
    const auto path = "/admin/users/" + on().id_of(name);
    EXPECT_EQ(call(put_json(path, R"({"is_active":false})").as(on().admin())).status, 200);
    return name;
  }
  /// As another service tells of one: without a password.
  std::string add_user_without_password() const {
    const auto email = new_name() + "@example.com";
    EXPECT_TRUE(is_success(ask("sync-user", {{"id", new_number()}, {"email", email}})));
    return email;
  }
  double compared() const { return on().metric(R"(password_checks_total{against="stored"})"); }
  double burnt() const { return on().metric(R"(password_checks_total{against="nothing"})"); }
};
LATCHKEY_ON_BOTH_ENGINES(Enumeration);

TEST_P(Enumeration, TellsUnknownWrongLockedInactiveAndWithoutPasswordByNothing) {
  for (const auto& route : sign_in_routes) {
    const auto wrong = call(sign_in_at(add_user(), "not the password", route));
    EXPECT_TRUE(is_error(wrong, 401, "AUTH001")) << route;
    EXPECT_FALSE(wrong.has("Set-Cookie")) << route;
    for (const auto& [login, with] : {std::pair(new_name(), password),
                                      {std::string{"\u0001"}, password},
                                      {add_locked_user(), password},
                                      {add_inactive_user(), password},
                                      {add_inactive_user(), "not the password"},
                                      {add_user_without_password(), password}}) {
      const auto before = compared() + burnt();
      const auto reply = call(sign_in_at(login, with, route));
      EXPECT_EQ(visible_of(reply), visible_of(wrong)) << route << " " << login << reply.body;
      EXPECT_EQ(compared() + burnt() - before, 1) << route << " " << login; // the same work
    }
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

TEST_P(Enumeration, CountsUsernameAndEmailAsOne) {
  const auto name = add_user();
  for (const auto& login :
       {name, name + "@example.com", " " + name, name + "@EXAMPLE.com", "\uFF55" + name.substr(1)})
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

// enumeration_test.cpp — nobody learns from a refused sign-in whether there is such a user,
// and nobody guesses passwords faster than the limits allow.
#include "tests/product/product.hpp"

#include <cmath>

namespace latchkey::test {
namespace {

http_call sign_in_call(const std::string& login, const std::string& with) {
  return post_json("/auth/token", credentials(login, with).dump());
}

/// Names and values of an answer's headers, without those that differ from answer to answer.
std::vector<http_header> stable_headers(const http_reply& reply) {
  std::vector<http_header> out;
  for (const auto& one : reply.headers)
    if (one.name != "Date" && one.name != "X-Request-ID" && !one.name.starts_with("X-RateLimit"))
      out.push_back(one);
  return out;
}

class Enumeration : public Product {
protected:
  std::string add_user() const {
    const auto name = new_name();
    on().add_user(name);
    return name;
  }
  std::string add_locked_user() const {
    const auto name = add_user();
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(call(sign_in_call(name, "not the password")).status, 401);
    return name;
  }
  std::string add_inactive_user() const {
    const auto name = add_user();
    const auto path = "/admin/users/" + on().id_of(name);
    EXPECT_EQ(call(put_json(path, R"({"is_active":false})").as(on().admin())).status, 200);
    return name;
  }
  double compared() const { return on().metric(R"(password_checks_total{against="stored"})"); }
  double burnt() const { return on().metric(R"(password_checks_total{against="nothing"})"); }
};
LATCHKEY_ON_BOTH_ENGINES(Enumeration);

TEST_P(Enumeration, TellsUnknownWrongLockedAndInactiveByNothing) {
  const auto wrong = call(sign_in_call(add_user(), "not the password"));
  EXPECT_TRUE(is_error(wrong, 401, "AUTH001"));
  auto expected = json_of(wrong);
  for (const auto& [who, with] : {std::pair(new_name(), password),
                                  {add_locked_user(), password},
                                  {add_inactive_user(), password},
                                  {add_inactive_user(), "not the password"}}) {
    const auto before = compared() + burnt();
    const auto reply = call(sign_in_call(who, with));
    EXPECT_TRUE(is_error(reply, 401, "AUTH001"));
    EXPECT_EQ(stable_headers(reply), stable_headers(wrong));
    auto body = json_of(reply);
    for (const auto* key : {"timestamp", "request_id"})
      body["error"][key] = expected["error"][key];
    EXPECT_EQ(body, expected);
    EXPECT_EQ(compared() + burnt() - before, 1); // the same work
  }
}

TEST_P(Enumeration, ComparesExactlyTheLimitOfAHundredWrongPasswordsAtOnce) {
  const auto name = add_user();
  const auto before = compared();
  std::vector<http_call> calls;
  for (int i = 0; i < 100; ++i)
    calls.push_back(sign_in_call(i % 2 == 0 ? name : name + "@example.com", "wrong one"));
  for (const auto& one : in_parallel(on().server->port(), calls))
    EXPECT_TRUE(is_error(one.reply, 401, "AUTH001"));
  EXPECT_EQ(compared() - before, 10);
  EXPECT_TRUE(is_error(call(sign_in_call(name, password)), 401, "AUTH001")); // locked
  EXPECT_EQ(compared() - before, 10);
}

TEST_P(Enumeration, LetsFiftyRightPasswordsAtOnceIn) {
  const auto name = add_user();
  const std::vector<http_call> calls(50, sign_in_call(name, password));
  for (const auto& one : in_parallel(on().server->port(), calls))
    EXPECT_EQ(one.reply.status, 200) << one.reply.body;
}

TEST_P(Enumeration, CountsUsernameAndEmailAsOne) {
  const auto name = add_user();
  for (const auto& login :
       {name, name + "@example.com", " " + name, name + "@EXAMPLE.com", "\uFF55" + name.substr(1)})
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(call(sign_in_call(login, "not the password")).status, 401);
  EXPECT_EQ(call(sign_in_call(name, password)).status, 401); // the eleventh
}

TEST_P(Enumeration, ForgetsFailuresOnceThePasswordWasRight) {
  const auto name = add_user();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i)
      EXPECT_EQ(call(sign_in_call(name, "not the password")).status, 401);
    EXPECT_EQ(call(sign_in_call(name, password)).status, 200) << round;
  }
}

TEST_P(Enumeration, LimitsWhatOneAddressMayGuess) {
  product own{GetParam(), {{"LOGIN_FAILURE_LIMIT_ADDRESS", "5/15minutes"}}};
  const auto name = new_name();
  own.add_user(name);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(own.call(sign_in_call(name, password)).status, 200); // success costs nothing
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(own.call(sign_in_call(new_name(), password)).status, 401);
  const auto reply = own.call(sign_in_call(name, password));
  EXPECT_TRUE(is_error(reply, 429, "RATE_LIMITED"));
  EXPECT_TRUE(reply.has("Retry-After"));
}

// The sanitizers multiply what our own code costs and not what the hash does: their times tell
// nothing of the product's.
#ifndef __SANITIZE_ADDRESS__
using micros = std::chrono::duration<double, std::micro>;

/// How many standard deviations the number of pairs whose first is slower lies from what
/// chance gives: the sign test.
double sign_test(const std::vector<std::pair<micros, micros>>& pairs) {
  double slower = 0;
  for (const auto& [first, second] : pairs)
    slower += first > second ? 1 : 0;
  const auto count = static_cast<double>(pairs.size());
  return (slower - count / 2) / std::sqrt(count / 4);
}

TEST_P(Enumeration, TakesAsLongForUnknownUsersAsForKnownOnes) {
  // 500 pairs, taken in turn and in changing order. With equal times |z| passes 4.4 once in
  // 100,000 runs; without the hash for unknown users it is above 20.
  constexpr int pairs_count = 500;
  constexpr double z_max = 4.4;
  product own{GetParam(),
              {{"LOGIN_FAILURE_LIMIT", "0"}, // and hashes as dear as they are by default
               {"ARGON2_MEMORY_KIB", ""},
               {"ARGON2_ITERATIONS", ""}}};
  std::vector<std::string> known; // on every reactor some
  for (int i = 0; i < 20; ++i)
    own.add_user(known.emplace_back(new_name()));
  http_connection link{own.server->port()};
  const auto time_of = [&](const std::string& login) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(link.exchange(sign_in_call(login, "not the password")).status, 401);
    return micros{std::chrono::steady_clock::now() - start};
  };
  for (const auto& one : known) // what is loaded once is loaded
    time_of(one), time_of(new_name());
  std::vector<std::pair<micros, micros>> pairs;
  for (int i = 0; i < pairs_count; ++i) {
    const auto& somebody = known[static_cast<std::size_t>(i) % known.size()];
    const auto nobody = new_name();
    micros first{};
    micros second{};
    if (i / 20 % 2 == 0)
      first = time_of(somebody), second = time_of(nobody);
    else
      second = time_of(nobody), first = time_of(somebody);
    pairs.emplace_back(first, second);
  }
  const auto z = sign_test(pairs);
  RecordProperty("z", std::to_string(z));
  EXPECT_LT(std::abs(z), z_max);
}
#endif

} // namespace
} // namespace latchkey::test

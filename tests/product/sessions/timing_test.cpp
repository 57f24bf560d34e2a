// timing_test.cpp — nobody learns from how long an answer takes whether there is such a user.
// It needs the machine to itself.
#include "tests/product/product.hpp"

#include <cmath>
#include <functional>

namespace latchkey::test {
namespace {

// The sanitizers multiply what our own code costs and not what the hash does: their times tell
// nothing of the product's.
#ifndef __SANITIZE_ADDRESS__
using micros = std::chrono::duration<double, std::micro>;

// With equal times |z| passes 4.4 once in 100,000 runs; without the hash for unknown users it
// is above 20.
constexpr double z_max = 4.4;
constexpr std::size_t known_count = 10; // on every reactor some

class Timing : public testing::TestWithParam<std::string> {
protected:
  Timing() {
    for (auto& name : known) {
      auto body = registration(name = new_name());
      body["recovery_passphrase"] = "four words as passphrase";
      EXPECT_EQ(own.call(post_json("/users/register", body.dump())).status, 201);
    }
  }

  /// How many standard deviations the number of pairs in which the known user's answer is the
  /// slower lies from what chance gives: the sign test. The pairs are taken in turn and in
  /// changing order; `call_for` gives the request for a name.
  double sign_test(std::size_t pairs_count,
                   const std::function<http_call(const std::string&)>& call_for, int status) {
    http_connection link{own.server->port()};
    const auto time_of = [&](const std::string& name) {
      const auto asked = call_for(name);
      const auto start = std::chrono::steady_clock::now();
      EXPECT_EQ(link.exchange(asked).status, status);
      return micros{std::chrono::steady_clock::now() - start};
    };
    for (const auto& name : known) // what is loaded once is loaded
      time_of(name), time_of(new_name());
    double slower = 0;
    for (std::size_t i = 0; i < pairs_count; ++i) {
      const auto& somebody = known[i % known_count];
      const auto nobody = new_name();
      micros first{};
      micros second{};
      if (i / known_count % 2 == 0)
        first = time_of(somebody), second = time_of(nobody);
      else
        second = time_of(nobody), first = time_of(somebody);
      slower += first > second ? 1 : 0;
    }
    const auto count = static_cast<double>(pairs_count);
    const auto z = (slower - count / 2) / std::sqrt(count / 4);
    RecordProperty("z", std::to_string(z));
    return z;
  }

  product own{GetParam(),
              {{"EMAIL_VERIFICATION", "off"}, // so that passphrases are compared
               {"LOGIN_FAILURE_LIMIT", "0"},  // and hashes as dear as they are by default
               {"ARGON2_MEMORY_KIB", ""},
               {"ARGON2_ITERATIONS", ""}}};
  std::vector<std::string> known = std::vector<std::string>(known_count);
};
LATCHKEY_ON_BOTH_ENGINES(Timing);

TEST_P(Timing, OfASignInIsTheSameForUnknownUsers) {
  const auto z = sign_test(
      300,
      [](const std::string& name) {
        return post_json("/auth/token", credentials(name, "not the password").dump());
      },
      401);
  EXPECT_LT(std::abs(z), z_max);
}

TEST_P(Timing, OfAWrongPassphraseIsTheSameForUnknownAddresses) {
  const auto z = sign_test(
      200,
      [](const std::string& name) {
        const json body{{"email", name + "@example.com"}, {"passphrase", "three other words here"}};
        return post_json("/recovery/verify-passphrase", body.dump());
      },
      401);
  EXPECT_LT(std::abs(z), z_max);
}

TEST_P(Timing, OfARequestForAResetIsTheSameForUnknownAddresses) {
  // Few, for each answer waits; one that did not would tell nearly every time.
  const auto z = sign_test(
      40,
      [](const std::string& name) {
        return post_json("/recovery/request-reset", json{{"email", name + "@example.com"}}.dump());
      },
      200);
  EXPECT_LT(std::abs(z), z_max);
}
#endif

} // namespace
} // namespace latchkey::test

#include "protocol/authentication.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

using enum auth_method;

auth_methods both(auth_method a, auth_method b) {
  return auth_methods{a}.with(b);
}

TEST(Authentication, OneFactorIsTheFirstLevel) {
  for (const auto only : {password, totp, recovery_code, passkey})
    EXPECT_EQ(auth_methods{only}.level(), assurance_level::aal1) << to_string(only);
  EXPECT_EQ(both(totp, recovery_code).level(), assurance_level::aal1) << "both are possessions";
  EXPECT_EQ(auth_methods{}.level(), assurance_level::aal1);
}

TEST(Authentication, APasswordAndAPossessionAreTheSecondLevel) {
  for (const auto second : {totp, recovery_code, passkey})
    EXPECT_EQ(both(password, second).level(), assurance_level::aal2) << to_string(second);
}

TEST(Authentication, APasskeyThatVerifiesItsUserIsTwoFactorsByItself) {
  EXPECT_EQ(auth_methods{verified_passkey}.level(), assurance_level::aal2);
}

TEST(Authentication, IsToldInTheWordsOfRfc8176) {
  using words = std::vector<std::string_view>;
  EXPECT_EQ(auth_methods{password}.amr(), (words{"pwd"}));
  EXPECT_EQ(both(password, totp).amr(), (words{"pwd", "otp", "mfa"}));
  EXPECT_EQ(both(password, recovery_code).amr(), (words{"pwd", "rcv", "mfa"}));
  EXPECT_EQ(auth_methods{verified_passkey}.amr(), (words{"pop", "user", "mfa"}));
  EXPECT_EQ(auth_methods{passkey}.amr(), (words{"pop"}));
}

TEST(Authentication, ComesBackFromItsNumber) {
  const auto methods = both(password, totp);
  EXPECT_EQ(auth_methods::of_number(methods.as_number()), methods);
  EXPECT_EQ(auth_methods::of_number(methods.as_number() | 4096), methods);
  factor_kinds kinds;
  kinds.set(factor_kinds::totp, true);
  EXPECT_EQ(factor_kinds::of_number(kinds.as_number()), kinds);
  kinds.set(factor_kinds::totp, false);
  EXPECT_FALSE(kinds.any());
}

} // namespace
} // namespace latchkey::test

// The inside of an access token whose signature is right: nothing about it is trusted.
#include "access_token_fixture.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

constexpr std::string_view expired = "AUTH002";

/// The verdict on the good payload with one piece of it replaced.
std::string with(std::string_view from, std::string_view to) {
  return verdict(forge(replaced(good_payload(), from, to)));
}

TEST(AccessClaims, MustAllBePresent) {
  ASSERT_EQ(verdict(forge(good_payload())), "t-1");
  for (std::string_view name :
       {"sub", "user_id", "sid", "type", "role", "iss", "aud", "iat", "exp", "jti"}) {
    std::string quoted = '"' + std::string{name} + "\":";
    EXPECT_EQ(with(quoted, "\"other\":"), invalid) << name;
  }
}

TEST(AccessClaims, MustHaveTheirTypes) {
  EXPECT_EQ(with(R"("01943a6e-0000-7000-8000-000000000001")", "1"), invalid);
  EXPECT_EQ(with(R"("01943a6e-0000-7000-8000-000000000001")", R"("nobody")"), invalid);
  EXPECT_EQ(with("01943a6e-0000-7000-8000-000000000001", "00000000-0000-0000-0000-000000000000"),
            invalid);
  EXPECT_EQ(with(R"("01943a6e-0000-7000-8000-000000000002")", "null"), invalid);
  EXPECT_EQ(with(R"("user_id":42)", R"("user_id":"42")"), invalid);
  EXPECT_EQ(with(R"("user_id":42)", R"("user_id":42.0)"), invalid);
  EXPECT_EQ(with(R"("user_id":42)", R"("user_id":0)"), invalid);
  EXPECT_EQ(with(R"("user_id":42)", R"("user_id":-1)"), invalid);
  EXPECT_EQ(with(R"("user_id":42)", R"("user_id":9223372036854775808)"), invalid);
  EXPECT_EQ(with(R"("role":"user")", R"("role":["user"])"), invalid);
  EXPECT_EQ(with(R"("role":"user")", R"("role":"")"), invalid);
  EXPECT_EQ(with(R"("aud":"platform")", R"("aud":["platform"])"), invalid);
  EXPECT_EQ(with(R"("jti":"t-1")", R"("jti":7)"), invalid);
  EXPECT_EQ(with(R"("iat":1767322740)", R"("iat":"1767322740")"), invalid);
}

TEST(AccessClaims, RefuseAnExpiryThatIsNoSaneInteger) {
  for (std::string_view value :
       {"\"1767326400\"", "1e308", "1767326400.0", "1.767326400e9", "-1", "0", "null", "true", "[]",
        "{}", "253402300800", "9223372036854775807", "18446744073709551616", "1767326400x"})
    EXPECT_EQ(with("1767326400", value), invalid) << value;
  EXPECT_EQ(with("1767326400", "253402300799"), "t-1");
}

TEST(AccessClaims, ExpireAtTheirExpiryPlusTheLeeway) {
  auto token = key().sign(good_claims());
  auto end = good_claims().exp;
  EXPECT_EQ(verdict(token, at(end + 4)), "t-1");
  EXPECT_EQ(verdict(token, at(end + 5)), expired);
  EXPECT_EQ(verdict(token, at(end + 5) - std::chrono::microseconds{1}), "t-1");
}

TEST(AccessClaims, AreInvalidRatherThanExpiredWhenBothHold) {
  auto later = at(good_claims().exp + 1000);
  auto wrong = replaced(good_payload(), R"("aud":"platform")", R"("aud":"elsewhere")");
  EXPECT_EQ(verdict(forge(wrong), later), invalid);
  auto tampered = key().sign(good_claims());
  tampered.back() = tampered.back() == 'A' ? 'E' : 'A';
  EXPECT_EQ(verdict(tampered, later), invalid);
}

TEST(AccessClaims, CannotExpireBeforeTheyWereIssued) {
  EXPECT_EQ(with("1767326400", "1767322740"), invalid);
}

TEST(AccessClaims, MayBeIssuedAheadForTheClockMayHaveBeenSetBack) {
  auto claims = good_claims();
  claims.iat = now_s + 1800;
  EXPECT_EQ(verdict(key().sign(claims)), "t-1");
}

TEST(AccessClaims, NameTheCounterOfTheirRefreshToken) {
  auto claims = good_claims();
  const auto counter_of = [&](std::string jti) {
    claims.jti = std::move(jti);
    return claims.counter();
  };
  const auto session = to_string(claims.sid);
  EXPECT_EQ(counter_of(session + ".7"), 7u);
  for (const auto* other : {"", ".", ".x", ".7 ", ".-7", ".99999999999999999999"})
    EXPECT_EQ(counter_of(session + other), 0u) << other;
  EXPECT_EQ(counter_of("t-1"), 0u);
}

TEST(AccessClaims, HonourNotBefore) {
  auto with_nbf = [](std::string_view value) {
    return with(R"("jti":"t-1")", R"("jti":"t-1","nbf":)" + std::string{value});
  };
  EXPECT_EQ(with_nbf(std::to_string(now_s + 6)), invalid);
  EXPECT_EQ(with_nbf(std::to_string(now_s + 5)), "t-1");
  EXPECT_EQ(with_nbf("\"0\""), invalid);
  EXPECT_EQ(with_nbf("1e308"), invalid);
  EXPECT_EQ(with_nbf("-1"), invalid);
}

TEST(AccessClaims, MustBeForThisIssuerAndAudience) {
  EXPECT_EQ(with("https://auth.example.com", "https://auth.example.com.evil"), invalid);
  EXPECT_EQ(with("https://auth.example.com", "https://AUTH.example.com"), invalid);
  EXPECT_EQ(with(R"("aud":"platform")", R"("aud":"platform2")"), invalid);
  EXPECT_EQ(with(R"("aud":"platform")", R"("aud":"plat\u0000form")"), invalid);
}

TEST(AccessClaims, MustBeAnAccessTokens) {
  for (std::string_view type :
       {"refresh", "mfa", "reset", "id", "service", "Access", "access ", ""})
    EXPECT_EQ(with(R"("type":"access")", "\"type\":\"" + std::string{type} + '"'), invalid) << type;
}

TEST(AccessClaims, RefuseDoubledNames) {
  auto adding = [](std::string_view member) {
    return with(R"("jti":"t-1")", R"("jti":"t-1",)" + std::string{member});
  };
  EXPECT_EQ(adding(R"("role":"admin")"), invalid);
  EXPECT_EQ(adding(R"("role":"user")"), invalid);
  EXPECT_EQ(adding(R"("rol\u0065":"admin")"), invalid);
  EXPECT_EQ(adding(R"("exp":1767326400)"), invalid);
  EXPECT_EQ(adding(R"("x":1,"x":2)"), invalid);
  EXPECT_EQ(adding(R"("nbf":1,"nbf":2)"), invalid);
  EXPECT_EQ(adding(R"("x":1,"y":{"x":[2]})"), "t-1");
}

TEST(AccessClaims, AreBoundedInNumberAndDepth) {
  auto payload_with = [](int count) {
    std::string members;
    for (int i = 0; i < count; ++i)
      members += ",\"c" + std::to_string(i) + "\":1";
    return with(R"("jti":"t-1")", R"("jti":"t-1")" + members);
  };
  EXPECT_EQ(payload_with(32), "t-1");
  EXPECT_EQ(payload_with(33), invalid);
  auto nested = [](std::size_t depth) {
    auto value = std::string(depth, '[') + std::string(depth, ']');
    return with(R"("jti":"t-1")", R"("jti":"t-1","deep":)" + value);
  };
  EXPECT_EQ(nested(4), "t-1");
  EXPECT_EQ(nested(16), invalid);
  EXPECT_EQ(nested(1000), invalid);
}

TEST(AccessClaims, MustBeOneJsonObjectInUtf8) {
  for (const std::string& payload :
       {std::string{}, std::string{"null"}, std::string{"[]"}, std::string{"\"text\""},
        std::string{"{"}, good_payload() + '}', good_payload() + good_payload(),
        '[' + good_payload() + ']', replaced(good_payload(), "t-1", "t-\xFF"),
        replaced(good_payload(), "t-1", R"(t-\ud800)"), replaced(good_payload(), "t-1", "t\n1"),
        replaced(good_payload(), "\"t-1\"", "'t-1'"), replaced(good_payload(), "}", ",}"),
        good_payload() + std::string(1, '\0')})
    EXPECT_EQ(verdict(forge(payload)), invalid) << payload;
}

} // namespace
} // namespace latchkey::test

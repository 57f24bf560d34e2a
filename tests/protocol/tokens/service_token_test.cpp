// Tokens of services, and that no kind of token passes as another.
#include "access_token_fixture.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

constexpr std::string_view invalid = "AUTH003";
constexpr std::string_view service_header = R"({"typ":"service+jwt","alg":"HS256"})";

service_claims good_service() {
  service_claims claims;
  claims.service_id = "reporting-service";
  claims.scopes = {"read:users", "read:logs"};
  claims.iss = issuer;
  claims.aud = audience;
  claims.iat = now_s - 60;
  claims.exp = now_s + 3600;
  claims.jti = "s-1";
  return claims;
}

std::string good_service_payload() {
  return R"({"sub":"reporting-service","service_id":"reporting-service","type":"service",)"
         R"("scope":"read:users read:logs","iss":"https://auth.example.com","aud":"platform",)"
         R"("iat":1767322740,"exp":1767326400,"jti":"s-1"})";
}

std::string service_verdict(std::string_view token, time_point now = at(now_s)) {
  auto claims = verify_service(token, key(), issuer, audience, now, leeway);
  return claims ? claims->jti : std::string{name_of(claims.error().code)};
}

TEST(ServiceToken, IsNoAccessToken) {
  EXPECT_EQ(verdict(key().sign(good_service())), invalid);
  // Nor with the header of one, whatever its `type` says.
  EXPECT_EQ(verdict(forge(good_service_payload())), invalid);
  EXPECT_EQ(verdict(forge(replaced(good_payload(), R"("type":"access")", R"("type":"service")"))),
            invalid);
}

TEST(ServiceToken, IsNotAnAccessToken) {
  EXPECT_EQ(service_verdict(key().sign(good_claims())), invalid);
  EXPECT_EQ(service_verdict(forge(good_payload(), service_header)), invalid);
  EXPECT_EQ(service_verdict(
                forge(replaced(good_service_payload(), R"("type":"service")", R"("type":"access")"),
                      service_header)),
            invalid);
}

TEST(ServiceToken, SaysWhatWasSigned) {
  const auto token = key().sign(good_service());
  const auto claims = verify_service(token, key(), issuer, audience, at(now_s), leeway);
  ASSERT_TRUE(claims);
  EXPECT_EQ(*claims, good_service());
  EXPECT_EQ(token, key().sign(good_service()));
  EXPECT_EQ(forge(good_service_payload(), service_header), token);
}

TEST(ServiceToken, MayHaveNoScopes) {
  auto claims = good_service();
  claims.scopes.clear();
  const auto read = verify_service(key().sign(claims), key(), issuer, audience, at(now_s), leeway);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->scopes.empty());
}

TEST(ServiceToken, ExpiresAndSaysSo) {
  const auto token = key().sign(good_service());
  EXPECT_EQ(service_verdict(token, at(now_s + 3600 + leeway.count() - 1)), "s-1");
  EXPECT_EQ(service_verdict(token, at(now_s + 3600 + leeway.count())), "AUTH002");
}

TEST(ServiceToken, IsForItsAudienceAndIssuer) {
  const auto token = key().sign(good_service());
  EXPECT_FALSE(verify_service(token, key(), issuer, "other", at(now_s), leeway));
  EXPECT_FALSE(verify_service(token, key(), "other", audience, at(now_s), leeway));
}

TEST(ServiceToken, IsRefusedWithAClaimMissingDoubledOrWrong) {
  const auto good = good_service_payload();
  ASSERT_EQ(service_verdict(forge(good, service_header)), "s-1");
  for (const auto& bad : {
           replaced(good, R"("service_id":"reporting-service",)", ""),
           replaced(good, R"("sub":"reporting-service",)", ""),
           replaced(good, R"("sub":"reporting-service")", R"("sub":"other-service")"),
           replaced(good, R"("scope":"read:users read:logs")", R"("scope":["read:users"])"),
           replaced(good, R"("scope":"read:users read:logs",)", ""),
           replaced(good, R"("type":"service")", R"("type":"service","type":"service")"),
           replaced(good, R"("exp":1767326400)", R"("exp":"1767326400")"),
           replaced(good, R"("jti":"s-1")", R"("jti":"s-1","nbf":1767329999)"),
       })
    EXPECT_EQ(service_verdict(forge(bad, service_header)), invalid) << bad;
}

TEST(ServiceToken, IsRefusedWhenOneCharacterDiffers) {
  auto token = key().sign(good_service());
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(service_verdict(changed), invalid) << "at " << i;
  }
}

} // namespace
} // namespace latchkey::test

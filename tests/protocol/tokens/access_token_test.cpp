// The outside of an access token: its length, header, signature and text.
#include "access_token_fixture.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace latchkey::test {
namespace {

std::string good_token() {
  return key().sign(good_claims());
}

TEST(Hs256Key, RefusesASecretShorterThanItsHash) {
  auto made = hs256_key::make(secret{std::string(31, 'k')});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, error_code::validation_error);
  EXPECT_EQ(made.error().field, "JWT_SECRET_KEY");
  EXPECT_TRUE(hs256_key::make(secret{std::string(32, 'k')}));
}

TEST(AccessToken, RefusesEveryAlgorithmAndHeaderButItsOwn) {
  auto genuine = forge(good_payload());
  ASSERT_EQ(verdict(genuine), "t-1");
  for (std::string_view header : {
           R"({"typ":"JWT","alg":"none"})",
           R"({"typ":"JWT","alg":"None"})",
           R"({"typ":"JWT","alg":"NONE"})",
           R"({"typ":"JWT","alg":"nOnE"})",
           R"({"typ":"JWT","alg":"HS384"})",
           R"({"typ":"JWT","alg":"HS512"})",
           R"({"typ":"JWT","alg":"RS256"})",
           R"({"typ":"JWT","alg":"ES256"})",
           R"({"alg":"HS256"})",
           R"({"alg":"HS256","typ":"JWT"})",
           R"({"typ":"JWT", "alg":"HS256"})",
           R"({"typ":"JWT","alg":"HS256","alg":"none"})",
           R"({"typ":"JWT","alg":"HS256","kid":"../../../../dev/null"})",
           R"({"typ":"JWT","alg":"HS256","kid":"' OR 1=1 --"})",
           R"({"typ":"JWT","alg":"HS256","kid":"\u0000"})",
           R"({"typ":"JWT","alg":"HS256","jwk":{"kty":"oct","k":"a2tr"}})",
           R"({"typ":"JWT","alg":"HS256","jku":"http://127.0.0.1:1/keys"})",
           R"({"typ":"JWT","alg":"HS256","x5u":"http://127.0.0.1:1/cert"})",
           R"({"typ":"JWT","alg":"HS256","x5c":["MIIB"]})",
           R"({"typ":"JWT","alg":"HS256","crit":["exp"],"exp":1})",
           R"({"typ":"JWT","alg":"HS256","b64":false,"crit":["b64"]})",
           R"({})",
       })
    EXPECT_EQ(verdict(forge(good_payload(), header)), invalid) << header;
}

TEST(AccessToken, RefusesAKeyIdOfEightKibibytes) {
  std::string header = R"({"typ":"JWT","alg":"HS256","kid":")" + std::string(8192, 'a') + "\"}";
  EXPECT_EQ(verdict(forge(good_payload(), header)), invalid);
}

TEST(AccessToken, RefusesAMissingOrEmptySignature) {
  auto token = good_token();
  auto unsigned_part = token.substr(0, token.rfind('.'));
  EXPECT_EQ(verdict(unsigned_part), invalid);
  EXPECT_EQ(verdict(unsigned_part + '.'), invalid);
}

TEST(AccessToken, RefusesATokenInWhichOneCharacterDiffers) {
  auto token = good_token();
  ASSERT_EQ(verdict(token), "t-1");
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verdict(changed), invalid) << "at " << i;
  }
}

TEST(AccessToken, RefusesEveryPrefixOfAGoodToken) {
  auto token = good_token();
  for (std::size_t size = 0; size < token.size(); ++size)
    EXPECT_EQ(verdict(std::string_view{token}.substr(0, size)), invalid) << size;
}

TEST(AccessToken, RefusesPaddingWhiteSpaceAndUnusedBits) {
  auto token = good_token();
  EXPECT_EQ(verdict(token + '='), invalid);
  EXPECT_EQ(verdict(token + ' '), invalid);
  EXPECT_EQ(verdict(' ' + token), invalid);
  EXPECT_EQ(verdict(token + '\n'), invalid);
  // 32 bytes leave two unused bits in the last of 43 characters.
  constexpr std::string_view alphabet{
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
  auto value = alphabet.find(token.back());
  ASSERT_EQ(value % 4, 0U);
  for (std::size_t bits = 1; bits < 4; ++bits) {
    auto changed = token;
    changed.back() = alphabet[value + bits];
    EXPECT_EQ(verdict(changed), invalid) << bits;
  }
}

TEST(AccessToken, RefusesAPayloadThatIsNotStrictBase64url) {
  // Signed as it stands, so that only the payload's text is at fault.
  auto signed_over = [](const std::string& payload_text) {
    auto input = base64url_encode(hs256_header) + '.' + payload_text;
    auto mac = hmac_sha256(key_text(), input);
    return input + '.' + base64url_encode(bytes_of(mac));
  };
  auto payload = good_payload() + (good_payload().size() % 3 == 0 ? " " : "");
  auto text = base64url_encode(payload);
  ASSERT_EQ(verdict(signed_over(text)), "t-1");
  EXPECT_EQ(verdict(signed_over(text + '=')), invalid);
  EXPECT_EQ(verdict(signed_over(text + "==")), invalid);
  EXPECT_EQ(verdict(signed_over(' ' + text)), invalid);
  EXPECT_EQ(verdict(signed_over(text + '\n')), invalid);
  auto unused_bits = text;
  ++unused_bits.back(); // the last character's lowest bits belong to no byte
  EXPECT_EQ(verdict(signed_over(unused_bits)), invalid);
  EXPECT_EQ(verdict(signed_over(replaced(text, "J", "+"))), invalid);
}

TEST(AccessToken, RefusesThousandsOfDotsAndTokensThatAreTooLong) {
  EXPECT_EQ(verdict(std::string(5000, '.')), invalid);
  EXPECT_EQ(verdict(std::string(4096, '.')), invalid);
  EXPECT_EQ(verdict(good_token() + std::string(3000, '.')), invalid);
  auto token = good_token();
  EXPECT_EQ(verdict(token + '.'), invalid);
  EXPECT_EQ(verdict(token.insert(token.find('.'), ".")), invalid);

  // The bound is exact: a genuine token of 4096 bytes is good, a longer one is not looked at.
  std::string filler;
  auto sized = [&] {
    return forge(replaced(good_payload(), "{", "{\"filler\":\"" + filler + "\","));
  };
  while (sized().size() < access_token_bytes_max)
    filler += 'x';
  ASSERT_EQ(sized().size(), access_token_bytes_max);
  EXPECT_EQ(verdict(sized()), "t-1");
  filler += "xxx";
  EXPECT_EQ(verdict(sized()), invalid);
}

TEST(AccessToken, RefusesAnotherKeysSignature) {
  auto other = hs256_key::make(secret{std::string(32, 'o')}).value();
  EXPECT_EQ(verdict(other.sign(good_claims())), invalid);
}

TEST(AccessToken, AcceptsThePreviousKeyOnlyWhileItIsGiven) {
  auto current = hs256_key::make(secret{std::string(32, 'c')}).value();
  auto previous = key();
  auto token = previous.sign(good_claims());
  const hs256_key* both[] = {&current, &previous};
  const hs256_key* one[] = {&current};
  auto with = [&](std::span<const hs256_key* const> keys) {
    return verify(token, keys, issuer, audience, at(now_s), leeway).has_value();
  };
  EXPECT_FALSE(with(one));
  EXPECT_FALSE(with({}));
  EXPECT_TRUE(with(both));
}

TEST(AccessToken, TriesNoMoreKeysThanItsLimit) {
  auto right = key();
  auto wrong = hs256_key::make(secret{std::string(32, 'w')}).value();
  auto token = right.sign(good_claims());
  std::vector<const hs256_key*> keys(verification_keys_max, &wrong);
  keys.back() = &right;
  EXPECT_TRUE(verify(token, keys, issuer, audience, at(now_s), leeway));
  keys.insert(keys.begin(), &wrong);
  EXPECT_FALSE(verify(token, keys, issuer, audience, at(now_s), leeway));
}

TEST(AccessToken, GivesBackTheClaimsThatWereSigned) {
  auto claims = good_claims();
  claims.role = "quote \" backslash \\ line \n über";
  claims.user_number = INT64_MAX;
  auto verified = verify(key().sign(claims), key(), issuer, audience, at(now_s), leeway);
  ASSERT_TRUE(verified);
  EXPECT_EQ(*verified, claims);
}

TEST(AccessToken, EqualClaimsGiveEqualTokens) {
  EXPECT_EQ(key().sign(good_claims()), key().sign(good_claims()));
  auto other = good_claims();
  other.jti = "t-2";
  EXPECT_NE(key().sign(other), key().sign(good_claims()));
}

TEST(AccessToken, BeginsWithTheHeaderThatTheAuthServiceDocumentPrints) {
  EXPECT_TRUE(good_token().starts_with("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."));
  EXPECT_EQ(good_token(), forge(good_payload()));
}

// RFC 7515, A.1.
TEST(Hs256Key, SignsTheExampleOfRfc7515) {
  auto key_bytes = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(key_bytes);
  auto example = hs256_key::make(secret{*key_bytes}).value();
  std::string input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
                      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  std::string signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_TRUE(example.signed_this(input, signature));
  EXPECT_FALSE(example.signed_this(input + 'A', signature));
  EXPECT_FALSE(example.signed_this(input, replaced(signature, "dB", "dA")));
}

} // namespace
} // namespace latchkey::test

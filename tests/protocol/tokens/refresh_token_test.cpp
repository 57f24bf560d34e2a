#include "protocol/tokens/refresh_token.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/jwt.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

const secret server_secret{std::string(32, 's')};
const std::string salt(32, 'a');
const session_id session{*parse_uuid("01943a6e-0000-7000-8000-00000000000a")};

std::string issued(std::uint64_t counter = 7) {
  return std::string{refresh_keys{server_secret}.issue(session, salt, counter).reveal()};
}

refresh_token parsed(const std::string& text) {
  return parse_refresh_token(text).value();
}

std::string with_counter(std::string_view digits) {
  auto text = issued();
  return text.substr(0, 37) + std::string{digits} + text.substr(38);
}

TEST(RefreshToken, IsRefusedWhenItsFormIsWrong) {
  auto good = issued();
  ASSERT_TRUE(parse_refresh_token(good));
  auto upper = good;
  upper[35] = 'A';
  for (const std::string& text :
       {std::string{}, std::string{"."}, std::string{".."}, std::string(256, '.'),
        std::string(100'000, '.'), ' ' + good, good + ' ', good + '=', good + ".x", '.' + good,
        good.substr(0, good.size() - 1), good.substr(0, 36), good.substr(0, 37), good.substr(0, 38),
        good.substr(0, 39), upper, 'g' + good.substr(1), good.substr(0, 36) + '-' + good.substr(37),
        good + std::string(300, 'A')}) {
    auto token = parse_refresh_token(text);
    ASSERT_FALSE(token) << text;
    EXPECT_EQ(token.error().code, error_code::token_invalid);
  }
}

TEST(RefreshToken, TakesOneWayToWriteACounter) {
  for (std::string_view digits : {"", "+7", "-7", "07", "0", " 7", "7 ", "0x7", "7e0", "7.0",
                                  "18446744073709551616", "99999999999999999999999"})
    EXPECT_FALSE(parse_refresh_token(with_counter(digits))) << digits;
  auto largest = parse_refresh_token(with_counter("18446744073709551615"));
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->counter, UINT64_MAX);
}

TEST(RefreshToken, RefusesUnusedBitsInItsMac) {
  auto text = issued();
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = alphabet[alphabet.find(text.back()) + 1];
  EXPECT_FALSE(parse_refresh_token(text));
}

TEST(RefreshKeys, RefuseEveryOtherSessionCounterSaltSecretAndMac) {
  refresh_keys keys{server_secret};
  auto token = parsed(issued());
  ASSERT_TRUE(keys.check(token, salt));

  EXPECT_FALSE(keys.check(token, std::string(32, 'b')));
  EXPECT_FALSE(refresh_keys{secret{std::string(32, 't')}}.check(token, salt));
  auto next = token;
  ++next.counter;
  EXPECT_FALSE(keys.check(next, salt));
  auto other = token;
  other.session.bytes[15] ^= 1U;
  EXPECT_FALSE(keys.check(other, salt));
  const std::string mac{token.mac.reveal()};
  for (std::size_t i = 0; i < mac.size(); ++i) {
    auto other_mac = mac;
    other_mac[i] = other_mac[i] == 'A' ? 'E' : 'A';
    auto changed = token;
    changed.mac = secret{std::move(other_mac)};
    EXPECT_FALSE(keys.check(changed, salt)) << i;
  }
  token.mac = secret{};
  EXPECT_FALSE(keys.check(token, salt));
}

TEST(RefreshKeys, GiveTheSameSuccessorEveryTime) {
  EXPECT_EQ(issued(8), issued(8));
  EXPECT_NE(issued(8), issued(7));
}

TEST(RefreshKeys, WriteTheDocumentedForm) {
  auto text = issued();
  auto token = parsed(text);
  EXPECT_EQ(token.session, session);
  EXPECT_EQ(token.counter, 7U);
  EXPECT_EQ(text, "01943a6e-0000-7000-8000-00000000000a.7." + std::string{token.mac.reveal()});
  EXPECT_EQ(token.mac.reveal().size(), 43U);
}

TEST(RefreshKeys, DeriveTheirKeysInTheDocumentedSteps) {
  // Written out from its parts, so that a change of the derivation, which would end
  // every session at the next start, is seen.
  auto master = hkdf_sha256(server_secret, {}, "latchkey refresh master v1", 32);
  std::string purpose = "latchkey refresh v1";
  purpose.append(reinterpret_cast<const char*>(session.bytes.data()), 16);
  purpose += salt;
  auto session_key = hmac_sha256(master, purpose);
  auto mac = hmac_sha256(secret{bytes_of(session_key)}, to_string(session) + ".7");
  EXPECT_EQ(parsed(issued()).mac.reveal(), base64url_encode(bytes_of(mac)));
}

TEST(RefreshKeys, DoNotSignWithTheAccessTokensKey) {
  auto text = issued();
  auto dot = text.rfind('.');
  auto signing_key = hs256_key::make(server_secret).value();
  EXPECT_FALSE(
      signing_key.signed_this(std::string_view{text}.substr(0, dot), text.substr(dot + 1)));
}

} // namespace
} // namespace latchkey

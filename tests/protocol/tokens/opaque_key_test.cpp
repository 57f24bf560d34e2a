#include "protocol/tokens/opaque_key.hpp"

#include "protocol/text/text_codec.hpp"

#include <gtest/gtest.h>
#include <set>

namespace latchkey {
namespace {

constexpr time_point noon =
    std::chrono::sys_days(std::chrono::year(2026) / 5 / 17) + std::chrono::hours(12);

user_id some_user() {
  return user_id{make_uuid(noon)};
}

TEST(OpaqueKey, OfAnotherKindIsNone) {
  const auto made = make_opaque_key(api_key_kind, some_user());
  EXPECT_FALSE(parse_opaque_key(reset_token_kind, made.text.reveal()));
  const auto reset = make_opaque_key(reset_token_kind, some_user());
  EXPECT_FALSE(parse_opaque_key(api_key_kind, reset.text.reveal()));
}

TEST(OpaqueKey, IsRefusedInEveryOtherForm) {
  const std::string text{make_opaque_key(api_key_kind, some_user()).text.reveal()};
  ASSERT_TRUE(parse_opaque_key(api_key_kind, text));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parse_opaque_key(api_key_kind, text.substr(0, size))) << size;
  EXPECT_FALSE(parse_opaque_key(api_key_kind, text + "A"));
  EXPECT_FALSE(parse_opaque_key(api_key_kind, text + "="));
  EXPECT_FALSE(parse_opaque_key(api_key_kind, " " + text.substr(1)));
  EXPECT_FALSE(parse_opaque_key(api_key_kind, "LK" + text.substr(2)));
  for (std::size_t at : {2U, 3U, 35U, 36U, 78U})
    for (char wrong : {' ', '=', '+', '/', '\0', '\xC3'}) {
      auto other = text;
      other[at] = wrong;
      EXPECT_FALSE(parse_opaque_key(api_key_kind, other)) << at << " " << wrong;
    }
}

TEST(OpaqueKey, WithUnusedBitsSetIsRefused) {
  // 43 characters stand for 32 bytes: two bits of the last one must be zero.
  std::string text{make_opaque_key(api_key_kind, some_user()).text.reveal()};
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = alphabet[alphabet.find(text.back()) + 1];
  EXPECT_FALSE(parse_opaque_key(api_key_kind, text));
}

TEST(OpaqueKey, ThatNamesNothingIsRefused) {
  const auto text = [](const std::string& name) {
    return "lk_" + base64url_encode(name) + "." + base64url_encode(std::string(32, 'r'));
  };
  const std::string nothing8(8, '\0');
  const std::string nothing16(16, '\0');
  EXPECT_TRUE(parse_opaque_key(api_key_kind, text(std::string(24, 'x'))));
  EXPECT_FALSE(parse_opaque_key(api_key_kind, text(nothing8 + std::string(16, 'x'))));
  EXPECT_FALSE(parse_opaque_key(api_key_kind, text(std::string(8, 'x') + nothing16)));
}

TEST(OpaqueKey, NamesItsRecordAndItsUser) {
  const auto user = some_user();
  const auto made = make_opaque_key(api_key_kind, user);
  const auto text = made.text.reveal();
  EXPECT_TRUE(text.starts_with("lk_"));
  EXPECT_LE(text.size(), opaque_key_bytes_max);
  EXPECT_NE(made.key.id, 0U);
  EXPECT_EQ(made.key.user, user);

  const auto parsed = parse_opaque_key(api_key_kind, text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, made.key.id);
  EXPECT_EQ(parsed->user, user);
  EXPECT_EQ(parsed->secret_hash, made.key.secret_hash);
  EXPECT_EQ(parsed->secret_hash, hash_of_key(text));
}

TEST(OpaqueKey, WithAnotherRandomPartHasAnotherHash) {
  const auto made = make_opaque_key(api_key_kind, some_user());
  std::string text{made.text.reveal()};
  text[40] = text[40] == 'A' ? 'B' : 'A';
  const auto parsed = parse_opaque_key(api_key_kind, text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, made.key.id);
  EXPECT_NE(parsed->secret_hash, made.key.secret_hash);
}

TEST(OpaqueKey, ShowsOfItselfOnlyWhatTellsItApart) {
  const auto user = some_user();
  std::set<std::string> prefixes;
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 1000; ++i) {
    const auto made = make_opaque_key(api_key_kind, user);
    EXPECT_TRUE(made.text.reveal().starts_with(made.prefix));
    EXPECT_EQ(made.prefix.size(), 11U);
    prefixes.insert(made.prefix);
    ids.insert(made.key.id);
  }
  EXPECT_EQ(prefixes.size(), 1000U);
  EXPECT_EQ(ids.size(), 1000U);
}

TEST(HashOfKey, IsSha256InBase64url) {
  // FIPS 180-4, the digests of "" and "abc".
  EXPECT_EQ(hash_of_key(""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  EXPECT_EQ(hash_of_key("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

TEST(KeyId, IsRefusedUnlessItIsSixteenDigits) {
  for (std::string_view text : {"", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeg",
                                "0x23456789abcdef", " 123456789abcdef", "0000000000000000"})
    EXPECT_FALSE(parse_key_id(text)) << text;
}

TEST(KeyId, IsWrittenInSixteenDigitsAndReadBack) {
  EXPECT_EQ(key_id_text(1), "0000000000000001");
  EXPECT_EQ(key_id_text(0xFEDC'BA98'7654'3210U), "fedcba9876543210");
  EXPECT_EQ(parse_key_id("fedcba9876543210"), 0xFEDC'BA98'7654'3210U);
  EXPECT_EQ(parse_key_id("0000000000000001"), 1U);
}

} // namespace
} // namespace latchkey

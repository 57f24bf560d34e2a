#include "protocol/tokens/sealed.hpp"

#include "protocol/text/text_codec.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

using namespace std::string_literals;

const secret sealing_key{"0123456789abcdef0123456789abcdef"s};

TEST(Sealed, RefusesWhatWasChangedAnywhere) {
  const auto sealed = seal(sealing_key, "a reset token", "row 1");
  auto bytes = base64url_decode(sealed).value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto opened = open_sealed(sealing_key, base64url_encode(changed), "row 1");
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, error_code::internal_error);
    EXPECT_NE(opened.error().reason, "");
  }
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(open_sealed(sealing_key, base64url_encode(bytes.substr(0, size)), "row 1"))
        << size;
  EXPECT_FALSE(open_sealed(sealing_key, sealed + "A", "row 1"));
  EXPECT_FALSE(open_sealed(sealing_key, "no base64url at all!", "row 1"));
  EXPECT_FALSE(open_sealed(sealing_key, std::string(sealed_text_bytes_max * 2, 'A'), "row 1"));
}

TEST(Sealed, RefusesAnotherKeyAndAnotherPlace) {
  const auto sealed = seal(sealing_key, "a reset token", "row 1");
  EXPECT_TRUE(open_sealed(sealing_key, sealed, "row 1"));
  EXPECT_FALSE(open_sealed(secret{"another"s}, sealed, "row 1"));
  EXPECT_FALSE(open_sealed(sealing_key, sealed, "row 2"));
  EXPECT_FALSE(open_sealed(sealing_key, sealed, ""));
}

TEST(Sealed, GivesBackWhatWasSealed) {
  for (const auto& text :
       {""s, "x"s, "a\0b"s, "\xff\xfe"s, std::string(sealed_text_bytes_max, 'y')}) {
    const auto opened = open_sealed(sealing_key, seal(sealing_key, text, "here"), "here");
    ASSERT_TRUE(opened) << text.size();
    EXPECT_EQ(opened->reveal(), text);
  }
}

TEST(Sealed, ShowsNeitherTheTextNorThatTwoAreTheSame) {
  const auto first = seal(sealing_key, "a reset token", "here");
  EXPECT_NE(first, seal(sealing_key, "a reset token", "here"));
  EXPECT_EQ(base64url_decode(first)->find("reset"), std::string::npos);
}

} // namespace
} // namespace latchkey

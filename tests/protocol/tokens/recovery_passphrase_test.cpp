#include "protocol/tokens/recovery_passphrase.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

std::string normal(std::string_view text) {
  const auto made = normal_passphrase(secret{text}, "passphrase");
  return made ? std::string{made->reveal()} : "refused: " + made.error().reason;
}

TEST(RecoveryPassphrase, IsRefusedWhenItIsNoTextOrTooLong) {
  const auto bytes = normal_passphrase(secret{std::string_view{"four\xFFwords"}}, "passphrase");
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().field, "passphrase");
  EXPECT_EQ(bytes.error().reason, "is not valid UTF-8");
  const auto longest = std::string(recovery_passphrase_bytes_max, 'a');
  EXPECT_TRUE(normal_passphrase(secret{std::string_view{longest}}, "passphrase"));
  const auto longer = longest + "a";
  EXPECT_FALSE(normal_passphrase(secret{std::string_view{longer}}, "passphrase"));
}

TEST(RecoveryPassphrase, IsTheSameHoweverItIsSpacedOrCased) {
  const std::string words = "four words as passphrase";
  EXPECT_EQ(normal(words), words);
  EXPECT_EQ(normal("  Four\twords \n as   PASSPHRASE "), words);
  EXPECT_EQ(normal("\uFF26our\u00A0words\u3000as passphrase"), words);
  EXPECT_NE(normal("four words as pass phrase"), words);
}

TEST(RecoveryPassphrase, HasSeveralWordsAndSixteenCharacters) {
  const auto good = [](std::string_view text) {
    return check_passphrase(secret{text}, "recovery_passphrase").has_value();
  };
  EXPECT_TRUE(good("four words as passphrase"));
  EXPECT_TRUE(good("fifteen letters!"));
  EXPECT_FALSE(good("fifteen letter!"));
  EXPECT_FALSE(good("onewordofmorethansixteen"));
  EXPECT_FALSE(good(""));
}

} // namespace
} // namespace latchkey

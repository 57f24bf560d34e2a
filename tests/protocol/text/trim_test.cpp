#include "protocol/text/trim.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(TrimWhiteSpace, TakesUnicodesOwnFromBothEnds) {
  EXPECT_EQ(trim_white_space("\xE2\x80\x83\xC2\x85 a b \xE3\x80\x80\xE2\x80\xA8"), "a b");
  EXPECT_EQ(trim_white_space(" \xC2\xA0 "), "");
  EXPECT_EQ(trim_white_space("\xFF "), "\xFF");
  EXPECT_EQ(trim_white_space("\x80\x80\x80\x80\x80"), "\x80\x80\x80\x80\x80");
}

TEST(TrimBlanks, TakesAsciiBlanksFromBothEndsAndNothingElse) {
  EXPECT_EQ(trim_blanks(" \t a b\r\n "), "a b");
  EXPECT_EQ(trim_blanks(" \r\n"), "");
  EXPECT_EQ(trim_blanks(""), "");
  EXPECT_EQ(trim_blanks("\xC2\xA0 a\v"), "\xC2\xA0 a\v");
}

} // namespace
} // namespace latchkey

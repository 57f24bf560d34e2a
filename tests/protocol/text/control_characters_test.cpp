#include "protocol/text/control_characters.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

TEST(ControlCharacters, AreThoseBelowSpaceAndDel) {
  for (int byte = 0; byte < 256; ++byte)
    EXPECT_EQ(has_control_characters(std::string{"a"} + static_cast<char>(byte)),
              byte < 0x20 || byte == 0x7F)
        << byte;
}

TEST(ControlCharacters, DoNotCountWhereTheyAreAllowed) {
  EXPECT_FALSE(has_control_characters("a\r\n\tb", "\n\r\t"));
  EXPECT_TRUE(has_control_characters("a\r\n\vb", "\n\r\t"));
}

TEST(ControlCharacters, AreRefusedWithTheField) {
  EXPECT_TRUE(check_no_control_characters("name", "a b"));
  const auto refused = check_no_control_characters("name", std::string{"a\0b", 3});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::validation_error);
  EXPECT_EQ(refused.error().field, "name");
  EXPECT_EQ(refused.error().reason, "must not contain control characters");
}

} // namespace
} // namespace latchkey

// Which texts can be told to other services in a header.
#include "protocol/text/header_value.hpp"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(HeaderValue, IsAnyTextThatGoesThroughUnchanged) {
  for (const std::string_view good : {"", "acme", "Acme & Sons", "Дача", "株式会社", "a\xC2\xA0z"})
    EXPECT_TRUE(check_header_value("client_id", good)) << good;
}

TEST(HeaderValue, HasNoControlCharactersAndNoWhiteSpaceAtItsEnds) {
  for (const std::string_view bad : {"a\tb", "a\nb", "a\r\nb", "\x01", "\x7F", "a\xC2\x80",
                                     "a\xC2\x9F", " a", "a ", "a\xC2\xA0", "\xFF"}) {
    const auto checked = check_header_value("client_id", bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code, error_code::validation_error);
    EXPECT_EQ(checked.error().field, "client_id");
  }
}

} // namespace
} // namespace latchkey

#include "protocol/text/opaque_string.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

using namespace std::string_literals;

std::string prepared(const std::string& password) {
  return std::string{opaque_string(secret{std::string_view{password}}).reveal()};
}

TEST(OpaqueString, IsOneForTheSpellingsOfTwoSystems) {
  EXPECT_EQ(prepared("cafe\xCC\x81"), prepared("caf\xC3\xA9"));
  EXPECT_EQ(prepared("a\xC2\xA0"
                     "b\xE3\x80\x80"
                     "c"),
            "a b c");
  EXPECT_EQ(prepared("\xE2\x84\xAB"), prepared("\xC3\x85")); // Angstrom and A with a ring
}

TEST(OpaqueString, KeepsCaseWidthAndEverythingElse) {
  EXPECT_NE(prepared("Caf\xC3\xA9"), prepared("caf\xC3\xA9"));
  EXPECT_NE(prepared("\xEF\xBC\xA1"), "A");
  EXPECT_NE(prepared("\xEF\xAC\x81"), "fi");
  for (const std::string& same : {""s, "plain"s, " two  spaces "s, "a\0b"s, "\xFF\xFE"s})
    EXPECT_EQ(prepared(same), same);
  EXPECT_EQ(prepared("\xC3\xA9\0x"s), "\xC3\xA9\0x"s);
}

} // namespace
} // namespace latchkey

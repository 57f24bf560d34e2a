#include "protocol/text/name_look.hpp"

#include "protocol/text/login_name.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey {
namespace {

using namespace std::string_literals;

/// What a name looks like, itself included.
std::string look(const std::string& name) {
  const auto folded = fold_login_name(name).value();
  return name_skeleton(folded).value_or(folded);
}

TEST(NameLook, IsOneForNamesThatAreTakenForOneAnother) {
  EXPECT_EQ(look("p\xD0\xB0ypal"), "paypal"); // Cyrillic a
  EXPECT_EQ(look("\xD1\x95\xD1\x81\xD0\xBE\xD1\x80\xD0\xB5"), "scope");
  EXPECT_EQ(look("\xD0\xA0\xD0\x90\xD0\xA3"), look("\xD1\x80\xD0\xB0\xD1\x83"));
  EXPECT_EQ(look("m\xD0\xB0m\xD0\xB0"), "mama"); // not "rnarna"
}

TEST(NameLook, InCapitalsIsOneForNamesThatAreTakenForOneAnotherThere) {
  const auto capitals = [](const std::string& name) {
    return capital_skeleton(fold_login_name(name).value()).value_or("none");
  };
  EXPECT_EQ(capitals("\xD0\x9A\xD0\x90\xD0\xA2\xD0\x95"), "kate"); // Cyrillic KATE
  EXPECT_EQ(capitals("\xD0\xA2\xD0\x9E\xD0\x9C"), "tom");          // Cyrillic TOM
  EXPECT_EQ(capitals("\xD0\x9D\xD0\x9E\xD0\xA0\xD0\x95"), "hope"); // Cyrillic HOPE
  EXPECT_EQ(capitals("\xCE\x92\xCE\x95\xCE\xA4\xCE\x91"), "beta"); // Greek BETA
  EXPECT_EQ(capitals("\xCE\x9D\xCE\x99\xCE\x9A\xCE\x9F"), "niko"); // Greek NIKO
  // As everywhere else, nothing for one that is as it looks.
  EXPECT_EQ(capitals("kate"), "none");
  EXPECT_EQ(capitals("jos\xC3\xA9"), "none");
  EXPECT_EQ(capitals("\xD1\x95\xD1\x81\xD0\xBE\xD1\x80\xD0\xB5"), "none"); // "scope" both ways
}

TEST(NameLook, OfAsciiIsTheNameItself) {
  for (const std::string& name : {"user1"s, "userl"s, "paypa1"s, "modern"s, "modem"s, "O0o"s}) {
    EXPECT_FALSE(name_skeleton(fold_login_name(name).value())) << name;
    EXPECT_FALSE(mixes_scripts(name)) << name;
  }
}

TEST(NameLook, LeavesHonestNamesAlone) {
  for (const std::string& name :
       {"jos\xC3\xA9"s, "\xE5\xB1\xB1\xE7\x94\xB0\xE5\xA4\xAA\xE9\x83\x8E"s, "na\xC3\xAFve"s})
    EXPECT_EQ(look(name), fold_login_name(name).value());
}

TEST(NameLook, KnowsWhatCannotBeSeen) {
  for (const std::string& name : {"a\xE2\x80\x8B"
                                  "b"s, // zero width space
                                  "a\xE2\x80\x8D"
                                  "b"s, // a joiner that joins nothing
                                  "\xE2\x80\xAE"
                                  "ba"s, // right-to-left override
                                  "a\xC2\xAD"
                                  "b"s,                 // soft hyphen
                                  "\xE3\x85\xA4"s,      // Hangul filler
                                  "\xE2\xA0\x80"s,      // an empty Braille cell
                                  "a\xF3\xA0\x81\x81"s, // a tag
                                  "a\xEF\xB8\x8F"s,     // a style of nothing
                                  "\xEF\xBB\xBF"
                                  "a"s,
                                  "a\tb"s, "a\xE2\x80\xA8"s})
    EXPECT_TRUE(has_invisible_characters(name)) << testing::PrintToString(name);
  for (const std::string& name :
       {""s, "Ada Lovelace"s, "\xE2\x9D\xA4\xEF\xB8\x8F"s, "1\xEF\xB8\x8F\xE2\x83\xA3"s,
        "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"s,
        // Sinhala and Persian write some words with a joiner.
        "\xE0\xB7\x81\xE0\xB7\x8A\xE2\x80\x8D\xE0\xB6\xBB\xE0\xB7\x93"s,
        "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE\xD9\x88\xD8\xA7\xD9\x87\xD9\x85"s})
    EXPECT_FALSE(has_invisible_characters(name)) << name;
}

} // namespace
} // namespace latchkey

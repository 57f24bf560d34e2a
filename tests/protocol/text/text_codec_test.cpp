#include "protocol/text/text_codec.hpp"

#include <array>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

using namespace std::string_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Base64url, RefusesWhatIsNotItsOneText) {
  for (std::string_view text : {"Zg==", "Zg=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v====", "Z", "Zm9vY",
                                "+m9v", "/m9v", "Zm9.", "Zh", "Zn", "Zm9", "Zm-", "\xC3\xA9zz"})
    EXPECT_FALSE(base64url_decode(text)) << text;
  EXPECT_FALSE(base64url_decode("Zm9v\0"s));
  EXPECT_FALSE(base64url_decode("Zm\0v"s));
}

TEST(Base64url, RefusesUnusedBitsWhateverTheyAre) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    EXPECT_EQ(base64url_decode("Z"s + alphabet[i]).has_value(), i % 16 == 0) << alphabet[i];
    EXPECT_EQ(base64url_decode("Zm"s + alphabet[i]).has_value(), i % 4 == 0) << alphabet[i];
  }
}

TEST(Base64url, RefusesABufferThatIsTooSmall) {
  std::array<unsigned char, 3> buffer{};
  EXPECT_EQ(base64url_decode_to("Zm9v", buffer), 3U);
  EXPECT_FALSE(base64url_decode_to("Zm9vYg", buffer));
}

// RFC 4648, 10, without its padding.
TEST(Base64url, GivesTheAnswersOfRfc4648) {
  const std::vector<std::pair<std::string, std::string>> known{
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : known) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
    EXPECT_EQ(base64url_decoded_size(text.size()), bytes.size());
  }
  EXPECT_EQ(base64url_encode("\xFB\xFF\xBF"), "-_-_");
  EXPECT_EQ(base64url_decode("-_-_"), "\xFB\xFF\xBF");
}

TEST(Base64url, GivesBackEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    ASSERT_EQ(base64url_decode(base64url_encode(bytes)), bytes) << i;
  }
}

TEST(Hex, RefusesOddAndForeignDigits) {
  for (std::string_view text : {"0", "0g", "g0", " 0", "0x", "-1", "000"})
    EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Hex, ReadsEitherCaseAndWritesLower) {
  EXPECT_EQ(from_hex("00fFA9"), "\x00\xFF\xA9"s);
  EXPECT_EQ(to_hex("\x00\xFF\xA9"s), "00ffa9");
  EXPECT_EQ(from_hex(""), "");
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
  for (std::string_view text : {"\x80",
                                "\xBF",
                                "\xC0\x80",
                                "\xC1\xBF",
                                "\xC2",
                                "\xC2\x41",
                                "\xE0\x80\x80",
                                "\xE0\x9F\xBF",
                                "\xED\xA0\x80",
                                "\xED\xBF\xBF",
                                "\xE2\x82",
                                "\xE2\x82\x41",
                                "\xF0\x80\x80\x80",
                                "\xF0\x8F\xBF\xBF",
                                "\xF4\x90\x80\x80",
                                "\xF5\x80\x80\x80",
                                "\xFE",
                                "\xFF",
                                "\xF0\x9F\x98",
                                "eight by\xC3",
                                "eight bytes and \xA9 more"})
    EXPECT_FALSE(is_valid_utf8(text)) << testing::PrintToString(text);
}

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
  for (std::string_view text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "more than eight bytes, \xC3\xA9"})
    EXPECT_TRUE(is_valid_utf8(text)) << testing::PrintToString(text);
  EXPECT_TRUE(is_valid_utf8("a\0b"s));
}

TEST(Utf8, CountsCodePointsNotBytes) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 4U);
}

TEST(JsonString, ReplacesEachMaximalPartThatIsNotUtf8) {
  EXPECT_EQ(json("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(json("\xE2\x82"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xF0\x9F\x98z"), "\"\xEF\xBF\xBDz\"");
  EXPECT_EQ(json("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xF4\x90\x80\x80\""), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"");
}

TEST(JsonString, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(json("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(json("a\0b\x1F"s), R"("a\u0000b\u001f")");
  for (char c = 0; c < 0x20; ++c) {
    auto text = json(std::string(1, c));
    EXPECT_EQ(text[1], '\\') << int{c};
  }
}

TEST(JsonString, LeavesTheRestAsItIs) {
  EXPECT_EQ(json(""), "\"\"");
  EXPECT_EQ(json("plain / text \x7F"), "\"plain / text \x7F\"");
  EXPECT_EQ(json("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
            "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  std::string out = "before";
  append_json_string(out, "x");
  EXPECT_EQ(out, "before\"x\"");
}

} // namespace
} // namespace latchkey

// json_text_test.cpp — an object's members as they were written, and what is no JSON.
#include "protocol/text/json_text.hpp"

#include <gtest/gtest.h>

namespace latchkey::test {
namespace {

/// What is wrong with it; empty: nothing.
std::string fault_of(std::string_view text, std::size_t depth_max = 8) {
  const auto read = json_members(text, depth_max);
  return read ? "" : read.error();
}

TEST(JsonMembers, AreTakenApartInTheirOrder) {
  const auto read = json_members(" { \"b\" : [ 1 , { } , null ] ,\t\"a\\u0062\":\"x y\"\r\n} ", 8);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at(0).name, "b");
  EXPECT_EQ(read->at(0).value, "[1,{},null]");
  EXPECT_EQ(read->at(1).name, "ab");
  EXPECT_EQ(read->at(1).value, "\"x y\"");
  EXPECT_TRUE(json_members("{}", 8)->empty());
}

TEST(JsonMembers, KeepNumbersToTheLastDigit) {
  for (const std::string number : {"0", "-0", "0.10", "1e400", "1E-400", "12345678901234567890",
                                   "-1.50e+07", "0.1234567890123456789012345678901234567890"}) {
    const auto read = json_members("{\"a\":" + number + "}", 8);
    ASSERT_TRUE(read) << number;
    EXPECT_EQ(read->front().value, number);
    EXPECT_TRUE(is_json_number(read->front().value));
  }
  EXPECT_FALSE(is_json_number("\"1\""));
  EXPECT_FALSE(is_json_number("true"));
  EXPECT_FALSE(is_json_number(""));
}

TEST(JsonMembers, TellOfNamesThatStandTwiceWhenAskedTo) {
  const auto read = json_members(R"({"a":{"b":1,"b":2},"c":{"b":1},"a":[{"d":1,"\u0064":2}]})", 8,
                                 doubled_names::reported);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3u);
  EXPECT_TRUE(read->at(0).has_doubled_name);
  EXPECT_FALSE(read->at(1).has_doubled_name);
  EXPECT_EQ(read->at(2).name, "a");
  EXPECT_TRUE(read->at(2).has_doubled_name);
  EXPECT_EQ(leading_json_string(R"("a\"\\","b")"), R"("a\"\\")");
  EXPECT_EQ(leading_json_string("1"), "");
}

TEST(JsonMembers, AreStrict) {
  for (const auto* text : {"",
                           " ",
                           "{",
                           "}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":1}x",
                           "{\"a\":1}{}",
                           "{\"a\":01}",
                           "{\"a\":-}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":+1}",
                           "{\"a\":NaN}",
                           "{\"a\":True}",
                           "{\"a\":tru}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\udc00\"}",
                           "{\"a\":\"\\ud800\\u0041\"}",
                           "{\"a\":\"x}",
                           "{\"a\":\"\\",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":1\x00}",
                           "[1",
                           "/**/{}"})
    EXPECT_EQ(fault_of(text), "is not valid JSON") << text;
  EXPECT_EQ(fault_of("[]"), "is not a JSON object");
  EXPECT_EQ(fault_of("7"), "is not a JSON object");
  EXPECT_EQ(fault_of(R"({"a":1,"\u0061":2})"), "has a name twice");
  EXPECT_EQ(fault_of(R"({"a":[{"x":1,"x":2}]})"), "has a name twice");
  EXPECT_EQ(fault_of(R"({"a":"\ud83d\ude00\/\b"})"), "");
}

TEST(JsonMembers, AreNotNestedTooDeeply) {
  EXPECT_EQ(fault_of(R"({"a":[[1]]})", 3), "");
  EXPECT_EQ(fault_of(R"({"a":[[1]]})", 2), "is nested too deeply");
  EXPECT_EQ(fault_of(std::string(100'000, '['), 64), "is nested too deeply");
}

TEST(JsonText, IsTheSameHoweverItIsWritten) {
  EXPECT_TRUE(is_same_json(R"({"a":1,"b":[1,2]})", R"( {"b" : [1, 2], "\u0061": 1.0} )"));
  EXPECT_FALSE(is_same_json(R"({"a":1})", R"({"a":2})"));
  EXPECT_FALSE(is_same_json("[1,2]", "[2,1]"));
  EXPECT_FALSE(is_same_json("{", "[")); // neither is JSON
}

TEST(JsonString, IsDecoded) {
  EXPECT_EQ(json_string_content(R"("plain")"), "plain");
  EXPECT_EQ(json_string_content(R"("\"\u00e9\ud83d\ude00")"), "\"é😀");
  EXPECT_EQ(json_string_content("7"), "");
}

} // namespace
} // namespace latchkey::test

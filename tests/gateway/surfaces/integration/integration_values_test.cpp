// Small decisions of the service integration: how a token is read, what a session is called.
#include "gateway/surfaces/integration/plain_token.hpp"
#include "gateway/surfaces/integration/session_name.hpp"
#include "gateway/surfaces/integration/user_ids.hpp"
#include "protocol/text/text_codec.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey::gateway::integration {
namespace {

// -- plain_token -------------------------------------------------------------------------

TEST(PlainToken, LeavesToTheReaderWhateverIsNotPlain) {
  for (const std::string body : {"",
                                 " ",
                                 "{",
                                 "{}",
                                 "[]",
                                 "null",
                                 R"("token")",
                                 R"({"token"})",
                                 R"({"token":})",
                                 R"({"token":"})",
                                 R"({"token":"a")",
                                 R"({"token":""})",
                                 R"({"token":1})",
                                 R"({"token":null})",
                                 R"({"token":["a"]})",
                                 R"({"token":"a"}})",
                                 R"({"token":"a"} x)",
                                 R"({"token":"a",})",
                                 R"({"token":"a","token":"a"})",
                                 R"({"token":"a","x":1})",
                                 R"({"tokens":"a"})",
                                 R"({"Token":"a"})",
                                 R"({"token" "a"})",
                                 R"({token:"a"})",
                                 R"({'token':'a'})",
                                 "\xef\xbb\xbf{\"token\":\"a\"}",
                                 "{\"token\":\"a\"}\v"})
    EXPECT_FALSE(plain_token(body)) << body;
  EXPECT_FALSE(plain_token(std::string("{\"token\":\"a\"}\0", 14)));
  EXPECT_FALSE(plain_token("{\"token\":\"" + std::string(token_bytes_max + 1, 'a') + "\"}"));
}

TEST(PlainToken, IsWhatStandsBetweenTheQuotes) {
  for (const std::string body : {R"({"token":"a.b-c_d"})", R"( { "token" : "a.b-c_d" } )",
                                 "\r\n\t{\n\"token\"\t:\r\"a.b-c_d\"\n}\n"})
    EXPECT_EQ(plain_token(body), "a.b-c_d") << body;
  EXPECT_EQ(plain_token(R"({"token":"} {:,'"})"), "} {:,'");
  const std::string longest(token_bytes_max, 'a');
  EXPECT_EQ(plain_token("{\"token\":\"" + longest + "\"}"), longest);
}

// None of these verifies as a token, so the reader has the last word on each.
TEST(PlainToken, HasNotBeenLookedAt) {
  EXPECT_EQ(plain_token(R"({"token":"a\u0062"})"), R"(a\u0062)");
  EXPECT_EQ(plain_token(R"({"token":"a\"})"), R"(a\)");
  EXPECT_EQ(plain_token("{\"token\":\"a\tb\xff\"}"), "a\tb\xff");
}

// -- session_named, device_words ------------------------------------------------------------

user_id user_of(std::uint8_t last) {
  user_id id;
  id.bytes[15] = last;
  return id;
}

TEST(SessionName, IsTheUuidItself) {
  const std::string id = "0191d2a4-5c6d-7e8f-9a0b-1c2d3e4f5a6b";
  EXPECT_EQ(to_string(session_named(user_of(1), id)), id);
  EXPECT_EQ(session_named(user_of(1), id), session_named(user_of(2), id));
}

TEST(SessionName, IsMadeOfUserAndText) {
  const auto id = session_named(user_of(1), "session-uuid");
  EXPECT_EQ(id, session_named(user_of(1), "session-uuid"));
  EXPECT_NE(id, session_named(user_of(2), "session-uuid"));
  EXPECT_NE(id, session_named(user_of(1), "session-uuic"));
  EXPECT_NE(id, session_named(user_of(1), "session-uuid "));
  EXPECT_EQ(id.bytes[6] >> 4U, 8); // RFC 9562, 5.8: version
  EXPECT_EQ(id.bytes[8] >> 6U, 2); // and variant
  EXPECT_FALSE(session_named(user_of(1), "").is_nil());
}

TEST(DeviceWords, AreEmptyWhereThereAreNone) {
  for (const char* given : {"{}", "[]", "null", "1", "{", "", R"({"browser":null})",
                            R"({"browser":["chrome"],"os":{"name":"x"},"mobile":true})",
                            R"({"browser":""})", R"({"browser":"\u0001\n"})"})
    EXPECT_EQ(device_words(given), "") << given;
}

TEST(DeviceWords, AreTheTypeTheBrowserAndTheRest) {
  EXPECT_EQ(device_words(R"({"device_type":"mobile","browser":"chrome"})"), "mobile, chrome");
  EXPECT_EQ(device_words(R"({"os":"Android","browser":"chrome","app":7,"device_type":"mobile"})"),
            "mobile, chrome, 7, Android");
  EXPECT_EQ(device_words(R"({"browser":"a\r\nb"})"), "ab");
  EXPECT_EQ(device_words(R"({"version":1.10,"serial":1e400,"browser":"chrome"})"),
            "chrome, 1e400, 1.10")
      << "numbers stay as they were written";
}

TEST(DeviceWords, AreCutBetweenCharacters) {
  std::string wide;
  for (int i = 0; i < 200; ++i)
    wide += "\xc3\xa9";
  const auto words = device_words(R"({"device_type":")" + wide + R"(","browser":"x"})");
  EXPECT_EQ(words.size(), device_bytes_max - 1); // an odd bound cuts one in two
  EXPECT_TRUE(is_valid_utf8(words));
}

// -- parse_user -----------------------------------------------------------

TEST(UserInBody, IsNoOtherText) {
  for (const char* text :
       {"", "0", "-1", "+1", "01", " 1", "1 ", "1.0", "1e3", "0x1", "me", "9007199254740992",
        "99999999999999999999", "00000000-0000-0000-0000-000000000000",
        "0191d2a45c6d7e8f9a0b1c2d3e4f5a6b"})
    EXPECT_FALSE(parse_user(text)) << text;
}

TEST(UserInBody, IsANumberOrAUuid) {
  EXPECT_EQ(parse_user("123"), named_user{std::int64_t{123}});
  EXPECT_EQ(parse_user("9007199254740991"), named_user{user_number_max});
  const auto id = parse_user("0191D2A4-5C6D-7E8F-9A0B-1C2D3E4F5A6B");
  ASSERT_TRUE(id && std::holds_alternative<user_id>(*id));
  EXPECT_EQ(to_string(std::get<user_id>(*id)), "0191d2a4-5c6d-7e8f-9a0b-1c2d3e4f5a6b");
}

} // namespace
} // namespace latchkey::gateway::integration

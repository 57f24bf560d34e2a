#include "protocol/webauthn/client_data.hpp"

#include <gtest/gtest.h>

namespace latchkey::webauthn {
namespace {

constexpr std::string_view good_client_data =
    R"({"type":"webauthn.get","challenge":"AAAA","origin":"https://example.org")";

/// Whether it is with `more` behind the good members.
bool is_client_data(std::string_view more) {
  return parse_client_data(std::string{good_client_data} + std::string{more}).has_value();
}

TEST(WebauthnClientData, WhatIsNoJsonObjectOfItsMembersIsRefused) {
  for (const char* json :
       {"", "null", "[]", "\"\"", "{}", "{", R"({"type":"webauthn.get"})",
        R"({"type":"webauthn.get","challenge":"AAAA"})",
        R"({"challenge":"AAAA","origin":"https://example.org"})",
        R"({"type":1,"challenge":"AAAA","origin":"https://example.org"})",
        R"({"type":"webauthn.get","challenge":null,"origin":"https://example.org"})",
        R"({"type":"webauthn.get","challenge":"AAAA","origin":["https://example.org"]})",
        R"({"Type":"webauthn.get","challenge":"AAAA","origin":"https://example.org"})"})
    EXPECT_FALSE(parse_client_data(json)) << json;
}

TEST(WebauthnClientData, WhatIsNotUtf8OrGoesOnIsRefused) {
  EXPECT_TRUE(is_client_data("}"));
  EXPECT_FALSE(is_client_data(""));
  EXPECT_FALSE(is_client_data("}}"));
  EXPECT_FALSE(is_client_data("} x"));
  EXPECT_FALSE(is_client_data(std::string_view{"}\0", 2}));
  EXPECT_FALSE(is_client_data(",}"));
  EXPECT_FALSE(is_client_data(",\"x\":\"\xFF\"}"));
  EXPECT_FALSE(is_client_data(",\"x\":\"\xC0\x80\"}"));
  EXPECT_FALSE(is_client_data(",\"x\":\"\\ud800\"}"));
  EXPECT_FALSE(is_client_data(",\"x\":\"" + std::string(client_data_bytes_max, 'x') + "\"}"));
}

TEST(WebauthnClientData, ANameThatIsThereTwiceIsRefused) {
  EXPECT_FALSE(is_client_data(R"(,"type":"webauthn.create"})"));
  EXPECT_FALSE(is_client_data(R"(,"origin":"https://example.org"})"));
  EXPECT_FALSE(is_client_data(R"(,"\u006frigin":"https://example.com"})"));
  EXPECT_FALSE(is_client_data(R"(,"x":{"a":1,"a":2}})"));
}

TEST(WebauthnClientData, MembersOfAWrongTypeAreRefused) {
  for (const char* more :
       {R"(,"crossOrigin":"true"})", R"(,"crossOrigin":1})", R"(,"crossOrigin":null})",
        R"(,"topOrigin":true})", R"(,"topOrigin":null})"})
    EXPECT_FALSE(is_client_data(more)) << more;
}

TEST(WebauthnClientData, SaysWhereACeremonyTookPlace) {
  const auto parsed =
      parse_client_data(std::string{"\xEF\xBB\xBF"} + std::string{good_client_data} +
                        R"(,"crossOrigin":true,"topOrigin":"https:\/\/example.com","other":[{}]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, "webauthn.get");
  EXPECT_EQ(parsed->challenge, "AAAA");
  EXPECT_EQ(parsed->origin, "https://example.org");
  EXPECT_TRUE(parsed->is_cross_origin);
  EXPECT_EQ(parsed->top_origin, "https://example.com");
  const auto plain = parse_client_data(std::string{good_client_data} + "}");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->is_cross_origin);
  EXPECT_EQ(plain->top_origin, std::nullopt);
}

} // namespace
} // namespace latchkey::webauthn

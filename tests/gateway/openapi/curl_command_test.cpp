// The command that the plain page shows for an operation.
#include "gateway/openapi/curl_command.hpp"

#include <gtest/gtest.h>

namespace latchkey::openapi {
namespace {

/// A description with these schemes and one shared schema.
json document() {
  return json::parse(R"({"components":{
    "schemas":{"Id":{"type":"string","examples":["a b/c"]}},
    "headers":{},
    "securitySchemes":{
      "bearerAuth":{"type":"http","scheme":"bearer"},
      "apiKeyAuth":{"type":"apiKey","in":"header","name":"X-API-Key"},
      "refreshCookie":{"type":"apiKey","in":"cookie","name":"refresh_token"}}}})");
}

std::string command_of(const char* operation, const std::string& verb = "get",
                       const std::string& path = "/p") {
  return curl_command(document(), path, verb, json::parse(operation));
}

TEST(CurlCommand, NamesMethodAndPath) {
  EXPECT_EQ(command_of(R"({"security":[],"responses":{}})"), "curl -i '{{origin}}/p'");
  EXPECT_EQ(command_of(R"({"security":[],"responses":{}})", "delete"),
            "curl -i -X DELETE '{{origin}}/p'");
}

TEST(CurlCommand, HasAValueForEachParameterThatIsRequired) {
  EXPECT_EQ(command_of(R"({"responses":{},"parameters":[
      {"name":"id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/Id"}},
      {"name":"kind","in":"query","required":true,"schema":{"enum":["x&y","z"]}},
      {"name":"count","in":"query","required":true,"schema":{"type":["integer","null"]}},
      {"name":"page","in":"query","schema":{"type":"integer"}},
      {"name":"X-Sign","in":"header","required":true,"example":"it's"}]})",
                       "get", "/p/{id}/q"),
            "curl -i '{{origin}}/p/a%20b%2Fc/q?kind=x%26y&count=1' \\\n"
            "  -H 'X-Sign: it'\\''s'");
}

TEST(CurlCommand, TakesCredentialsFromTheShell) {
  EXPECT_EQ(command_of(R"({"security":[{"bearerAuth":[]},{"apiKeyAuth":[]}],"responses":{}})"),
            "curl -i '{{origin}}/p' \\\n  -H \"Authorization: Bearer $ACCESS_TOKEN\"");
  EXPECT_EQ(command_of(R"({"security":[{"apiKeyAuth":[]}],"responses":{}})"),
            "curl -i '{{origin}}/p' \\\n  -H \"X-API-Key: $API_KEY\"");
  EXPECT_EQ(command_of(R"({"security":[{},{"apiKeyAuth":[]}],"responses":{}})"),
            "curl -i '{{origin}}/p'");
  EXPECT_EQ(command_of(R"({"security":[{"refreshCookie":[]}],
                           "responses":{"200":{"headers":{"Set-Cookie":{}}}}})"),
            "curl -i '{{origin}}/p' \\\n  -b latchkey-cookies.txt \\\n  -c latchkey-cookies.txt");
}

TEST(CurlCommand, SendsTheFirstExample) {
  EXPECT_EQ(command_of(R"({"security":[],"responses":{},"requestBody":{"required":true,"content":
      {"application/json":{"examples":{"one":{"value":{"a":"it's"}},"two":{"value":2}}}}}})",
                       "post"),
            "curl -i -X POST '{{origin}}/p' \\\n"
            "  -H 'Content-Type: application/json' \\\n"
            "  -d '{\"a\":\"it'\\''s\"}'");
  EXPECT_EQ(command_of(R"({"security":[],"responses":{},"requestBody":{"required":false,"content":
      {"application/json":{}}}})",
                       "put"),
            "curl -i -X PUT '{{origin}}/p'");
}

TEST(CurlCommand, GoesToWhereTheOperationIs) {
  EXPECT_EQ(command_of(R"({"servers":[{"url":"http://10.0.0.2:9090"}],"responses":{}})"),
            "curl -i 'http://10.0.0.2:9090/p'");
}

TEST(CurlCommand, KeepsPicturesFromTheTerminalAndSocketsFromStaying) {
  EXPECT_EQ(command_of(R"({"responses":{"200":{"content":{"image/png":{}}}}})"),
            "curl -D - -o picture '{{origin}}/p'");
  const auto upgrade = command_of(R"({"responses":{"101":{}}})");
  EXPECT_TRUE(upgrade.starts_with("curl -i --http1.1 --max-time 2 '{{origin}}/p'")) << upgrade;
  EXPECT_NE(upgrade.find("-H 'Upgrade: websocket'"), std::string::npos) << upgrade;
}

} // namespace
} // namespace latchkey::openapi

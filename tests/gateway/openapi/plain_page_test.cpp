// The description as a page that needs no viewer.
#include "gateway/openapi/html.hpp"
#include "gateway/openapi/plain_page.hpp"
#include "gateway/openapi/schema_html.hpp"

#include <gtest/gtest.h>

namespace latchkey::openapi {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PlainPage, ShowsAnOperationWithAllThatItsDescriptionHas) {
  const auto page = plain_page(R"({"info":{"version":"1.2.3","description":"First.\n\n**Second**"},
    "tags":[{"name":"One Part","description":"About `it`."}],
    "paths":{"/things/{id}":{"put":{"operationId":"change","tags":["One Part"],"summary":"Change it",
      "description":"Needs <care>.","security":[{"bearerAuth":[]},{}],
      "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","maxLength":9}}],
      "requestBody":{"required":true,"content":{"application/json":{
        "schema":{"$ref":"#/components/schemas/Thing"},"examples":{"red":{"value":{"colour":"red"}}}}}},
      "responses":{"204":{"description":"Changed."},"400":{"$ref":"#/components/responses/E"}}}}},
    "components":{"schemas":{"Thing":{"type":"object","required":["colour"],
        "properties":{"colour":{"enum":["red","blue"],"description":"Of it."}}}},
      "responses":{"E":{"description":"`X` It is wrong."}},
      "examples":{"X":{"summary":"It is wrong","value":{"error":1}}},
      "securitySchemes":{"bearerAuth":{"type":"http","description":"An access token."}}}})");
  ASSERT_TRUE(page) << page.error().reason;
  for (const auto* part :
       {"Version 1.2.3", "<p>First.</p>\n<p><strong>Second</strong></p>",
        "<li><a href=\"#One_Part\">One Part</a></li>", "<h2 id=\"One_Part\">One Part</h2>",
        "id=\"operation-change\"", "<b class=\"put\">put</b> <code>/things/{id}</code>",
        "<p>Needs &lt;care&gt;.</p>", "An access token. or nothing",
        "<code>id</code> <small>path, required</small>", "at most 9 characters",
        "<a href=\"#schema-Thing\">Thing</a>", "<summary>Example <code>red</code></summary>",
        "<code>204</code></th><td><p>Changed.</p>", "<code>X</code> It is wrong.",
        "curl -i -X PUT &#39;{{origin}}/things/example&#39;", "<h3 id=\"schema-Thing\">",
        "<code>colour</code> <small>required</small>",
        "one of <code>&quot;red&quot;</code>, <code>&quot;blue&quot;</code>"})
    EXPECT_TRUE(has(*page, part)) << part << "\n" << *page;
}

TEST(PlainPage, RefusesWhatIsNoDescription) {
  for (const auto* text : {"", "[", "[]", "{}", R"({"info":{}})"})
    EXPECT_FALSE(plain_page(text)) << text;
}

TEST(DescriptionAsHtml, EscapesEverythingButItsOwnMarks) {
  EXPECT_EQ(escaped_html("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(phrase_html("a `b<c` **d&e** f"), "a <code>b&lt;c</code> <strong>d&amp;e</strong> f");
  EXPECT_EQ(phrase_html("2 * 3 and ` alone **"), "2 * 3 and ` alone **");
  EXPECT_EQ(phrase_html(""), "");
  EXPECT_EQ(prose_html("a\n\nb"), "<p>a</p>\n<p>b</p>\n");
}

TEST(SchemaAsHtml, SaysTypesInAFewWords) {
  const auto type_of = [](const char* schema) { return type_html(json::parse(schema)); };
  EXPECT_EQ(type_of("{}"), "anything");
  EXPECT_EQ(type_of("true"), "anything");
  EXPECT_EQ(type_of(R"({"type":"string","format":"uuid"})"), "string (uuid)");
  EXPECT_EQ(type_of(R"({"type":["string","null"]})"), "string or null");
  EXPECT_EQ(type_of(R"({"type":"array","items":{"type":"integer"}})"), "array of integer");
  EXPECT_EQ(type_of(R"({"const":"x"})"), "<code>&quot;x&quot;</code>");
  EXPECT_EQ(type_of(R"({"oneOf":[{"type":"integer"},{"$ref":"#/components/schemas/Id"}]})"),
            "integer or <a href=\"#schema-Id\">Id</a>");
  EXPECT_EQ(
      limits_html(json::parse(R"({"minLength":1,"maxLength":8,"pattern":"^<","default":"a"})")),
      "1 to 8 characters; matches <code>^&lt;</code>; default <code>&quot;a&quot;</code>");
  EXPECT_EQ(limits_html(json::parse(R"({"minimum":1})")), "at least 1");
}

} // namespace
} // namespace latchkey::openapi

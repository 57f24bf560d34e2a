// Fields that are no texts: each way in which one can be wrong, and what is said of it.
#include "gateway/request/input/input.hpp"

#include <gtest/gtest.h>

namespace latchkey::gateway {
namespace {

/// A body must outlive the `input` of it only while it is read.
input json_body(std::string_view body) {
  http::request in;
  in.content_type = "application/json";
  in.body = body;
  return input::of(in);
}

input query(std::string_view text) {
  http::request in;
  in.query = text;
  return input::of_query(in);
}

/// "field: reason"; empty when there is no problem.
std::string first_problem(input& body) {
  const auto read = body.done();
  return read ? std::string{} : read.error().field + ": " + read.error().reason;
}

/// The problem after `read` has read.
template <class Read>
std::string problem(input body, Read read) {
  read(body);
  return first_problem(body);
}

TEST(InputNumber, KeepsItsDigitsHoweverLargeItIs) {
  for (const std::string number : {"1e400", "-1E+999", "0.10", "-0", "1e-400",
                                   "123456789012345678901234567890", "-9223372036854775809"}) {
    auto body = json_body(R"({"a":)" + number + R"(,"b":{"c":[)" + number + "]}}");
    EXPECT_EQ(body.optional_number("a", 100), number);
    EXPECT_EQ(body.object_text("b", 100), R"({"c":[)" + number + "]}");
    EXPECT_EQ(first_problem(body), "");
    EXPECT_EQ(problem(json_body(R"({"a":)" + number + "}"),
                      [](input& in) { in.optional_integer("a", 1, 9); }),
              "a: must be an integer from 1 to 9");
  }
}

TEST(InputObject, IsWrittenAnewInOneWay) {
  auto body = json_body(R"({"a" : { "\u0062" : [ "\u00e9\/" , { } , true ] } })");
  EXPECT_EQ(body.object_text("a", 100), "{\"b\":[\"\xc3\xa9/\",{},true]}");
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputFlag, IsTrueOrFalseAndNothingElse) {
  const auto flag = [](input& body) { body.flag("a"); };
  EXPECT_EQ(problem(json_body("{}"), flag), "a: is required");
  EXPECT_EQ(problem(json_body(R"({"a":null})"), flag), "a: must not be null");
  for (const auto* other : {R"({"a":"true"})", R"({"a":1})", R"({"a":0})", R"({"a":[]})"})
    EXPECT_EQ(problem(json_body(other), flag), "a: must be true or false") << other;
  auto body = json_body(R"({"a":true,"b":false,"c":null})");
  EXPECT_TRUE(body.flag("a"));
  EXPECT_EQ(body.optional_flag("b"), false);
  EXPECT_EQ(body.optional_flag("c"), std::nullopt);
  EXPECT_TRUE(body.has("c"));
  EXPECT_EQ(body.optional_flag("d"), std::nullopt);
  EXPECT_FALSE(body.has("d"));
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputInteger, IsAWholeNumberWithinItsRange) {
  const auto integer = [](input& body) { body.optional_integer("a", 1, 9); };
  EXPECT_EQ(problem(json_body("{}"), integer), "");
  for (const auto* wrong :
       {R"({"a":0})", R"({"a":10})", R"({"a":-1})", R"({"a":1.0})", R"({"a":1e0})", R"({"a":"1"})",
        R"({"a":true})", R"({"a":99999999999999999999})", R"({"a":18446744073709551615})"})
    EXPECT_EQ(problem(json_body(wrong), integer), "a: must be an integer from 1 to 9") << wrong;
  auto body = json_body(R"({"a":-9223372036854775808,"b":9223372036854775807})");
  EXPECT_EQ(body.optional_integer("a", INT64_MIN, 0), INT64_MIN);
  EXPECT_EQ(body.optional_integer("b", 0, INT64_MAX), INT64_MAX);
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputTime, IsRfc3339) {
  const auto time = [](input& body) { body.optional_time("a"); };
  EXPECT_EQ(problem(json_body("{}"), time), "");
  for (const auto* wrong : {R"({"a":"tomorrow"})", R"({"a":1234567890})", R"({"a":"2026-01-02"})",
                            R"({"a":"1969-12-31T23:59:59Z"})", R"({"a":""})"})
    EXPECT_EQ(problem(json_body(wrong), time), "a: must be a time such as 2026-01-02T03:04:05Z")
        << wrong;
  auto body = json_body(R"({"a":"2026-01-02T05:04:05+02:00","b":null})");
  EXPECT_EQ(body.optional_time("a"), *parse_time("2026-01-02T03:04:05Z"));
  EXPECT_EQ(body.optional_time("b"), std::nullopt);
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputTexts, AreAListOfBoundedStrings) {
  const auto texts = [](input& body) { body.texts("a", 2, 3); };
  EXPECT_EQ(problem(json_body("{}"), texts), "a: is required");
  for (const auto* wrong : {R"({"a":"x"})", R"({"a":[1]})", R"({"a":["x",null]})",
                            R"({"a":["x",["y"]]})", R"({"a":[{"x":"y"}]})", R"({"a":{}})"})
    EXPECT_EQ(problem(json_body(wrong), texts), "a: must be a list of strings") << wrong;
  EXPECT_EQ(problem(json_body(R"({"a":["x","y","z"]})"), texts), "a: must have at most 2 items");
  for (const auto* wrong : {R"({"a":["long"]})", R"({"a":["x",""]})"})
    EXPECT_EQ(problem(json_body(wrong), texts), "a: must have items of 1 to 3 bytes") << wrong;
  auto body = json_body(R"({"a":["x","y"],"b":[],"c":null})");
  EXPECT_EQ(body.texts("a", 2, 3), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(body.optional_texts("b", 2, 3), std::vector<std::string>{});
  EXPECT_EQ(body.optional_texts("c", 2, 3), std::nullopt);
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputObject, ComesOutAsItWasWithoutWhiteSpace) {
  const auto object = [](input& body) { body.object_text("a", 64); };
  for (const auto* wrong : {R"({"a":"{}"})", R"({"a":[]})", R"({"a":1})", R"({"a":true})"})
    EXPECT_EQ(problem(json_body(wrong), object), "a: must be an object") << wrong;
  for (const auto* wrong : {R"({"a":{"x":1,"x":2}})", R"({"a":{"y":{"x":1,"\u0078":2}}})"})
    EXPECT_EQ(problem(json_body(wrong), object), "a: has a name twice") << wrong;
  std::string many = R"({"a":{)";
  for (int i = 0; i < 100; ++i)
    many += "\"n" + std::to_string(i) + "\":0,";
  EXPECT_EQ(problem(json_body(many + R"("n99":1}})"), object), "a: has a name twice");
  EXPECT_EQ(problem(json_body(R"({"a":{"x":")" + std::string(64, 'y') + "\"}}"), object),
            "a: must have at most 64 bytes");
  const std::string deep = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');
  EXPECT_EQ(problem(json_body(R"({"a":{"x":)" + deep + "}}"), object),
            "body: is nested too deeply");

  auto body = json_body(R"({"a": { "x" : [1, -2, 3.50, "t\n", {}, [ ], {"k": null}], "y": true },
                       "b": {}, "c": null})");
  EXPECT_EQ(body.object_text("a", 100), R"({"x":[1,-2,3.50,"t\n",{},[],{"k":null}],"y":true})");
  EXPECT_EQ(body.object_text("b", 100), "{}");
  EXPECT_EQ(body.object_text("c", 100), std::nullopt);
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputId, IsANumberOrAText) {
  const auto id = [](input& body) { body.id_text("a"); };
  EXPECT_EQ(problem(json_body("{}"), id), "a: is required");
  const std::string long_text = R"({"a":")" + std::string(id_text_bytes_max + 1, '1') + "\"}";
  for (const auto& wrong : {std::string{R"({"a":""})"}, std::string{R"({"a":1.5})"},
                            std::string{R"({"a":[1]})"}, std::string{R"({"a":true})"}, long_text})
    EXPECT_EQ(problem(json_body(wrong), id), "a: must be a number or a UUID") << wrong;
  auto body = json_body(R"({"a":123,"b":"123"})");
  EXPECT_EQ(body.id_text("a"), "123");
  EXPECT_EQ(body.optional_id_text("b"), "123");
  EXPECT_EQ(first_problem(body), "");
}

TEST(InputId, ThatMustBeANumberComesInEachFormOfOne) {
  for (const auto* form : {"41", "41.0", "4.1e1", R"("41")"}) {
    auto body = json_body(R"({"a":)" + std::string{form} + "}");
    EXPECT_EQ(body.optional_id_number("a", 1, 41), 41) << form;
    EXPECT_EQ(first_problem(body), "") << form;
  }
  const auto number = [](input& body) { body.optional_id_number("a", 1, 40); };
  for (const auto* wrong : {"0", "41", "41.0", R"("41")", "1.5", "-1", R"("x")", R"("")",
                            R"("1.0")", "true", "[1]", "{}", "99999999999999999999"})
    EXPECT_EQ(problem(json_body(R"({"a":)" + std::string{wrong} + "}"), number),
              "a: must be an integer from 1 to 40")
        << wrong;
  auto none = json_body(R"({"a":null})");
  EXPECT_EQ(none.optional_id_number("a", 1, 40), std::nullopt);
  EXPECT_EQ(none.optional_id_number("b", 1, 40), std::nullopt);
  EXPECT_EQ(first_problem(none), "");
}

TEST(InputValue, ThatMayBeATextOrANumberIsNothingElse) {
  const auto either = [](input& body) { body.needs_text_or_number("a"); };
  for (const auto* good : {"{}", R"({"a":null})", R"({"a":"x"})", R"({"a":7})", R"({"a":7.5})"})
    EXPECT_EQ(problem(json_body(good), either), "") << good;
  for (const auto* wrong : {R"({"a":true})", R"({"a":[]})", R"({"a":{}})"})
    EXPECT_EQ(problem(json_body(wrong), either), "a: must be a string or a number") << wrong;
}

TEST(InputQuery, IsReadAsStrictlyAsABody) {
  const auto page = [](input& body) { body.optional_integer("page", 1, 100); };
  EXPECT_EQ(problem(query("page=0"), page), "page: must be an integer from 1 to 100");
  for (const auto* wrong : {"page=", "page=1.0", "page=+1", "page=1%20", "page=0x1", "page"})
    EXPECT_EQ(problem(query(wrong), page), "page: must be an integer from 1 to 100") << wrong;
  EXPECT_EQ(problem(query("page=1&page=2"), page), "page: is given twice");
  EXPECT_EQ(problem(query("pgae=1"), page), "pgae: is not a parameter of this request");
  EXPECT_EQ(problem(query("page=%zz"), page), "page: is not form-encoded UTF-8");
  EXPECT_EQ(problem(query("%zz=1"), page), "query: has a name that is not form-encoded");
  const auto active = [](input& body) { body.optional_flag("active"); };
  for (const auto* wrong : {"active=1", "active=TRUE", "active="})
    EXPECT_EQ(problem(query(wrong), active), "active: must be true or false") << wrong;
  auto all = query("page=7&active=false");
  EXPECT_EQ(all.optional_integer("page", 1, 100), 7);
  EXPECT_EQ(all.optional_flag("active"), false);
  EXPECT_EQ(first_problem(all), "");
  auto none = query("");
  EXPECT_EQ(none.optional_integer("page", 1, 100), std::nullopt);
  EXPECT_EQ(first_problem(none), "");
}

} // namespace
} // namespace latchkey::gateway

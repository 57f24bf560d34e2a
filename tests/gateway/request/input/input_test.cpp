// The fields of a request's body: each way in which one can be wrong, and what is said of it.
#include "gateway/request/input/input.hpp"

#include <array>
#include <gtest/gtest.h>

namespace latchkey::gateway {
namespace {

http::request with_body(std::string_view type, std::string_view body) {
  http::request in;
  in.content_type = type;
  in.body = body;
  return in;
}

input json(std::string_view body, body_form form = body_form::json) {
  return input::of(with_body("application/json", body), form);
}

input form(std::string_view body) {
  return input::of(with_body("application/x-www-form-urlencoded", body), body_form::json_or_form);
}

/// "field: reason" of the problem; empty when there is none.
std::string problem_of(input& body) {
  const auto read = body.done();
  if (read) return {};
  EXPECT_EQ(read.error().code, error_code::validation_error);
  return read.error().field + ": " + read.error().reason;
}

std::string problem_of(input body, std::string_view field) {
  body.text(field, 1, 10);
  return problem_of(body);
}

TEST(InputBody, IsRefusedInAnotherMediaType) {
  for (const auto* type : {"", "text/plain", "application/jsonx", "application/problem+json",
                           "application/x-www-form-urlencoded", "json"}) {
    auto body = input::of(with_body(type, "{}"));
    const auto read = body.done();
    ASSERT_FALSE(read) << type;
    EXPECT_EQ(read.error().code, error_code::unsupported_media_type) << type;
  }
  for (const auto* type :
       {"application/json", "application/json; charset=utf-8", "APPLICATION/JSON"}) {
    auto body = input::of(with_body(type, "{}"));
    EXPECT_TRUE(body.done()) << type;
  }
}

TEST(InputBody, MayBeEmptyOnlyWhereThatIsSaid) {
  auto empty = input::of(with_body("", ""), body_form::json_or_empty);
  EXPECT_TRUE(empty.done());
  auto not_empty = input::of(with_body("", "{}"), body_form::json_or_empty);
  EXPECT_EQ(not_empty.done().error().code, error_code::unsupported_media_type);
  auto required = json("");
  EXPECT_EQ(problem_of(required), "body: is not valid JSON");
}

TEST(InputBody, ThatIsNotJsonIsRefused) {
  using namespace std::string_view_literals;
  constexpr std::array texts{
      "{"sv,
      "{}x"sv,
      "{\"a\":}"sv,
      "{'a':1}"sv,
      "{\"a\":1,}"sv,
      "{a:1}"sv,
      "{\"a\":NaN}"sv,
      "{} {}"sv,
      "{\"a\":01}"sv,
      "{\"a\":\"\x01\"}"sv,
      "{\"a\":\"\0\"}"sv,
      "{\"a\":\"\\ud800\"}"sv, // a lone surrogate
      "{\"a\":\"\xC3\x28\"}"sv,
      "{\"a\":\"\xC0\xAF\"}"sv, // not UTF-8
  };
  for (const auto text : texts) {
    auto body = json(text);
    EXPECT_EQ(problem_of(body), "body: is not valid JSON") << text;
  }
}

TEST(InputBody, MayBeginWithAByteOrderMarkAndIsRefusedByNameInAnotherEncoding) {
  auto marked = json("\xEF\xBB\xBF{\"a\":\"b\"}");
  EXPECT_EQ(marked.text("a", 1, 10), "b");
  EXPECT_EQ(problem_of(marked), "");
  using namespace std::string_view_literals;
  for (const auto wide : {"\xFF\xFE{\0}\0"sv, "\xFE\xFF\0{\0}"sv, "{\0}\0"sv, "\0{\0}"sv})
    EXPECT_EQ(problem_of(json(wide), "a"), "body: is in UTF-16; send JSON as UTF-8");
  EXPECT_EQ(problem_of(json("{\0\0\0}\0\0\0"sv), "a"), "body: is in UTF-32; send JSON as UTF-8");
}

TEST(InputBody, ThatIsNotAnObjectIsRefused) {
  for (const auto* text : {"[]", "1", "\"a\"", "null", "true", "1.5", "[{\"a\":1}]"}) {
    auto body = json(text);
    EXPECT_EQ(problem_of(body), "body: is not a JSON object") << text;
  }
}

TEST(InputBody, IsNestedOnlySoDeep) {
  const auto nested = [](std::size_t arrays) {
    return "{\"a\":" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
  };
  auto deepest = json(nested(json_depth_max - 1));
  deepest.ignore("a");
  EXPECT_EQ(problem_of(deepest), "");
  auto deeper = json(nested(json_depth_max));
  deeper.ignore("a");
  EXPECT_EQ(problem_of(deeper), "body: is nested too deeply");
  const std::string endless(1'000'000, '[');
  auto never_closed = json("{\"a\":" + endless);
  EXPECT_EQ(problem_of(never_closed), "body: is nested too deeply");
}

TEST(InputBody, HasOnlySoManyFields) {
  const auto with_fields = [](std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i)
      text += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + "\":1";
    return text + "}";
  };
  auto most = json(with_fields(body_fields_max));
  for (std::size_t i = 0; i < body_fields_max; ++i)
    most.ignore("f" + std::to_string(i));
  EXPECT_EQ(problem_of(most), "");
  auto more = json(with_fields(body_fields_max + 1));
  EXPECT_EQ(problem_of(more), "body: has too many fields");
}

TEST(InputBody, NamesAFieldOnce) {
  auto plain = json(R"({"a":"1","a":"2"})");
  EXPECT_EQ(problem_of(plain), "a: is given twice");
  auto escaped = json(R"({"a":"1","\u0061":"2"})");
  EXPECT_EQ(problem_of(escaped), "a: is given twice");
  // Deeper names are nobody's business.
  auto deeper = json(R"({"a":{"b":1,"b":2}})");
  deeper.ignore("a");
  EXPECT_EQ(problem_of(deeper), "");
}

TEST(InputField, ThatNobodyAskedForIsRefused) {
  auto body = json(R"({"a":"1","role":"admin"})");
  EXPECT_EQ(body.text("a", 1, 10), "1");
  EXPECT_EQ(problem_of(body), "role: is not a field of this request");
  auto ignored = json(R"({"a":"1","role":"admin"})");
  ignored.text("a", 1, 10);
  ignored.ignore("role");
  ignored.ignore("absent");
  EXPECT_EQ(problem_of(ignored), "");
}

TEST(InputField, OfAnEndlessNameIsRepeatedOnlySoFar) {
  std::string text(1000, 'x');
  text.insert(0, "{\"").append("\":1}");
  auto body = json(text);
  const auto problem = body.done().error();
  EXPECT_EQ(problem.field, std::string_view{text}.substr(2, field_echo_bytes_max));
  EXPECT_EQ(problem.reason, "is not a field of this request");
}

TEST(InputField, ThatIsRequiredMustBeThere) {
  EXPECT_EQ(problem_of(json("{}"), "a"), "a: is required");
  EXPECT_EQ(problem_of(json(R"({"A":"1"})"), "a"), "a: is required");
}

TEST(InputField, OfAnotherTypeIsRefused) {
  for (const auto* value : {"1", "null", "true", "[]", "{}", "[\"a\"]", "1.5", "-1"})
    EXPECT_EQ(problem_of(json("{\"a\":" + std::string{value} + "}"), "a"), "a: must be a string")
        << value;
}

TEST(InputField, HasALengthInBytes) {
  EXPECT_EQ(problem_of(json(R"({"a":""})"), "a"), "a: must not be empty");
  EXPECT_EQ(problem_of(json(R"({"a":"0123456789"})"), "a"), "");
  EXPECT_EQ(problem_of(json(R"({"a":"01234567890"})"), "a"), "a: must have at most 10 bytes");
  EXPECT_EQ(problem_of(json(R"({"a":"éééééé"})"), "a"), "a: must have at most 10 bytes");
  auto body = json(R"({"a":"12"})");
  body.text("a", 3, 10);
  EXPECT_EQ(problem_of(body), "a: must have at least 3 bytes");
}

TEST(InputField, KeepsItsTextAsItIs) {
  auto body = json(R"({"a":"\u0000 \ud83d\ude00","b":" x "})");
  EXPECT_EQ(body.text("a", 0, 100), std::string("\0 \xF0\x9F\x98\x80", 6));
  EXPECT_EQ(body.hidden("b", 0, 100).reveal(), " x ");
  EXPECT_EQ(problem_of(body), "");
}

TEST(InputField, ThatIsOptionalMayBeAbsentOrNull) {
  auto body = json(R"({"a":null,"b":"","c":"x","d":1})");
  EXPECT_FALSE(body.optional_text("a", 10));
  EXPECT_EQ(body.optional_text("b", 10), "");
  EXPECT_EQ(body.optional_hidden("c", 10)->reveal(), "x");
  EXPECT_FALSE(body.optional_text("e", 10));
  EXPECT_TRUE(body.has("a"));
  EXPECT_FALSE(body.has("e"));
  EXPECT_FALSE(body.optional_text("d", 10));
  EXPECT_EQ(problem_of(body), "d: must be a string");
  auto longer = json(R"({"a":"01234567890"})");
  EXPECT_FALSE(longer.optional_text("a", 10));
  EXPECT_EQ(problem_of(longer), "a: must have at most 10 bytes");
}

TEST(Input, TellsItsFirstProblem) {
  auto body = json(R"({"b":1})");
  body.text("a", 1, 10);
  body.text("b", 1, 10);
  EXPECT_EQ(problem_of(body), "a: is required");
  auto broken = json("{");
  broken.text("a", 1, 10);
  EXPECT_EQ(problem_of(broken), "body: is not valid JSON");
}

TEST(InputForm, ReadsPairs) {
  auto body = form("username=a%40b&password=p%2Bw+x&scope=&=");
  EXPECT_EQ(body.text("username", 1, 10), "a@b");
  EXPECT_EQ(body.hidden("password", 1, 10).reveal(), "p+w x");
  body.ignore("scope");
  body.ignore("");
  EXPECT_EQ(problem_of(body), "");
  auto empty = form("&&");
  EXPECT_EQ(problem_of(empty), "");
}

TEST(InputForm, RefusesWhatIsNotOne) {
  const auto problem_with = [](std::string_view text) {
    auto body = form(text);
    body.ignore("a");
    return problem_of(body);
  };
  EXPECT_EQ(problem_with("a=%zz"), "a: is not form-encoded UTF-8");
  EXPECT_EQ(problem_with("a=%f"), "a: is not form-encoded UTF-8");
  EXPECT_EQ(problem_with("a=%ff"), "a: is not form-encoded UTF-8");
  EXPECT_EQ(problem_with("%zz=1"), "body: has a name that is not form-encoded");
  EXPECT_EQ(problem_with("a=1&a=2"), "a: is given twice");
  EXPECT_EQ(problem_with("a=1&%61=2"), "a: is given twice");
  EXPECT_EQ(problem_with("a=1&role=admin"), "role: is not a field of this request");
  std::string many = "a=1";
  for (std::size_t i = 0; i < body_fields_max; ++i)
    many += "&f" + std::to_string(i) + "=1";
  EXPECT_EQ(problem_with(many), "body: has too many fields");
}

} // namespace
} // namespace latchkey::gateway

// register_input_test.cpp — bodies that are no registration: told which field and why, never
// a 500, and nothing is changed.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class RegisterInput : public Product {
protected:
  http_reply ask(const std::string& body) const { return call(post_json("/auth/register", body)); }
  long users() const { return on().store.count("SELECT count(*) FROM users"); }
  /// A good registration with one field set to something else.
  static std::string with(const std::string& field, const json& value) {
    auto body = registration(new_name());
    body[field] = value;
    return body.dump();
  }
  static std::string without(const std::string& field) {
    auto body = registration(new_name());
    body.erase(field);
    return body.dump();
  }
  /// A good registration with more text before its closing brace.
  static std::string and_then(const std::string& text) {
    auto body = registration(new_name()).dump();
    body.pop_back();
    return body + text + "}";
  }
};
LATCHKEY_ON_BOTH_ENGINES(RegisterInput);

// "Auth Service API Documentation", Error Response Format
TEST_P(RegisterInput, IsRefusedInThePrintedFormat) {
  const auto reply = ask(R"({"username":"","email":"a@example.com","password":"x"})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), keys{"error"}) << reply.body;
  const auto& error = body["error"];
  EXPECT_EQ(keys_of(error), (keys{"code", "message", "details", "timestamp", "request_id"}));
  EXPECT_EQ(error["code"], "VALIDATION_ERROR");
  EXPECT_EQ(error["message"], "Invalid input parameters");
  EXPECT_EQ(error["details"], (json{{"field", "username"}, {"reason", "must not be empty"}}));
  EXPECT_TRUE(is_time(error["timestamp"])) << error;
  EXPECT_TRUE(error["request_id"].get<std::string>().starts_with("req_")) << error;
}

struct refused_registration {
  std::string body;
  std::string field;
  std::string reason;
};

TEST_P(RegisterInput, NamesTheFieldThatIsMissingOrOfTheWrongKind) {
  std::vector<refused_registration> cases;
  for (const auto* field : {"username", "email", "password"}) {
    cases.push_back({without(field), field, "is required"});
    cases.push_back({with(field, nullptr), field, "must be a string"});
    cases.push_back({with(field, 5), field, "must be a string"});
    cases.push_back({with(field, true), field, "must be a string"});
    cases.push_back({with(field, json::array({"a@example.com"})), field, "must be a string"});
    cases.push_back({with(field, json::object()), field, "must be a string"});
  }
  for (const auto* field : {"first_name", "last_name"}) {
    cases.push_back({with(field, 1.5), field, "must be a string"});
    cases.push_back({with(field, json::array()), field, "must be a string"});
    cases.push_back({with(field, std::string(101, 'x')), field, "at most 100 characters"});
    cases.push_back(
        {with(field, std::string("a\0b", 3)), field, "control or invisible characters"});
    cases.push_back({with(field, "a\r\nb"), field, "control or invisible characters"});
  }
  const auto before = users();
  for (const auto& example : cases)
    EXPECT_TRUE(is_error(ask(example.body), 400, "VALIDATION_ERROR", example.field, example.reason))
        << example.body;
  EXPECT_EQ(users(), before);
}

TEST_P(RegisterInput, TakesNoFieldThatIsNotItsOwn) {
  const auto before = users();
  for (const auto* field : {"role", "is_superuser", "is_admin", "is_active", "id", "user_id",
                            "email_verified", "Username", ""})
    EXPECT_TRUE(is_error(ask(with(field, true)), 400, "VALIDATION_ERROR", field,
                         "is not a field of this request"))
        << field;
  EXPECT_EQ(users(), before);
}

TEST_P(RegisterInput, TakesNoNameThatIsNotOne) {
  const std::string long_label(64, 'x');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"username", ""},
      {"username", "   "},
      {"username", "\u3000"},
      {"username", std::string(65, 'x')},
      {"username", std::string(2000, 'x')},
      {"username", std::string("a\0b", 3)},
      {"username", "a\nb"},
      {"username", "zero\u200Bwidth"},
      {"username", "some@one"},
      {"username", "some\uFF20one"},
      {"email", ""},
      {"email", "nobody"},
      {"email", "@example.com"},
      {"email", "a@"},
      {"email", "a@b@example.com"},
      {"email", "a@example.com,b@example.com"},
      {"email", "a@example.com\r\nBcc: b@example.com"},
      {"email", "A <a@example.com>"},
      {"email", "a@" + long_label + ".com"},
      {"email", std::string(65, 'x') + "@example.com"},
      {"email", "a@" + std::string(255, 'x') + ".com"},
      {"password", std::string(4097, 'x')},
  };
  const auto before = users();
  for (const auto& [field, value] : cases)
    EXPECT_TRUE(is_error(ask(with(field, value)), 400, "VALIDATION_ERROR", field)) << value;
  EXPECT_EQ(users(), before);
}

TEST_P(RegisterInput, TakesNoFieldTwice) {
  const auto before = users();
  for (const auto* field : {"username", "email", "password", "first_name"})
    EXPECT_TRUE(is_error(
        ask(and_then(R"(,"first_name":"a",")" + std::string{field} + R"(":"another@example.com")")),
        400, "VALIDATION_ERROR", field, "given twice"))
        << field;
  EXPECT_EQ(users(), before);
}

TEST_P(RegisterInput, TakesNoBodyThatIsNotAJsonObject) {
  const auto good = registration(new_name()).dump();
  std::string many_fields;
  for (int i = 0; i < 100; ++i)
    many_fields += ",\"f" + std::to_string(i) + "\":null";
  const std::string deep(100'000, '[');
  std::string deep_objects;
  for (int i = 0; i < 10'000; ++i)
    deep_objects += "{\"a\":";
  const std::vector<std::string> cases = {
      "",
      " ",
      "null",
      "5",
      "\"text\"",
      "[]",
      "[" + good + "]",
      good + good,
      good + " x",
      good.substr(0, good.size() - 1),
      "{\"username\":",
      "{username:\"a\"}",
      "{\"username\":'a'}",
      "// " + good,
      std::string("\0", 1) + good,
      and_then(","),
      and_then(",\"first_name\":" + deep),
      and_then(",\"first_name\":" + deep_objects),
      and_then(",\"first_name\":\"\xC3\x28\""),
      and_then(",\"first_name\":\"\xED\xA0\x80\""),     // a surrogate in UTF-8
      and_then(",\"first_name\":\"\xF4\x90\x80\x80\""), // past the last code point
      and_then(",\"first_name\":\"\xC0\xAF\""),         // overlong
      and_then(",\"\xFF\":1"),
      and_then(R"(,"first_name":"\ud800")"),
      and_then(R"(,"first_name":"\udc00\ud800")"),
      and_then(R"(,"first_name":"\x41")"),
      and_then(",\"first_name\":\"line\nbreak\""),
      and_then(many_fields),
  };
  const auto before = users();
  for (const auto& body : cases) {
    const auto reply = ask(body);
    EXPECT_TRUE(is_error(reply, 400, "VALIDATION_ERROR")) << body.substr(0, 200);
    const auto details = json_of(reply)["error"]["details"];
    EXPECT_EQ(keys_of(details), (keys{"field", "reason"})) << body.substr(0, 200);
  }
  EXPECT_EQ(users(), before);
}

TEST_P(RegisterInput, TakesNoNumberHoweverLarge) {
  const auto before = users();
  for (const std::string number : {"1e999999", "-1e999999", "18446744073709551616", "1e-999999",
                                   "-0", "0.00000000000000000000000000000000001"}) {
    const auto reply =
        ask(R"({"username":)" + number + R"(,"email":"a@b.example","password":"x"})");
    EXPECT_EQ(reply.status, 400) << number << reply.body;
    EXPECT_TRUE(is_error(reply, 400, "VALIDATION_ERROR")) << number;
  }
  const auto digits = std::string(100'000, '9');
  EXPECT_TRUE(is_error(ask(and_then(",\"first_name\":" + digits)), 400, "VALIDATION_ERROR"));
  EXPECT_EQ(users(), before);
}

TEST_P(RegisterInput, IsJsonAndSaysSo) {
  const auto before = users();
  const auto body = registration(new_name()).dump();
  for (const auto* type : {"text/plain", "application/x-www-form-urlencoded", "application/xml",
                           "multipart/form-data; boundary=x", "application/jsonp", "json", ""}) {
    const http_call asked{"POST", "/auth/register", {{"Content-Type", type}}, body};
    EXPECT_TRUE(is_error(call(asked), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type")) << type;
  }
  const http_call untyped{"POST", "/auth/register", {}, body};
  EXPECT_TRUE(is_error(call(untyped), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type"));
  EXPECT_EQ(users(), before);
  for (const auto* type : {"application/json; charset=utf-8", "Application/JSON"}) {
    const http_call asked{
        "POST", "/auth/register", {{"Content-Type", type}}, registration(new_name()).dump()};
    EXPECT_EQ(call(asked).status, 201) << type;
  }
}

} // namespace
} // namespace latchkey::test

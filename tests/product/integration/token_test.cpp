// POST /api/auth/validate-token, and who may ask anything at all.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

using IntegrationCaller = Integration;
using ValidateToken = Integration;
LATCHKEY_ON_BOTH_ENGINES(IntegrationCaller);
LATCHKEY_ON_BOTH_ENGINES(ValidateToken);

const std::vector<std::string>& endpoints() {
  static const std::vector<std::string> all{"/api/auth/validate-token", "/api/auth/sync-session",
                                            "/api/auth/sync-user",
                                            "/api/auth/revoke-user-sessions"};
  return all;
}

// "Service Integration API Documentation", Invalid Service Key (403)
TEST_P(IntegrationCaller, IsRefusedWithoutAServiceKey) {
  const auto held = on().sign_in_new_user();
  const json body{{"token", held.access}};
  for (const auto& path : endpoints())
    EXPECT_TRUE(is_flat(call(post_json(path, body.dump())), 403, "Invalid service key")) << path;
}

TEST_P(IntegrationCaller, IsRefusedWithAWrongServiceKey) {
  const std::string right = service_key;
  for (const auto& path : endpoints())
    for (const auto& key : {right + "x", right.substr(1), std::string{"x"}, std::string(5000, 'k'),
                            std::string{"' OR 1=1 --"}}) {
      const auto in_header = service_call(path, json::object(), key);
      EXPECT_TRUE(is_flat(call(in_header), 403, "Invalid service key")) << path << key;
      const auto as_bearer = post_json(path, "{}").as(key);
      EXPECT_TRUE(is_flat(call(as_bearer), 403, "Invalid service key")) << path << key;
    }
}

TEST_P(IntegrationCaller, IsRefusedWithAUsersToken) {
  const auto held = on().sign_in_new_user();
  const auto reply = call(
      post_json("/api/auth/validate-token", json{{"token", held.access}}.dump()).as(held.access));
  EXPECT_TRUE(is_flat(reply, 403, "Invalid service key"));
}

TEST_P(IntegrationCaller, IsRefusedWithTwoKeysThatDiffer) {
  const auto held = on().sign_in_new_user();
  const json body{{"token", held.access}};
  const auto two = service_call(endpoints()[0], body).as(other_service_key);
  EXPECT_TRUE(is_flat(call(two), 403, "Invalid service key"));
  const auto same = service_call(endpoints()[0], body).as(service_key);
  EXPECT_EQ(call(same).status, 200);
}

// "Flask Service Integration Documentation", Error Handling: every error has the three keys.
TEST_P(IntegrationCaller, GetsTheEdgesErrorsFlat) {
  EXPECT_TRUE(is_flat(call(service_call("/api/auth/nothing", json::object())), 404, "Not found"));
  const auto path = endpoints()[0];
  EXPECT_TRUE(
      is_flat(call(get(path).with("X-Service-Key", service_key)), 405, "Method not allowed"));
  const auto form = post_form(path, "token=x").with("X-Service-Key", service_key);
  EXPECT_TRUE(is_flat(call(form), 415, "Unsupported media type"));
  const json large{{"token", std::string(2 * 1024 * 1024, 'a')}};
  EXPECT_TRUE(is_flat(call(service_call(path, large)), 413, "Payload too large"));
}

TEST_P(IntegrationCaller, IsServedOnTheInternalListenerToo) {
  const auto held = on().sign_in_new_user();
  const json body{{"token", held.access}};
  EXPECT_EQ(on().call_internal(service_call(endpoints()[0], body)).status, 200);
  for (const auto& path : endpoints())
    EXPECT_TRUE(is_flat(on().call_internal(post_json(path, "{}")), 403, "Invalid service key"));
}

// "Service Integration API Documentation", Validate Token, Response Error (401)
TEST_P(ValidateToken, RefusesWhatIsNoToken) {
  const auto held = on().sign_in_new_user();
  auto altered = held.access;
  altered[altered.size() - 5] = altered[altered.size() - 5] == 'A' ? 'B' : 'A';
  const std::vector<std::string> wrong{
      "jwt-token-string", altered,           held.refresh, held.access + ".",
      held.access + "=",  held.access + " ", "....",       std::string(4000, '.'),
      "\u00e9\u00e9",     "a\"b\\c",         service_key};
  for (const auto& token : wrong)
    EXPECT_TRUE(is_flat(ask("validate-token", {{"token", token}}), 401, "Invalid token")) << token;
  EXPECT_TRUE(holds(held.access));
}

// "Service Integration API Documentation", Validate Token, Response Success (200)
TEST_P(ValidateToken, AnswersAsPrinted) {
  const auto name = new_name();
  const auto added = call(post_json("/auth/register", registration(name).dump()));
  const auto held = on().sign_in(name);
  const auto reply = ask("validate-token", {{"token", held.access}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"user_id", "exp", "iat", "type"}));
  EXPECT_EQ(body["user_id"], json_of(added)["id"]);
  EXPECT_EQ(body["type"], "access");
  EXPECT_EQ(body["exp"].get<long>() - body["iat"].get<long>(), 3600);
  // The second time it is remembered.
  EXPECT_EQ(facts_of(held.access), body);
}

// "Flask Service Integration Documentation", Token Validation
TEST_P(ValidateToken, TakesTheKeyAsABearerToken) {
  const auto held = on().sign_in_new_user();
  const auto reply = call(
      post_json("/api/auth/validate-token", json{{"token", held.access}}.dump()).as(service_key));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json_of(reply), facts_of(held.access));
}

TEST_P(ValidateToken, RefusesATokenWhoseSessionHasEnded) {
  const auto held = on().sign_in_new_user();
  EXPECT_TRUE(holds(held.access));
  EXPECT_EQ(call(post("/auth/logout").as(held.access)).status, 200);
  EXPECT_TRUE(is_flat(ask("validate-token", {{"token", held.access}}), 401, "Invalid token"));
}

TEST_P(ValidateToken, ReadsATokenHoweverItIsWritten) {
  const auto held = on().sign_in_new_user();
  std::string escaped;
  for (const char c : held.access)
    escaped += c == '.' ? std::string{"\\u002e"} : std::string(1, c);
  const auto quoted = "\"" + held.access + "\"";
  for (const auto& body : {"{\"token\":" + quoted + "}", " {\r\n\t\"token\" : " + quoted + " } \n",
                           "{\"token\":\"" + escaped + "\"}", "{\"\\u0074oken\":" + quoted + "}"})
    EXPECT_EQ(call(service_call("/api/auth/validate-token", body)).status, 200) << body;
}

TEST_P(ValidateToken, NamesWhatIsWrongWithTheBody) {
  const auto held = on().sign_in_new_user();
  const auto quoted = "\"" + held.access + "\"";
  struct {
    std::string body, field, reason;
  } const wrong[] = {
      {"", "body", "not valid JSON"},
      {"{", "body", "not valid JSON"},
      {"[]", "body", "not a JSON object"},
      {quoted, "body", "not a JSON object"},
      {"{}", "token", "required"},
      {"{\"token\":null}", "token", "string"},
      {"{\"token\":1}", "token", "string"},
      {"{\"token\":[" + quoted + "]}", "token", "string"},
      {"{\"token\":\"\"}", "token", "empty"},
      {"{\"token\":\"" + std::string(9000, 'a') + "\"}", "token", "at most"},
      {"{\"token\":" + quoted + ",\"more\":1}", "more", "not a field"},
      {"{\"token\":" + quoted + ",\"token\":" + quoted + "}", "token", "twice"},
      {"{\"token\":" + quoted + "} x", "body", "not valid JSON"},
      {"{\"token\":" + quoted + "}}", "body", "not valid JSON"},
      {"{\"token\":\"\xff\"}", "body", "not valid JSON"},
      {"{\"token\":\"a\nb\"}", "body", "not valid JSON"},
  };
  for (const auto& example : wrong) {
    const auto reply = call(service_call("/api/auth/validate-token", example.body));
    EXPECT_TRUE(is_flat(reply, 400, "Bad request", example.field, example.reason)) << example.body;
  }
}

} // namespace
} // namespace latchkey::test

// service_token_test.cpp — "API Reference", Inter-Service Token Validation.
#include "tests/product/product.hpp"

namespace latchkey::test {
namespace {

class ServiceToken : public Product {
protected:
  /// Adds a service with these scopes to the store, past the server, and waits until it is known.
  std::string add_service(const std::vector<std::string>& scopes) const {
    const auto id = new_name();
    std::vector<std::string> words{"service-key", "create", id};
    for (const auto& scope : scopes)
      words.insert(words.end(), {"--scope", scope});
    const auto made = run_latchkey(words, on().settings, on().store.folder());
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_TRUE(eventually([&] { return issue(id, {}).status == 200; }));
    return id;
  }
  http_reply issue(const std::string& id, const json& scopes, const json& ttl_s = 3600) const {
    const json body{{"service_id", id},
                    {"scopes", scopes.is_null() ? json::array() : scopes},
                    {"expires_in", ttl_s}};
    return call(post_json("/service/token", body.dump()).as(on().admin()));
  }
  http_reply validate(const std::string& token, const std::string& service) const {
    const json body{{"token", token}, {"service_id", service}};
    return call(post_json("/service/validate-token", body.dump()));
  }
};
LATCHKEY_ON_BOTH_ENGINES(ServiceToken);

// "API Reference", Generate Service Token
TEST_P(ServiceToken, IsIssuedAsDocumented) {
  const auto id = add_service({"read:users", "read:logs"});
  const auto reply = issue(id, {"read:users", "read:logs"});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"access_token", "token_type", "expires_in", "service_id"}));
  EXPECT_EQ(body["token_type"], "bearer");
  EXPECT_EQ(body["expires_in"], 3600);
  EXPECT_EQ(body["service_id"], id);
  const auto valid = json_of(validate(body["access_token"], id));
  EXPECT_EQ(valid["valid"], true);
  EXPECT_EQ(valid["user_id"], nullptr);
  EXPECT_EQ(valid["service_id"], id);
  EXPECT_EQ(valid["scopes"], (json{"read:logs", "read:users"}));
}

TEST_P(ServiceToken, IsRefusedBeyondWhatTheServiceIsRegisteredFor) {
  const auto id = add_service({"read:users"});
  EXPECT_TRUE(
      is_error(issue(id, {"read:users", "write:users"}), 400, "VALIDATION_ERROR", "scopes"));
  EXPECT_TRUE(
      is_error(issue("no-such-service", json::array()), 400, "VALIDATION_ERROR", "service_id"));
  for (const json& ttl_s : {json(59), json(86401), json(-1), json("3600"), json(60.5)})
    EXPECT_TRUE(is_error(issue(id, {"read:users"}, ttl_s), 400, "VALIDATION_ERROR", "expires_in"))
        << ttl_s;
  EXPECT_EQ(issue(id, {"read:users"}, 60).status, 200);
  EXPECT_EQ(issue(id, {"read:users"}, 86400).status, 200);
}

TEST_P(ServiceToken, IsRefusedWhenNobodyWouldLookAtIt) {
  std::vector<std::string> scopes;
  for (int i = 0; i < 64; ++i)
    scopes.push_back("read:" + std::string(56, 'x') + std::to_string(100 + i));
  const auto id = add_service(scopes);
  EXPECT_TRUE(is_error(issue(id, scopes), 400, "VALIDATION_ERROR", "scopes", "4096"));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM audit_log WHERE action = 'service.token_issued' "
                             "AND reason LIKE '" +
                             id + ": read:%'"),
            0);
  scopes.resize(32);
  const auto reply = issue(id, scopes);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json_of(validate(json_of(reply)["access_token"], id))["scopes"].size(), 32u);
}

TEST_P(ServiceToken, IsNoUsersTokenAndNoUsersTokenIsOne) {
  const auto id = add_service({"read:users"});
  const std::string token = json_of(issue(id, {"read:users"}))["access_token"];
  EXPECT_TRUE(is_error(call(get("/auth/me").as(token)), 401, "AUTH003"));
  EXPECT_TRUE(is_error(call(get("/admin/users").as(token)), 401, "AUTH003"));
  const auto user = on().sign_in_new_user();
  const json body{{"service_id", id}, {"scopes", json::array()}};
  EXPECT_TRUE(
      is_error(call(post_json("/service/token", body.dump()).as(user.access)), 403, "AUTH004"));
  EXPECT_TRUE(is_error(call(post_json("/service/token", body.dump())), 401, "AUTH003"));
}

// "API Reference", Validate Token
TEST_P(ServiceToken, IsValidatedForAUserWithWhatBothMay) {
  const auto id = add_service({"profile:read", "read:inventory"});
  const auto name = new_name();
  on().add_user(name);
  const auto reply = validate(on().sign_in(name).access, id);
  ASSERT_EQ(reply.status, 200);
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"valid", "user_id", "scopes"}));
  EXPECT_EQ(body["valid"], true);
  EXPECT_EQ(body["user_id"], on().id_of(name));
  EXPECT_EQ(body["scopes"], json{"profile:read"});
  // A service that nobody registered learns who it is and nothing more.
  EXPECT_EQ(json_of(validate(on().sign_in(name).access, "stranger"))["scopes"], json::array());
  // A superuser may do whatever the service is for.
  EXPECT_EQ(json_of(validate(on().admin(), id))["scopes"],
            (json{"profile:read", "read:inventory"}));
}

TEST_P(ServiceToken, IsSaidToBeInvalidWithoutWhy) {
  const auto held = on().sign_in_new_user();
  EXPECT_EQ(json_of(validate(held.access, "any"))["valid"], true);
  EXPECT_EQ(call(post("/auth/logout").as(held.access)).status, 200);
  for (const auto& token : {held.access, held.refresh, std::string{"junk"}, held.access + "x"}) {
    const auto reply = validate(token, "any");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, R"({"valid":false})");
  }
}

TEST_P(ServiceToken, DiesWithTheLastKeyOrScopeOfItsService) {
  const auto id = add_service({"read:users", "read:logs"});
  const std::string token = json_of(issue(id, {"read:users", "read:logs"}))["access_token"];
  const auto fewer = run_latchkey({"service-key", "create", id, "--scope", "read:logs"},
                                  on().settings, on().store.folder());
  EXPECT_EQ(fewer.exit_code, 0) << fewer.err;
  EXPECT_TRUE(eventually(
      [&] { return json_of(validate(token, id)).value("scopes", json()) == json{"read:logs"}; }));
}

TEST(ServiceTokenSetting, MakesAServiceKeyMandatory) {
  product instance{
      "sqlite",
      {{"SERVICE_KEYS", "flask:a-key-of-the-flask-service"}, {"SERVICE_KEY_REQUIRED", "true"}}};
  const auto token = instance.sign_in_new_user().access;
  const auto body = json{{"token", token}, {"service_id", "flask"}}.dump();
  EXPECT_EQ(instance.call(post_json("/service/validate-token", body)).status, 403);
  EXPECT_EQ(instance
                .call(post_json("/service/validate-token", body)
                          .with("X-Service-Key", "another-key-of-16-bytes"))
                .status,
            403);
  const auto reply = instance.call(post_json("/service/validate-token", body)
                                       .with("X-Service-Key", "a-key-of-the-flask-service"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json_of(reply)["valid"], true);
}

} // namespace
} // namespace latchkey::test

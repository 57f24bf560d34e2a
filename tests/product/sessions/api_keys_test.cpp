// API keys: made, used, bounded and revoked.
#include "tests/product/product.hpp"

#include <algorithm>

namespace latchkey::test {
namespace {

class ApiKeys : public Product {
protected:
  http_reply make(const std::string& token, const json& body) const {
    return call(post_json("/auth/api-keys", body.dump()).as(token));
  }
  json new_key(const std::string& token, const json& scopes) const {
    const auto reply = make(token, {{"name", "ci"}, {"scopes", scopes}});
    EXPECT_EQ(reply.status, 201) << reply.body;
    return json_of(reply);
  }
  http_reply with_key(http_call asked, const json& key) const {
    return call(std::move(asked).with("X-API-Key", key["key"].get<std::string>()));
  }
  http_reply revoke(const std::string& token, const std::string& id) const {
    return call(http_call{"DELETE", "/auth/api-keys/" + id, {}, ""}.as(token));
  }
  json list(const std::string& token) const {
    return json_of(call(get("/auth/api-keys").as(token)))["api_keys"];
  }
};
LATCHKEY_ON_BOTH_ENGINES(ApiKeys);

TEST_P(ApiKeys, AreRefusedWhenTheyAreMalformed) {
  const auto token = on().sign_in_new_user().access;
  const json good{{"name", "ci"}, {"scopes", json::array({"profile:read"})}};
  const auto with = [&good](const char* key, const json& value) {
    auto body = good;
    body[key] = value;
    return body;
  };
  const std::vector<std::pair<json, const char*>> wrong{
      {{{"name", "ci"}}, "scopes"},
      {{{"scopes", json::array()}}, "name"},
      {with("name", ""), "name"},
      {with("name", std::string(101, 'a')), "name"},
      {with("name", "a\tb"), "name"},
      {with("scopes", json::array({"profile"})), "scopes"},
      {with("scopes", json::array({nullptr})), "scopes"},
      {with("expires_at", "2020-01-01T00:00:00Z"), "expires_at"},
      {with("expires_at", "soon"), "expires_at"},
      {with("id", "00f1e2d3c4b5a697"), "id"},
  };
  for (const auto& [body, field] : wrong)
    EXPECT_TRUE(is_error(make(token, body), 400, "VALIDATION_ERROR", field)) << body;
  EXPECT_TRUE(list(token).empty());
}

TEST_P(ApiKeys, AreForWhatTheirOwnerMayAtMost) {
  const auto token = on().sign_in_new_user().access;
  for (const auto* scope : {"users:read", "*"})
    EXPECT_TRUE(is_error(make(token, {{"name", "ci"}, {"scopes", json::array({scope})}}), 403,
                         "AUTH004", "scopes"))
        << scope;
  const auto key = new_key(on().admin(), json::array({"users:read"}));
  EXPECT_EQ(with_key(get("/admin/users"), key).status, 200);
  EXPECT_TRUE(
      is_error(with_key(get("/auth/me"), key), 403, "AUTH004", "permission", "profile:read"));
}

TEST_P(ApiKeys, AreShownOnceAndListedWithoutTheirSecret) {
  const auto token = on().sign_in_new_user().access;
  const auto made = new_key(token, json::array({"profile:read"}));
  EXPECT_EQ(keys_of(made), (keys{"id", "name", "prefix", "scopes", "created_at", "expires_at",
                                 "last_used_at", "key"}));
  const auto text = made["key"].get<std::string>();
  EXPECT_TRUE(text.starts_with(made["prefix"].get<std::string>()));
  EXPECT_TRUE(text.starts_with("lk_"));
  auto listed = made;
  listed.erase("key");
  EXPECT_EQ(list(token), json::array({listed}));
  EXPECT_EQ(on().store.count("SELECT count(*) FROM api_keys WHERE secret_hash LIKE '%" +
                             text.substr(3) + "%'"),
            0);

  EXPECT_EQ(with_key(get("/auth/me"), made).status, 200);
  EXPECT_TRUE(eventually([&] { return list(token)[0]["last_used_at"].is_string(); }));
}

TEST_P(ApiKeys, AuthenticateTheirOwner) {
  const auto name = new_name();
  on().add_user(name);
  const auto token = on().sign_in(name).access;
  const auto key = new_key(token, json::array({"profile:read", "projects:read"}));
  EXPECT_EQ(json_of(with_key(get("/auth/me"), key))["username"], name);
  EXPECT_EQ(json_of(with_key(get("/api/v1/auth/me"), key))["id"], on().id_of(name));
  EXPECT_EQ(with_key(get("/api/v1/projects"), key).status, 200);
}

TEST_P(ApiKeys, AreRefusedBesideAnAccessToken) {
  const auto token = on().sign_in_new_user().access;
  const auto key = new_key(token, json::array({"profile:read"}));
  EXPECT_TRUE(
      is_error(with_key(get("/auth/me").as(token), key), 400, "VALIDATION_ERROR", "X-API-Key"));
}

TEST_P(ApiKeys, ThatAreNoneAreRefused) {
  const auto token = on().sign_in_new_user().access;
  auto key = new_key(token, json::array({"profile:read"}));
  const auto good = key["key"].get<std::string>();
  const auto flipped = [&good](std::size_t at) {
    auto text = good;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return text;
  };
  // The kind, the part that names the user, the secret; cut; longer; empty of meaning.
  for (const auto& text : {"rt" + good.substr(2), flipped(5), flipped(20),
                           flipped(good.size() - 10), good.substr(0, good.size() - 1), good + "A",
                           std::string{"lk_"}, std::string{"junk"}, std::string(4000, 'a')})
    EXPECT_TRUE(is_error(call(get("/auth/me").with("X-API-Key", text)), 401, "AUTH003")) << text;
  EXPECT_EQ(call(get("/auth/me").as(good)).status, 401); // as a Bearer token it is none
}

TEST_P(ApiKeys, ReachNothingThatOnlyTheirOwnerMayInPerson) {
  const auto key = new_key(on().admin(), json::array({"*"}));
  for (const auto& asked :
       {get("/auth/api-keys"), post_json("/auth/api-keys", R"({"name":"a","scopes":[]})"),
        get("/auth/sessions"), post_json("/admin/roles", R"({"name":"a","permissions":[]})")})
    EXPECT_TRUE(is_error(with_key(asked, key), 403, "AUTH004", "X-API-Key")) << asked.target;
  EXPECT_EQ(with_key(get("/admin/users"), key).status, 200);
}

TEST_P(ApiKeys, AreDeadOnceTheyAreRevoked) {
  const auto token = on().sign_in_new_user().access;
  const auto key = new_key(token, json::array({"profile:read"}));
  const auto id = key["id"].get<std::string>();
  // Somebody else's key is not there, nor is one that is none.
  const auto other = on().sign_in_new_user().access;
  for (const auto& nobodys : {id, std::string{"0000000000000001"}, std::string{"junk"}})
    EXPECT_TRUE(is_error(revoke(other, nobodys), 404, "NOT_FOUND")) << nobodys;
  EXPECT_EQ(with_key(get("/auth/me"), key).status, 200);
  EXPECT_EQ(revoke(token, id).status, 204);
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(is_error(with_key(get("/auth/me"), key), 401, "AUTH003"));
  EXPECT_TRUE(is_error(revoke(token, id), 404, "NOT_FOUND"));
  EXPECT_TRUE(list(token).empty());
}

TEST_P(ApiKeys, OfAnInactiveUserAreDead) {
  const auto name = new_name();
  on().add_user(name);
  const auto key = new_key(on().sign_in(name).access, json::array({"profile:read"}));
  auto deactivate = post_json("/admin/users/" + on().id_of(name), R"({"is_active":false})");
  deactivate.method = "PUT";
  ASSERT_EQ(call(std::move(deactivate).as(on().admin())).status, 200);
  EXPECT_TRUE(is_error(with_key(get("/auth/me"), key), 401, "AUTH003"));
}

TEST_P(ApiKeys, FollowTheirOwnersRole) {
  const auto name = new_name();
  on().add_user(name);
  const auto root = on().admin();
  const auto give = [&](const char* role) {
    auto asked =
        post_json("/admin/users/" + on().id_of(name) + "/role", json{{"role", role}}.dump());
    asked.method = "PUT";
    EXPECT_EQ(call(std::move(asked).as(root)).status, 200);
  };
  give("admin");
  const auto key = new_key(on().sign_in(name).access, json::array({"users:read"}));
  EXPECT_EQ(with_key(get("/admin/users"), key).status, 200);
  give("user");
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(is_error(with_key(get("/admin/users"), key), 403, "AUTH004", "permission"));
}

TEST_P(ApiKeys, AreNeverMoreThanTheQuotaHoweverManyAreMadeAtOnce) {
  const auto token = on().sign_in_new_user().access;
  const auto body = json{{"name", "ci"}, {"scopes", json::array()}}.dump();
  const auto answers = in_parallel(
      on().server->port(), std::vector<http_call>(20, post_json("/auth/api-keys", body).as(token)));
  const auto with_status = [&answers](int status) {
    return std::count_if(answers.begin(), answers.end(),
                         [status](const timed_reply& r) { return r.reply.status == status; });
  };
  EXPECT_EQ(with_status(201), 5); // "free" has five
  EXPECT_EQ(with_status(429), 15);
  EXPECT_EQ(list(token).size(), 5u);
  const auto refused = make(token, {{"name", "ci"}, {"scopes", json::array()}});
  EXPECT_EQ(refused.status, 429);
  const auto error = json_of(refused)["error"];
  EXPECT_EQ(error["code"], "SUB002");
  EXPECT_EQ(error["details"]["quota"], "api_keys");
  EXPECT_EQ(error["details"]["limit"], 5);
  // One less makes room for one.
  EXPECT_EQ(revoke(token, list(token)[0]["id"]).status, 204);
  EXPECT_EQ(make(token, {{"name", "ci"}, {"scopes", json::array()}}).status, 201);
}

} // namespace
} // namespace latchkey::test

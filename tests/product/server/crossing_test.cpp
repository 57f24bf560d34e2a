// Every route with every kind of caller. A route that is not among the rows fails.
#include "tests/product/core_manager.hpp"
#include "tests/product/routes.hpp"
#include "tests/product/server/crossing_rows.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace latchkey::test {
namespace {

using namespace crossing;

constexpr const char* crossing_key = "a-service-key-of-tests";

/// What the internal listener has beside the service's rows, for whoever reaches it.
const std::set<std::string> internal_rows{"GET /internal/health", "GET /internal/live",
                                          "GET /internal/ready", "GET /internal/metrics",
                                          "GET /metrics"};
/// And those that it shares with the public one.
const std::set<std::string> shared_rows{"POST /api/auth/validate-token",
                                        "POST /api/auth/sync-session", "POST /api/auth/sync-user",
                                        "POST /api/auth/revoke-user-sessions"};

/// "METHOD /path" of that listener, as the server itself counts them.
std::set<std::string> names_of_routes(const product& instance, const std::string& listener) {
  std::set<std::string> found;
  for (const auto& route : routes_of(instance, listener))
    found.insert(route.name());
  return found;
}

class Crossing : public testing::TestWithParam<std::string> {
protected:
  Crossing()
      : upstream_folder_("sqlite"), upstream_(upstream_folder_.folder()),
        instance(GetParam(), {{"CORE_MANAGER_URL", upstream_.url()},
                              {"SERVICE_KEYS", std::string{"tests:"} + crossing_key},
                              {"STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef"},
                              {"STRIPE_PRICES", "price_free=free"},
                              {"TIERS", "free:projects=3,api_keys=50"}}) {
    const auto root = instance.admin();
    for (const auto* client :
         {"user", "admin", "superuser", "defined role", "inactive user", awaiting_session})
      instance.add_user(people_[client] = new_name());
    const json role{{"name", "reader"}, {"permissions", json::array({defined_permission})}};
    EXPECT_EQ(instance.call(post_json("/admin/roles", role.dump()).as(root)).status, 201);
    give_role(root, "admin", "admin");
    give_role(root, "superuser", "superuser");
    give_role(root, "defined role", "reader");
    const json strict{
        {"name", "strict"}, {"permissions", json::array()}, {"requires_second_factor", true}};
    EXPECT_EQ(instance.call(post_json("/admin/roles", strict.dump()).as(root)).status, 201);
    give_role(root, awaiting_session, "strict");
    make_bad_tokens(root);
    keys_[""] = new_key(instance.sign_in(people_["superuser"]).access, json::array());
  }

  void give_role(const std::string& by, const std::string& client, const std::string& role) {
    const auto path = "/admin/users/" + instance.id_of(people_[client]) + "/role";
    EXPECT_EQ(instance.call(put_json(path, json{{"role", role}}.dump()).as(by)).status, 200)
        << client;
  }

  void make_bad_tokens(const std::string& root) {
    tokens_["junk"] = "junk";
    tokens_["refresh token"] = instance.sign_in(people_["superuser"]).refresh;
    tokens_["ended session"] = instance.sign_in(people_["superuser"]).access;
    EXPECT_EQ(instance.call(post("/auth/logout").as(tokens_["ended session"])).status, 200);
    tokens_["inactive user"] = instance.sign_in(people_["inactive user"]).access;
    const auto path = "/admin/users/" + instance.id_of(people_["inactive user"]);
    EXPECT_EQ(instance.call(put_json(path, R"({"is_active":false})").as(root)).status, 200);
    const auto made = instance.call(
        post_json("/service/token", R"({"service_id":"tests","scopes":[],"expires_in":3600})")
            .as(root));
    EXPECT_EQ(made.status, 200) << made.body;
    tokens_["service token"] = json_of(made).value("access_token", "");
  }

  std::string new_key(const std::string& owner, const json& scopes) {
    const json body{{"name", "tests"}, {"scopes", scopes}};
    const auto reply = instance.call(post_json("/auth/api-keys", body.dump()).as(owner));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return json_of(reply).value("key", "");
  }

  /// With the scope that the row wants; made when first asked for.
  std::string key_for(const row& r) {
    auto& key = keys_[r.scope];
    if (key.empty())
      key = new_key(instance.sign_in(people_["superuser"]).access, json::array({r.scope}));
    return key;
  }

  http_reply ask(const row& r, const kind& client) { return instance.call(request_of(r, client)); }

  http_call request_of(const row& r, const kind& client) {
    http_call asked{r.method, filled(r.path), {}, ""};
    const bool has_body = asked.method == "POST" || asked.method == "PUT";
    if (has_body) asked.headers.push_back({"Content-Type", "application/json"});
    switch (client.column) {
    case nobody:
      return asked;
    case bare_key:
      return std::move(asked).with("X-API-Key", keys_[""]);
    case good_key:
      return std::move(asked).with("X-API-Key", key_for(r));
    case service:
      return std::move(asked).with("X-Service-Key", crossing_key);
    case bad:
      if (client.name == std::string_view{awaiting_session})
        return std::move(asked).as(session_of(r, client.name));
      return std::move(asked).as(tokens_[client.name]);
    default:
      return std::move(asked).as(session_of(r, client.name));
    }
  }

  std::string session_of(const row& r, const std::string& client) {
    // The path that a logout takes ends what it is asked with: a session of its own each time.
    const bool is_used_up = std::string{r.path}.ends_with("/logout");
    if (is_used_up) return instance.sign_in(people_[client]).access;
    if (tokens_[client].empty()) tokens_[client] = instance.sign_in(people_[client]).access;
    return tokens_[client];
  }

  test_store upstream_folder_;
  core_manager upstream_;
  product instance;
  std::map<std::string, std::string> people_; // by the name of their kind
  std::map<std::string, std::string> tokens_; // by that, too
  std::map<std::string, std::string> keys_;   // by scope
};
LATCHKEY_ON_BOTH_ENGINES(Crossing);

TEST_P(Crossing, HasARowForEveryRouteThatIsServed) {
  std::set<std::string> written;
  for (const auto& r : rows)
    written.insert(std::string{r.method} + " " + r.path);
  EXPECT_EQ(written.size(), rows.size()) << "a row stands here twice";
  EXPECT_EQ(names_of_routes(instance, "public"), written);
  auto internal = internal_rows;
  internal.insert(shared_rows.begin(), shared_rows.end());
  for (const auto& r : internal_service_rows)
    internal.insert(std::string{r.method} + " " + r.path);
  EXPECT_EQ(names_of_routes(instance, "internal"), internal);
}

/// An endpoint's own answer: a 404 only for what a part of the path names, or for passkeys, which a
/// server that is reached by its address has no domain for.
testing::AssertionResult is_let_in(const row& r, const http_reply& reply) {
  const bool is_missing = reply.status == 404;
  const bool names_something = std::string_view{r.path}.find('{') != std::string_view::npos ||
                               is_error(reply, 404, "NOT_FOUND", "passkey");
  for (const int refused : {0, 401, 403, 405})
    if (reply.status == refused) return testing::AssertionFailure() << "is refused";
  if (reply.status >= 500) return testing::AssertionFailure() << "fails";
  if (is_missing && !names_something) return testing::AssertionFailure() << "is no route";
  if (reply.body.find("Malformed") != std::string::npos)
    return testing::AssertionFailure() << "is malformed";
  return testing::AssertionSuccess();
}

TEST_P(Crossing, LetsInWhomItShouldAndNobodyElse) {
  for (const auto& r : rows)
    for (const auto& client : kinds) {
      const auto reply = ask(r, client);
      const auto trace = std::string{r.method} + " " + r.path + " by " + client.name + ": " +
                         std::to_string(reply.status) + " " + reply.body;
      switch (r.expected_of(client)) {
      case u:
        EXPECT_EQ(reply.status, 401) << trace;
        if (client.name == std::string_view{awaiting_session} && r.expected[user] != u) {
          EXPECT_TRUE(says(reply.body, "MFA_REQUIRED")) << trace;
        }
        break;
      case f:
        EXPECT_EQ(reply.status, 403) << trace;
        break;
      case in:
        EXPECT_TRUE(is_let_in(r, reply)) << trace;
        break;
      }
    }
}

TEST_P(Crossing, LetsServicesAloneInToWhatIsTheirsOnTheInternalListener) {
  for (const auto& r : internal_service_rows)
    for (const auto& client : kinds) {
      const auto asked = request_of(r, client);
      const auto reply = instance.call_internal(asked);
      const auto trace = std::string{r.path} + " by " + client.name + ": " + reply.body;
      if (r.expected_of(client) == in)
        EXPECT_TRUE(is_let_in(r, reply)) << trace;
      else
        EXPECT_EQ(reply.status, r.expected_of(client) == f ? 403 : 401) << trace;
      EXPECT_TRUE(is_error(instance.call(asked), 404, "NOT_FOUND")) << trace;
    }
}

TEST_P(Crossing, ShowsNothingInternalToThePublic) {
  for (const auto& name : internal_rows) {
    const auto path = name.substr(name.find(' ') + 1);
    EXPECT_TRUE(is_error(instance.call(get(path)), 404, "NOT_FOUND")) << path;
    EXPECT_EQ(instance.call_internal(get(path)).status, 200) << path;
  }
  for (const auto* path : {"/auth/me", "/admin/users", "/auth/token", "/docs", "/health"})
    EXPECT_EQ(instance.call_internal(get(path)).status, 404) << path;
}

TEST_P(Crossing, AsksAServiceForItsKeyOnTheInternalListenerToo) {
  for (const auto& name : shared_rows) {
    const auto path = name.substr(name.find(' ') + 1);
    EXPECT_EQ(instance.call_internal(post_json(path, "{}")).status, 403) << path;
    EXPECT_NE(
        instance.call_internal(post_json(path, "{}").with("X-Service-Key", crossing_key)).status,
        403)
        << path;
  }
}

} // namespace
} // namespace latchkey::test

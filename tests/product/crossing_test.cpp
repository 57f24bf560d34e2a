// Every route with every kind of caller. What must come out is written here by hand, not taken
// from the server's own table; and a route that is not written here fails.
#include "tests/product/product.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

namespace latchkey::test {
namespace {

constexpr const char* service_key = "a-service-key-of-tests";

/// Kinds of callers, in the order of the columns below.
enum caller : std::size_t {
  nobody,    // no credential
  junk,      // a Bearer token that is none
  user,      // a session of somebody without a role of note
  admin,     // a session of an administrator
  superuser, // a session of a superuser
  bare_key,  // a superuser's API key without scopes
  good_key,  // a superuser's API key with the scope that the route wants, if any
  service,   // a service's key
  ended,     // the token of a session that was ended
  callers
};
constexpr std::array<const char*, callers> names{"nobody",  "junk",      "user",
                                                 "admin",   "superuser", "API key without scopes",
                                                 "API key", "service",   "ended session"};

/// What may come out: 401, 403 or, once somebody is let in, whatever the endpoint makes of a
/// request that names nothing that exists: any other answer but an error of the server's.
enum outcome { in, u, f };

struct row {
  const char* method;
  const char* path;  // as the table has it
  const char* scope; // of `good_key`
  std::array<outcome, callers> expected;
};

//                                            nobody junk user admin super bare key service ended
constexpr std::array<outcome, callers> anyone{in, in, in, in, in, in, in, in, in};
constexpr std::array<outcome, callers> signed_in{u, u, in, in, in, f, in, u, u};
constexpr std::array<outcome, callers> in_person{u, u, in, in, in, f, f, u, u};
constexpr std::array<outcome, callers> admins{u, u, f, in, in, f, in, u, u};
constexpr std::array<outcome, callers> admins_in_person{u, u, f, in, in, f, f, u, u};
constexpr std::array<outcome, callers> services{f, f, f, f, f, f, f, in, f};

const std::vector<row> rows{
    // "Auth Service API Documentation"
    {"GET", "/health", "", anyone},
    {"POST", "/auth/register", "", anyone},
    {"POST", "/auth/token", "", anyone},
    // Without a cookie and a body it has nothing to refresh: 401 for everybody.
    {"POST", "/auth/token/refresh", "", {u, u, u, u, u, u, u, u, u}},
    // By its own hand: a session, or a cookie; an API key has no session to end.
    {"POST", "/auth/logout", "", {u, u, in, in, in, u, u, u, u}},
    {"GET", "/auth/me", "profile:read", signed_in},
    {"GET", "/docs", "", anyone},
    {"GET", "/docs/{asset}", "", anyone},
    {"GET", "/openapi.json", "", anyone},
    // "API Reference"
    {"POST", "/auth/login", "", anyone},
    {"POST", "/users/register", "", anyone},
    {"POST", "/recovery/request-reset", "", anyone},
    {"POST", "/recovery/verify-passphrase", "", anyone},
    {"POST", "/recovery/reset-password", "", anyone},
    {"GET", "/account/profile", "profile:read", signed_in},
    {"PUT", "/account/profile", "profile:write", signed_in},
    {"PUT", "/account/change-password", "", in_person},
    {"GET", "/admin/users", "users:read", admins},
    {"GET", "/admin/users/{id}", "users:read", admins},
    {"PUT", "/admin/users/{id}", "users:write", admins},
    {"DELETE", "/admin/users/{id}", "users:delete", admins},
    {"POST", "/service/validate-token", "", anyone},
    {"POST", "/service/token", "services:write", admins},
    // "Service Integration API Documentation"
    {"POST", "/api/auth/validate-token", "", services},
    {"POST", "/api/auth/sync-session", "", services},
    {"POST", "/api/auth/sync-user", "", services},
    {"POST", "/api/auth/revoke-user-sessions", "", services},
    // "Auth Service Internal API Documentation"
    {"POST", "/api/v1/auth/register", "", anyone},
    {"POST", "/api/v1/auth/login", "", anyone},
    {"POST", "/api/v1/auth/refresh", "", {u, u, u, u, u, u, u, u, u}},
    {"POST", "/api/v1/auth/logout", "", {u, u, in, in, in, u, u, u, u}},
    {"GET", "/api/v1/auth/me", "profile:read", signed_in},
    {"GET", "/api/v1/subscription", "subscription:read", signed_in},
    {"PUT", "/api/v1/admin/subscriptions/{user_id}", "subscriptions:write", admins},
    {"POST", "/api/v1/webhooks/stripe", "", anyone},
    {"GET", "/api/v1/projects", "projects:read", signed_in},
    {"POST", "/api/v1/projects", "projects:write", signed_in},
    {"GET", "/api/v1/projects/{id}", "projects:read", signed_in},
    {"PUT", "/api/v1/projects/{id}", "projects:write", signed_in},
    {"DELETE", "/api/v1/projects/{id}", "projects:write", signed_in},
    {"GET", "/api/v1/profile", "profile:read", signed_in},
    {"PUT", "/api/v1/profile", "profile:write", signed_in},
    // Roles, API keys, sessions
    {"GET", "/admin/roles", "roles:read", admins},
    {"POST", "/admin/roles", "roles:write", admins_in_person},
    {"GET", "/admin/roles/{name}", "roles:read", admins},
    {"PUT", "/admin/roles/{name}", "roles:write", admins_in_person},
    {"DELETE", "/admin/roles/{name}", "roles:write", admins_in_person},
    {"PUT", "/admin/users/{id}/role", "roles:write", admins_in_person},
    {"GET", "/auth/api-keys", "", in_person},
    {"POST", "/auth/api-keys", "", in_person},
    {"DELETE", "/auth/api-keys/{id}", "", in_person},
    {"GET", "/auth/sessions", "", in_person},
    {"DELETE", "/auth/sessions/{id}", "", in_person},
};

/// What the internal listener has beside the service's rows, for whoever reaches it.
const std::set<std::string> internal_rows{"GET /internal/health", "GET /internal/metrics",
                                          "GET /metrics"};
/// And those that it shares with the public one.
const std::set<std::string> shared_rows{"POST /api/auth/validate-token",
                                        "POST /api/auth/sync-session", "POST /api/auth/sync-user",
                                        "POST /api/auth/revoke-user-sessions"};

/// "METHOD /path" of that listener, as the server itself counts them.
std::set<std::string> routes_of(const std::string& side, const product& one) {
  const auto listed = run_latchkey({"routes"}, one.settings, one.where.folder());
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  std::set<std::string> found;
  std::istringstream lines{listed.out};
  for (std::string listener, method, path, who, permission;
       lines >> listener >> method >> path >> who >> permission;)
    if (listener == side) found.insert(method + " " + path);
  return found;
}

/// A path that names nothing that exists.
std::string filled(std::string path) {
  for (auto open = path.find('{'); open != path.npos; open = path.find('{')) {
    const auto name = path.substr(open, path.find('}') - open + 1);
    path.replace(open, name.size(),
                 name == "{name}" || name == "{asset}" ? "nothing-of-that-name"
                                                       : "00000000-0000-4000-8000-000000000000");
  }
  return path;
}

class Crossing : public testing::TestWithParam<std::string> {
protected:
  Crossing()
      : one(GetParam(), {{"SERVICE_KEYS", std::string{"tests:"} + service_key},
                         {"TIERS", "free:projects=3,api_keys=50"}}) {
    tokens_.resize(callers);
    for (const auto who : {user, admin, superuser, ended}) {
      people_[who] = new_name();
      one.add_user(people_[who]);
    }
    const auto root = one.admin();
    give_role(root, people_[admin], "admin");
    give_role(root, people_[superuser], "superuser");
    tokens_[junk] = "junk";
    tokens_[service] = service_key;
    tokens_[ended] = one.sign_in(people_[ended]).access;
    EXPECT_EQ(one.call(post("/auth/logout").as(tokens_[ended])).status, 200);
    const auto owner = one.sign_in(people_[superuser]).access;
    keys_[""] = new_key(owner, json::array());
  }

  void give_role(const std::string& by, const std::string& name, const std::string& role) {
    auto asked =
        post_json("/admin/users/" + one.id_of(name) + "/role", json{{"role", role}}.dump());
    asked.method = "PUT";
    EXPECT_EQ(one.call(std::move(asked).as(by)).status, 200) << name;
  }

  std::string new_key(const std::string& owner, const json& scopes) {
    const json body{{"name", "tests"}, {"scopes", scopes}};
    const auto reply = one.call(post_json("/auth/api-keys", body.dump()).as(owner));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return json_of(reply).value("key", "");
  }

  /// With the scope that the row wants; made when first asked for.
  std::string key_for(const row& r) {
    auto& key = keys_[r.scope];
    if (key.empty()) key = new_key(one.sign_in(people_[superuser]).access, json::array({r.scope}));
    return key;
  }

  http_reply ask(const row& r, caller who) {
    http_call asked{r.method, filled(r.path), {}, ""};
    const bool has_body = asked.method == "POST" || asked.method == "PUT";
    if (has_body) asked.headers.push_back({"Content-Type", "application/json"});
    // The path that a logout takes ends what it is asked with: a session of its own each time.
    if (who == user || who == admin || who == superuser)
      return one.call(std::move(asked).as(session_of(r, who)));
    if (who == bare_key) return one.call(std::move(asked).with("X-API-Key", keys_[""]));
    if (who == good_key) return one.call(std::move(asked).with("X-API-Key", key_for(r)));
    if (who == service) return one.call(std::move(asked).with("X-Service-Key", service_key));
    if (who != nobody) return one.call(std::move(asked).as(tokens_[who]));
    return one.call(asked);
  }

  std::string session_of(const row& r, caller who) {
    const bool is_used_up = std::string{r.path}.ends_with("/logout");
    if (is_used_up) return one.sign_in(people_[who]).access;
    if (tokens_[who].empty()) tokens_[who] = one.sign_in(people_[who]).access;
    return tokens_[who];
  }

  product one;
  std::map<caller, std::string> people_;
  std::vector<std::string> tokens_;
  std::map<std::string, std::string> keys_; // by scope
};
LATCHKEY_ON_BOTH_ENGINES(Crossing);

TEST_P(Crossing, HasARowForEveryRouteThatIsServed) {
  std::set<std::string> written;
  for (const auto& r : rows)
    written.insert(std::string{r.method} + " " + r.path);
  EXPECT_EQ(written.size(), rows.size()) << "a row stands here twice";
  EXPECT_EQ(routes_of("public", one), written);
  auto internal = internal_rows;
  internal.insert(shared_rows.begin(), shared_rows.end());
  EXPECT_EQ(routes_of("internal", one), internal);
}

TEST_P(Crossing, LetsInWhomItShouldAndNobodyElse) {
  for (const auto& r : rows)
    for (std::size_t i = 0; i < callers; ++i) {
      const auto who = static_cast<caller>(i);
      const auto reply = ask(r, who);
      const auto where = std::string{r.method} + " " + r.path + " by " + names[i] + ": " +
                         std::to_string(reply.status) + " " + reply.body;
      switch (r.expected[i]) {
      case u:
        EXPECT_EQ(reply.status, 401) << where;
        break;
      case f:
        EXPECT_EQ(reply.status, 403) << where;
        break;
      case in:
        EXPECT_NE(reply.status, 0) << where;
        EXPECT_NE(reply.status, 401) << where;
        EXPECT_NE(reply.status, 403) << where;
        EXPECT_NE(reply.status, 405) << where;
        EXPECT_LT(reply.status, 500) << where;
        EXPECT_EQ(reply.body.find("Malformed"), std::string::npos) << where;
        break;
      }
    }
}

TEST_P(Crossing, ShowsNothingInternalToThePublic) {
  for (const auto& name : internal_rows) {
    const auto path = name.substr(name.find(' ') + 1);
    EXPECT_TRUE(is_error(one.call(get(path)), 404, "NOT_FOUND")) << path;
    EXPECT_EQ(one.call_internal(get(path)).status, 200) << path;
  }
  for (const auto* path : {"/auth/me", "/admin/users", "/auth/token", "/docs", "/health"})
    EXPECT_EQ(one.call_internal(get(path)).status, 404) << path;
}

TEST_P(Crossing, AsksAServiceForItsKeyOnTheInternalListenerToo) {
  for (const auto& name : shared_rows) {
    const auto path = name.substr(name.find(' ') + 1);
    EXPECT_EQ(one.call_internal(post_json(path, "{}")).status, 403) << path;
    EXPECT_NE(one.call_internal(post_json(path, "{}").with("X-Service-Key", service_key)).status,
              403)
        << path;
  }
}

} // namespace
} // namespace latchkey::test

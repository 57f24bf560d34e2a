// gateway_test.cpp — what is passed on to upstreams, what arrives there, and what becomes of it
// when they fail. None of it touches the store beyond signing in, so SQLite alone.
#include "tests/product/proxied/fixture.hpp"

#include <algorithm>
#include <sys/socket.h>

namespace latchkey::test {
namespace {

using values = std::vector<std::string>;

const std::vector<std::string> methods_of_all{"GET", "POST"};
const std::vector<std::string> methods_of_one{"GET", "PUT", "DELETE"};

/// One server, one core manager, and a second upstream on it behind a path of its own.
class Gateway : public gateway_fixture {
protected:
  static void SetUpTestSuite() {
    begin();
    const json routes{
        {"upstreams", json::array({{{"name", "second"}, {"url", upstream_->url() + "/api/v1"}}})},
        {"routes", json::array({{{"methods", {"GET", "POST"}},
                                 {"path", "/api/v2/{rest*}"},
                                 {"upstream", "second"},
                                 {"permission", "second:use"},
                                 {"body_bytes_max", 1000},
                                 {"deadline_ms", 300}},
                                {{"methods", {"GET", "POST"}},
                                 {"path", "/api/v1/large"},
                                 {"upstream", "core-manager"},
                                 {"signed_in", true},
                                 {"body_bytes_max", 33554432},
                                 {"deadline_ms", 30'000}},
                                {{"methods", {"GET"}},
                                 {"path", "/api/v1/cut"},
                                 {"upstream", "core-manager"},
                                 {"signed_in", true},
                                 {"deadline_ms", 1000}}})}};
    start(routes);
    admin_ = product_->admin();
  }
  /// POST /api/v1/personas/instances under those switches, and how often it arrived.
  static http_reply with(const json& behaviour, const http_call& asked) {
    upstream_->behave(behaviour);
    return call(asked);
  }

  static inline std::string admin_;
};

// -- what goes there and back
// -----------------------------------------------------------------------

TEST_F(Gateway, PassesEveryDocumentedRouteOn) {
  for (const std::string root : {"/api/v1/templates", "/api/v1/personas/instances"}) {
    const auto made = call(post_json(root + "?a=%20b", R"({"name":"one"})").as(admin_));
    EXPECT_EQ(made.status, 201) << made.body;
    const auto path = root + "/" + json_of(made)["id"].get<std::string>();
    EXPECT_EQ(json_of(call(get(root).as(admin_))).size(), 1u);
    EXPECT_EQ(json_of(call(get(path).as(admin_)))["name"], "one");
    EXPECT_EQ(json_of(call(put_json(path, R"({"name":"two"})").as(admin_)))["name"], "two");
    const auto gone = call(delete_(path).as(admin_));
    EXPECT_EQ(gone.status, 204);
    EXPECT_EQ(gone.body, "");
    EXPECT_EQ(call(get(path).as(admin_)).status, 404);
    const auto seen = upstream_->seen();
    ASSERT_EQ(seen.size(), 6u);
    EXPECT_EQ(seen[0]["method"], "POST");
    EXPECT_EQ(seen[0]["target"], root + "?a=%20b");
    EXPECT_EQ(seen[0]["body"], R"({"name":"one"})");
    EXPECT_EQ(seen[3]["method"], "PUT");
    EXPECT_EQ(seen[3]["target"], path);
    upstream_->forget();
  }
}

TEST_F(Gateway, TellsTheUpstreamWhoAsksAndTheClientWhatItSaid) {
  const auto reply = call(get("/api/v1/personas/instances")
                              .as(user_)
                              .with("X-Request-ID", "req_0123456789")
                              .with("X-Custom", "kept"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.header("X-Request-ID"), "req_0123456789");
  const auto me = json_of(call(get("/api/v1/auth/me").as(user_)));
  const auto seen = arrived();
  EXPECT_EQ(values_of(seen, "X-User-ID"), values{me["id"]});
  EXPECT_EQ(values_of(seen, "X-User-Email"), values{me["email"]});
  EXPECT_EQ(values_of(seen, "X-User-Role"), values{"user"});
  EXPECT_EQ(values_of(seen, "X-User-Tier"), values{"free"});
  EXPECT_EQ(values_of(seen, "X-Client-ID").size(), 1u);
  EXPECT_EQ(values_of(seen, "X-Request-ID"), values{"req_0123456789"});
  EXPECT_EQ(values_of(seen, "X-Forwarded-For"), values{"127.0.0.1"});
  EXPECT_EQ(values_of(seen, "X-Forwarded-Proto"), values{"http"});
  EXPECT_EQ(values_of(seen, "X-Custom"), values{"kept"});
  EXPECT_EQ(values_of(seen, "traceparent").size(), 1u);
  const auto permissions = values_of(seen, "X-User-Permissions");
  ASSERT_EQ(permissions.size(), 1u);
  EXPECT_NE(permissions[0].find("instances:read"), std::string::npos);
}

TEST_F(Gateway, LetsNoClientSpeakForTheGateway) {
  for (const auto* name : {"X-User-Id", "x-user-role", "X_User_Id", "X-USER-PERMISSIONS",
                           "X-Client-ID", "x_client_id", "X-Forwarded-For", "X.User.Role"}) {
    call(get("/api/v1/personas/instances").as(user_).with(name, "forged").with(name, "forged2"));
    EXPECT_EQ(arrived().dump().find("forged"), std::string::npos) << name;
    upstream_->forget();
  }
  call(get("/api/v1/personas/instances")
           .as(user_)
           .with("Connection", "X-User-ID, X-Custom")
           .with("X-Custom", "of this connection alone"));
  EXPECT_EQ(values_of(arrived(), "X-User-ID").size(), 1u);
  EXPECT_EQ(values_of(arrived(), "X-Custom"), values{});
  upstream_->forget();
  const std::string chunked = "2\r\n{}\r\n0\r\nX-User-Role: forged\r\n\r\n";
  http_call trailing{"POST", "/api/v1/personas/instances", {}, chunked};
  call(std::move(trailing).as(user_).with("Transfer-Encoding", "chunked"));
  EXPECT_EQ(arrived().dump().find("forged"), std::string::npos);
}

TEST_F(Gateway, KeepsCredentialsAndItsOwnCookiesToItself) {
  call(get("/api/v1/personas/instances")
           .as(user_)
           .with("X-Service-Key", "a secret of ours")
           .with("Cookie", "theirs=1; refresh_token=a.secret.of.ours; more=2"));
  const auto seen = arrived();
  EXPECT_EQ(seen.dump().find("ours"), std::string::npos);
  EXPECT_EQ(seen.dump().find(user_), std::string::npos);
  EXPECT_EQ(values_of(seen, "Authorization"), values{});
  EXPECT_EQ(values_of(seen, "Cookie"), values{"theirs=1; more=2"});
}

TEST_F(Gateway, ForwardsThePathThatWasChecked) {
  for (const auto* path :
       {"/api/v1/personas/instances/../templates", "/api/v1/personas/instances/%2e%2e/templates",
        "/api/v1/personas/instances/a%2fb", "/api/v1/personas/instances//a",
        "/api/v1/personas/instances/a;b", "/api/v1/personas/instances/a%00b",
        "/api/v1/personas/instances/a\\b", "/api/v1/personas/instances/%252e%252e%252ftemplates",
        "/api/v1/personas/instances/a%23b", "/api/v1/personas/instances/a%3Fb"}) {
    const auto reply = call(get(path).as(user_));
    for (const auto& seen : upstream_->seen()) {
      const auto target = seen["target"].get<std::string>();
      EXPECT_TRUE(target.starts_with("/api/v1/personas/instances/")) << path << " " << target;
      EXPECT_EQ(target.find(".."), std::string::npos) << path << " " << target;
    }
    EXPECT_TRUE(reply.status == 400 || reply.status == 404) << path << " " << reply.status;
    upstream_->forget();
  }
}

TEST_F(Gateway, ProtectsByThePathAndNotByWhatFollowsIt) {
  EXPECT_TRUE(is_error(call(get("/api/v1/templates?x=/api/v1/personas/instances").as(user_)), 403,
                       "AUTH004"));
  EXPECT_TRUE(is_error(call(get("/api/v1/personas/instances")), 401, "AUTH003"));
  EXPECT_EQ(upstream_->seen().size(), 0u);
}

TEST_F(Gateway, PassesConfiguredRoutesOn) {
  EXPECT_EQ(call(get("/api/v2/templates").as(user_)).status, 403);
  EXPECT_EQ(call(get("/api/v2/templates?q=1").as(admin_)).status, 404); // the upstream's own
  EXPECT_EQ(arrived()["target"], "/api/v1/api/v2/templates?q=1");
  const auto described = json_of(call(get("/openapi.json")));
  EXPECT_EQ(described["paths"]["/api/v2/{rest*}"]["get"]["x-permission"], "second:use");
  EXPECT_EQ(described["paths"]["/api/v1/templates"]["get"]["operationId"], "list_templates");
}

TEST_F(Gateway, BoundsBodiesAsTheRouteSays) {
  const auto padded = R"({"name":")" + std::string(2000, 'x') + R"("})";
  EXPECT_TRUE(
      is_error(call(post_json("/api/v2/templates", padded).as(admin_)), 413, "PAYLOAD_TOO_LARGE"));
  const auto chunked = "7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n";
  http_call trickled{"POST", "/api/v2/templates", {}, chunked};
  EXPECT_TRUE(is_error(call(std::move(trickled).as(admin_).with("Transfer-Encoding", "chunked")),
                       413, "PAYLOAD_TOO_LARGE"));
}

TEST_F(Gateway, StreamsLargeBodiesBothWays) {
  constexpr std::size_t bytes = 20'000'000;
  upstream_->behave({{"bytes", bytes}});
  http_call large{"POST", "/api/v1/large", {}, std::string(bytes, 'x')};
  const auto reply = call(std::move(large).as(user_));
  EXPECT_EQ(reply.status, 200);
  EXPECT_GE(reply.body.size(), bytes);
  EXPECT_EQ(arrived()["bytes"], bytes);
}

// -- upstreams that fail
// ------------------------------------------------------------------------------

TEST_F(Gateway, AnswersGw002WhenTheUpstreamHangs) {
  const auto reply = with({{"silent", true}}, post_json("/api/v2/templates", "{}").as(admin_));
  EXPECT_TRUE(is_error(reply, 504, "GW002"));
  EXPECT_EQ(upstream_->seen().size(), 1u);
}

TEST_F(Gateway, AnswersGw001WhenTheUpstreamSaysNothingUseful) {
  for (const auto& behaviour :
       {json{{"reset", true}}, json{{"garbage", "this is no HTTP\r\n\r\n"}}}) {
    const auto reply = with(behaviour, post_json("/api/v2/templates", "{}").as(admin_));
    EXPECT_TRUE(is_error(reply, 503, "GW001")) << behaviour;
    EXPECT_TRUE(reply.has("Retry-After"));
    EXPECT_EQ(upstream_->seen().size(), 1u) << "sent again: " << behaviour;
    upstream_->forget();
  }
}

TEST_F(Gateway, SendsWhatIsIdempotentAgainAndNothingElse) {
  const json once{{"reset", true}, {"times", 1}};
  EXPECT_EQ(with(once, get("/api/v1/templates").as(admin_)).status, 200);
  EXPECT_EQ(upstream_->seen().size(), 2u);
  upstream_->forget();
  EXPECT_EQ(with(once, put_json("/api/v1/templates/none", "{}").as(admin_)).status, 404);
  EXPECT_EQ(upstream_->seen().size(), 2u);
  upstream_->forget();
  EXPECT_EQ(with(once, post_json("/api/v1/templates", "{}").as(admin_)).status, 503);
  EXPECT_EQ(upstream_->seen().size(), 1u);
}

TEST_F(Gateway, CutsAnAnswerOffThatIsCutOff) {
  upstream_->behave({{"bytes", 100'000}, {"cut_at", 50'000}});
  EXPECT_THROW(call(get("/api/v1/cut").as(user_)), std::runtime_error);
}

TEST_F(Gateway, PassesTheUpstreamsOwnErrorsOn) {
  const auto reply = with({{"status", 503}}, get("/api/v1/templates").as(admin_));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(json_of(reply)["error"], "as it was told to");
  EXPECT_EQ(upstream_->seen().size(), 1u);
}

TEST_F(Gateway, CountsWhatItAsks) {
  const auto answered = R"(upstream_requests_total{upstream="core-manager",outcome="answered"})";
  const auto before = product_->metric(answered);
  call(get("/api/v1/templates").as(admin_));
  EXPECT_EQ(product_->metric(answered), before + 1);
  EXPECT_GE(product_->metric(R"(upstream_connections{upstream="core-manager"})"), 1);
}

TEST_F(Gateway, LetsGoOfAnUpstreamWhenItsClientGoes) {
  upstream_->behave({{"silent", true}, {"match", "/api/v1/personas"}});
  const auto open = R"(upstream_requests_total{upstream="core-manager",outcome="abandoned"})";
  const auto before = product_->metric(open);
  {
    http_connection client(product_->server->port());
    client.send(get("/api/v1/personas/instances").as(user_));
    EXPECT_TRUE(eventually([] { return upstream_->seen().size() == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return product_->metric(open) == before + 1; }));
}

// -- WebSockets
// -----------------------------------------------------------------------------------------

TEST_F(Gateway, PassesAWebSocketThrough) {
  http_connection client(product_->server->port());
  client.send(get("/api/v1/personas/instances")
                  .as(user_)
                  .with("Connection", "Upgrade")
                  .with("Upgrade", "websocket")
                  .with("Sec-WebSocket-Version", "13")
                  .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="));
  const auto reply = client.receive();
  EXPECT_EQ(reply.status, 101);
  EXPECT_EQ(reply.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(values_of(arrived(), "X-User-Role"), values{"user"});
  // A masked text frame "hi", and the echo's.
  client.send_raw(std::string("\x81\x82\x00\x00\x00\x00hi", 8));
  std::string heard(4, '\0');
  std::size_t got = 0;
  while (got < heard.size()) {
    const auto count = ::recv(client.socket(), heard.data() + got, heard.size() - got, 0);
    ASSERT_GT(count, 0);
    got += static_cast<std::size_t>(count);
  }
  EXPECT_EQ(heard, std::string("\x81\x02hi", 4));
}

// -- settings
// ---------------------------------------------------------------------------------------------

TEST(GatewaySettings, AreCheckedAtTheStart) {
  const test_store store("sqlite");
  auto settings = store.settings();
  settings["PROXY_ROUTES"] = R"({"routes":[{"methods":["GET"],"path":"x","upstream":"nobody"}]})";
  for (const std::string command : {"serve", "config check"}) {
    std::vector<std::string> words{command};
    if (command != "serve") words = {"config", "check"};
    const auto refused = run_latchkey(words, settings, store.folder());
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find("PROXY_ROUTES (environment): routes[0].path is \"x\": expected"),
              std::string::npos)
        << refused.err;
  }
}

TEST(GatewaySettings, WithoutACoreManagerItsRoutesAnswerGw001) {
  const product instance("sqlite");
  const auto reply = instance.call(get("/api/v1/templates").as(instance.admin()));
  EXPECT_TRUE(is_error(reply, 503, "GW001", {}, "is not configured"));
}

} // namespace
} // namespace latchkey::test

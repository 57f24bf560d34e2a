// headers_test.cpp — what of a client's headers and body reaches an upstream, what of an
// upstream's answer reaches the client, and how browsers open sockets to one. SQLite alone.
#include "tests/product/proxied/fixture.hpp"
#include "tests/support/ws_client.hpp"

namespace latchkey::test {
namespace {

using values = std::vector<std::string>;

/// One server with the settings' defaults, one core manager, and more upstreams: the same one
/// behind a base path, one that nobody serves and one whose name nobody knows.
class GatewayHeaders : public gateway_fixture {
protected:
  static json route(const std::string& path, const std::string& upstream) {
    return {{"methods", {"GET"}},
            {"path", path},
            {"upstream", upstream},
            {"signed_in", true},
            {"deadline_ms", 2000}};
  }
  static void SetUpTestSuite() {
    begin();
    const auto nobodys = "http://localhost:" + std::to_string(free_port());
    const json routes{
        {"upstreams",
         json::array({{{"name", "based"}, {"url", upstream_->url() + "/api/base"}},
                      {{"name", "gone"}, {"url", nobodys}},
                      {{"name", "unknown"}, {"url", "http://host.of.ours.invalid:8080"}}})},
        {"routes", json::array({route("/based/{rest*}", "based"), route("/gone", "gone"),
                                route("/unknown", "unknown")})}};
    start(routes);
    internal_names_ = {nobodys.substr(7), nobodys, "localhost", "host.of.ours",
                       ":" + std::to_string(upstream_->port())};
  }
  /// Asks under `path` while the upstream answers with those header lines.
  static http_reply answered_with(const std::string& path, const std::string& lines) {
    upstream_->behave({{"garbage", "HTTP/1.1 307 Temporary Redirect\r\n" + lines +
                                       "Content-Length: 0\r\nConnection: close\r\n\r\n"}});
    return call(get(path).as(user_));
  }
  /// Not one byte of it tells where an upstream is.
  static void expect_no_internal_name(const http_reply& reply) {
    std::string all = reply.body;
    for (const auto& line : reply.headers)
      all += line.name + ": " + line.value + "\n";
    for (const auto& name : internal_names_)
      EXPECT_FALSE(says(all, name)) << name << " in " << all;
  }

  static inline const std::string instances = "/api/v1/personas/instances";
  static inline values internal_names_;
};

// -- to the client -------------------------------------------------------------------------------

TEST_F(GatewayHeaders, LeadTheClientToNoAddressOfTheUpstreams) {
  const auto own = "127.0.0.1:" + std::to_string(upstream_->port());
  struct reference {
    std::string path, sent, received;
  };
  const std::vector<reference> all{
      {instances, "http://" + own + instances + "/7/?a=b#c", instances + "/7/?a=b#c"},
      {instances, "HTTP://" + own + instances, instances},
      {instances, "//" + own + instances, instances},
      {instances, "http://" + own, "/"},
      {instances, "http://" + own + "//evil.example/x", "/.//evil.example/x"},
      {instances, instances + "/7", instances + "/7"},
      {instances, "7/", "7/"},
      {instances, "?page=2", "?page=2"},
      {instances, "https://cdn.example.net/x", "https://cdn.example.net/x"},
      {instances, "http://127.0.0.1:1/x", "http://127.0.0.1:1/x"},
      {"/based/a", "http://" + own + "/api/base/based/b", "/based/b"},
      {"/based/a", "/api/base/based/b", "/based/b"},
  };
  for (const std::string name : {"Location", "Content-Location"})
    for (const auto& row : all) {
      const auto reply = answered_with(row.path, name + ": " + row.sent + "\r\n");
      EXPECT_EQ(reply.status, 307) << row.sent;
      EXPECT_EQ(reply.header(name), row.received) << name << ": " << row.sent;
    }
}

TEST_F(GatewayHeaders, NameNoInternalHostWhenAnUpstreamFails) {
  const auto failed = [&](const http_reply& reply) {
    EXPECT_TRUE(reply.status == 503 || reply.status == 504) << reply.status << reply.body;
    const auto code = json_of(reply)["error"]["code"];
    EXPECT_TRUE(code == "GW001" || code == "GW002") << reply.body;
    expect_no_internal_name(reply);
  };
  failed(call(get("/gone").as(user_)));
  failed(call(get("/unknown").as(user_)));
  for (const auto& behaviour :
       {json{{"reset", true}}, json{{"garbage", "this is no HTTP\r\n\r\n"}},
        json{{"silent", true}, {"match", "/api/base"}},
        json{{"garbage", "HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n"}}}) {
    upstream_->behave(behaviour);
    failed(call(get("/based/a").as(user_)));
  }
}

// -- to the upstream -----------------------------------------------------------------------------

TEST_F(GatewayHeaders, SpeakForNoOtherProxy) {
  const values names{"Remote-User",
                     "Remote_Groups",
                     "X-Remote-User",
                     "X-Auth-Request-User",
                     "x_auth_request_email",
                     "X-Auth-Request-Groups",
                     "X-Client-IP",
                     "X_Client_Ip",
                     "X-Real-IP",
                     "True-Client-IP",
                     "CF-Connecting-IP",
                     "X-Cluster-Client-IP",
                     "Forwarded",
                     "X-Forwarded-User",
                     "X-Forwarded-Email",
                     "X-Forwarded-Groups",
                     "X-Forwarded-Host",
                     "X-Forwarded-Proto",
                     "X-WEBAUTH-USER",
                     "X-Authenticated-Userid",
                     "X-Consumer-Username",
                     "X-Goog-Authenticated-User-Email",
                     "X-MS-Client-Principal",
                     "X-Amzn-Oidc-Identity",
                     "Cf-Access-Jwt-Assertion",
                     "Tailscale-User-Login",
                     "X-SSL-Client-Cert",
                     "X-User-Email-Verified"};
  for (const auto& name : names) {
    call(get(instances).as(user_).with(name, "forged").with("X-Own", "kept"));
    const auto seen = arrived();
    EXPECT_FALSE(says(seen.dump(), "forged")) << name;
    EXPECT_EQ(values_of(seen, "X-Own"), values{"kept"}) << name;
    upstream_->forget();
  }
}

TEST_F(GatewayHeaders, SayTheSizeOfASmallBodyThatCameInChunks) {
  const std::string body = R"({"name":"x"})";
  const auto posting = [&](const std::string& chunks) {
    http_call out{"POST", instances, {}, chunks};
    return std::move(out)
        .as(user_)
        .with("Content-Type", "application/json")
        .with("Transfer-Encoding", "chunked");
  };
  for (const auto& chunks : values{"c\r\n" + body + "\r\n0\r\n\r\n",
                                   "1\r\n{\r\nb\r\n" + body.substr(1) + "\r\n0\r\n\r\n"}) {
    EXPECT_EQ(call(posting(chunks)).status, 201);
    EXPECT_EQ(values_of(arrived(), "Content-Length"), values{"12"});
    EXPECT_EQ(values_of(arrived(), "Transfer-Encoding"), values{});
    EXPECT_EQ(arrived()["body"], body);
    upstream_->forget();
  }
}

TEST_F(GatewayHeaders, SayNoSizeThatIsNotKnown) {
  http_connection client(product_->server->port());
  client.send_raw("POST " + instances + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                  user_ +
                  "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\n{\r\n");
  // It goes on before its end is there.
  ASSERT_TRUE(eventually([] { return upstream_->seen().size() == 1; }));
  client.send_raw("b\r\n\"name\":\"x\"}\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 201);
  EXPECT_EQ(values_of(arrived(), "Content-Length"), values{});
  EXPECT_EQ(values_of(arrived(), "Transfer-Encoding"), values{"chunked"});
  EXPECT_EQ(arrived()["body"], R"({"name":"x"})");
}

// -- values that come in elsewhere ---------------------------------------------------------------

/// What no header carries unchanged (RFC 9110, 5.5).
const values no_header_values{"a\tb", "a\nb", "a\r\nX-User-Role: superuser", "a\x01", "a\x7f",
                              " a",   "a ",   std::string("a\0b", 3)};

TEST_F(GatewayHeaders, TellNothingThatAnImportRefuses) {
  std::string lines;
  for (std::size_t i = 0; i < no_header_values.size(); ++i) {
    const json line{{"username", "imported" + std::to_string(i)},
                    {"email", "imported" + std::to_string(i) + "@example.com"},
                    {"client_id", no_header_values[i]}};
    lines += line.dump() + "\n";
  }
  lines += R"({"username":"dacha","email":"dacha@example.com","client_id":"Дача"})";
  const auto done = run_latchkey({"users", "import", "-"}, product_->store.settings(),
                                 product_->store.folder(), lines);
  EXPECT_EQ(done.exit_code, 1);
  for (std::size_t i = 1; i <= no_header_values.size(); ++i)
    EXPECT_TRUE(says(done.err, "line " + std::to_string(i) + ": client_id: ")) << i << done.err;
  EXPECT_TRUE(says(done.out, "1 users imported")) << done.out;
}

TEST_F(GatewayHeaders, TellNothingThatTheAdministrationRefuses) {
  const auto admin = product_->admin();
  const auto name = new_name();
  product_->add_user(name);
  const auto id = product_->id_of(name);
  const auto user = "/admin/users/" + id;
  for (const auto& bad : no_header_values) {
    const json role{{"name", bad}, {"permissions", {"a:b"}}};
    EXPECT_TRUE(is_error(call(post_json("/admin/roles", role.dump()).as(admin)), 400,
                         "VALIDATION_ERROR", "name"));
    const json permission{{"name", "fine"}, {"permissions", {bad}}};
    EXPECT_TRUE(is_error(call(post_json("/admin/roles", permission.dump()).as(admin)), 400,
                         "VALIDATION_ERROR", "permissions"));
    const json given{{"role", bad}};
    EXPECT_EQ(call(put_json(user + "/role", given.dump()).as(admin)).status / 100, 4);
    const json tier{{"tier", bad}};
    EXPECT_EQ(
        call(put_json("/api/v1/admin/subscriptions/" + id, tier.dump()).as(admin)).status / 100, 4);
    const json email{{"email", bad + "@example.com"}};
    const auto changed = call(put_json(user, email.dump()).as(admin));
    // White space around an address is not a part of it.
    if (changed.status != 200) {
      EXPECT_TRUE(is_error(changed, 400, "VALIDATION_ERROR", "email")) << email;
    }
    upstream_->forget();
    EXPECT_EQ(call(get(instances).as(product_->sign_in(name).access)).status, 200);
    const auto passed_on = values_of(arrived(), "X-User-Email");
    ASSERT_EQ(passed_on.size(), 1u);
    EXPECT_FALSE(says(passed_on.front(), bad)) << passed_on.front();
  }
}

// -- sockets that browsers open ------------------------------------------------------------------

TEST_F(GatewayHeaders, OfABrowsersSocketMayBeATicketOrASubprotocol) {
  const auto issued = call(post("/api/v1/ws/ticket").as(user_));
  ASSERT_EQ(issued.status, 201) << issued.body;
  const auto ticket = json_of(issued)["ticket"].get<std::string>();
  const std::string offered = "Sec-WebSocket-Protocol";
  const auto origin = "http://127.0.0.1:" + std::to_string(product_->server->port());
  const auto open = [&](const std::string& target, const std::string& protocols) {
    upstream_->forget();
    return ws_client(product_->server->port(),
                     ws_handshake(target).with("Origin", origin).with(offered, protocols));
  };
  const auto expect_passed_on = [&](ws_client socket, const std::string& target) {
    ASSERT_EQ(socket.answer().status, 101) << socket.answer().body;
    const auto seen = arrived();
    EXPECT_EQ(seen["target"], target);
    EXPECT_EQ(values_of(seen, offered), values{"chat.v1"});
    EXPECT_EQ(values_of(seen, "X-User-Role"), values{"user"});
    EXPECT_FALSE(says(seen.dump(), user_));
    EXPECT_FALSE(says(seen.dump(), ticket));
    socket.say({{"is", "heard"}});
    EXPECT_EQ(socket.hear()["is"], "heard");
  };
  expect_passed_on(open(instances + "?a=1", "chat.v1, bearer." + user_), instances + "?a=1");
  expect_passed_on(open(instances + "?a=1&ticket=" + ticket, "chat.v1"), instances + "?a=1");
  EXPECT_EQ(open(instances + "?ticket=" + ticket, "chat.v1").answer().status, 401) << "used up";
  EXPECT_EQ(open(instances, "chat.v1").answer().status, 401);
  const auto foreign = ws_handshake(instances)
                           .with("Origin", "https://evil.example")
                           .with(offered, "chat.v1, bearer." + user_);
  EXPECT_EQ(ws_client(product_->server->port(), foreign).answer().status, 403);
}

} // namespace
} // namespace latchkey::test

// What an upstream is told of a caller, and that no client can tell it instead.
#include "gateway/proxy/rules/identity_headers.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <initializer_list>
#include <vector>

namespace latchkey::proxy {
namespace {

using header_list = std::initializer_list<http::header_view>;

caller_identity ada() {
  return {"0190c2a4-0000-7000-8000-000000000001",
          "acme",
          "admin",
          "pro",
          "ada@example.com",
          permission_set{"templates:manage", "projects:read"},
          true};
}

http::request request_with(header_list headers) {
  http::request in;
  in.headers = headers;
  in.request_id = "req_1";
  in.host = "auth.example.com";
  return in;
}

result<void> append_for(const caller_identity& caller, const http::request& in, std::string& out) {
  return append_request_headers(in, forwarding{caller, "203.0.113.9", true}, out);
}

/// The lines that go to the upstream, without their CRLF.
std::vector<std::string> forwarded(header_list headers) {
  std::string out;
  const auto caller = ada();
  EXPECT_TRUE(append_for(caller, request_with(headers), out).has_value());
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < out.size();) {
    const auto end = out.find("\r\n", from);
    lines.push_back(out.substr(from, end - from));
    from = end + 2;
  }
  return lines;
}

/// Of those, what is the client's own: ours are the last twelve.
std::vector<std::string> clients(header_list headers) {
  auto lines = forwarded(headers);
  EXPECT_GE(lines.size(), 12u);
  lines.resize(lines.size() - std::min<std::size_t>(lines.size(), 12));
  return lines;
}

failure refused(const caller_identity& caller, header_list headers = {}) {
  std::string out;
  const auto done = append_for(caller, request_with(headers), out);
  EXPECT_FALSE(done.has_value());
  return done ? failure{error_code::none} : done.error();
}

using lines = std::vector<std::string>;

/// Whether the upstream is told of that header.
bool is_told(const caller_identity& caller, std::string_view name) {
  std::string out;
  EXPECT_TRUE(append_for(caller, request_with({}), out).has_value());
  EXPECT_NE(out.find("X-User-ID: "), std::string::npos) << "the others stay";
  return ("\r\n" + out).find("\r\n" + std::string{name} + ": ") != std::string::npos;
}

TEST(RequestHeaders, LeaveOutAStoredValueThatCanBeNoHeader) {
  for (const std::string_view bad : {"a\r\nX-User-Role: superuser", "a\nb", "a\rb", "a\tb", "\x7f",
                                     "\x01", "a\xC2\x85", " a", "a ", "\xFF"}) {
    auto caller = ada();
    caller.email = bad;
    EXPECT_FALSE(is_told(caller, "X-User-Email")) << bad;
    caller = ada();
    caller.client_id = bad;
    EXPECT_FALSE(is_told(caller, "X-Client-ID")) << bad;
  }
  auto caller = ada();
  caller.role = std::string_view{"a\0b", 3};
  EXPECT_FALSE(is_told(caller, "X-User-Role"));
  const std::string endless(identity_value_bytes_max + 1, 'a');
  caller = ada();
  caller.tier = endless;
  EXPECT_FALSE(is_told(caller, "X-User-Tier"));
  caller.tier = "pro";
  caller.client_id = "Дача";
  EXPECT_TRUE(is_told(caller, "X-User-Tier"));
  EXPECT_TRUE(is_told(caller, "X-Client-ID"));
}

TEST(RequestHeaders, LeaveOutAPermissionThatWouldBeReadAsTwo) {
  for (const std::string_view bad : {"a:b,admin:all", "a:b\r\nX: y", "", "word"}) {
    auto caller = ada();
    caller.permissions = permission_set{bad, "a:b"};
    std::string out;
    ASSERT_TRUE(append_for(caller, request_with({}), out).has_value());
    EXPECT_NE(out.find("X-User-Permissions: a:b\r\n"), std::string::npos) << out;
  }
}

TEST(RequestHeaders, TakeAwayTheNamesUnderWhichOtherProxiesTellOfAUser) {
  for (const std::string_view name : {"Remote-User",
                                      "remote_user",
                                      "REMOTE-GROUPS",
                                      "X-Remote-User",
                                      "X-Auth-Request-User",
                                      "X-Auth-Request-Email",
                                      "x_auth_request_access_token",
                                      "X-Client-IP",
                                      "X_Client_Ip",
                                      "X-Real-IP",
                                      "True-Client-IP",
                                      "CF-Connecting-IP",
                                      "X-Forwarded-User",
                                      "X-Forwarded-Email",
                                      "X-Forwarded-Groups",
                                      "X-Forwarded-Preferred-Username",
                                      "X-Forwarded-Access-Token",
                                      "X-WEBAUTH-USER",
                                      "x.webauth.role",
                                      "X-authenticated-userid",
                                      "X-Authenticated-Groups",

                                      "X-Cluster-Client-IP",
                                      "X-Goog-Authenticated-User-Email",
                                      "X-MS-Client-Principal",
                                      "X-Amzn-Oidc-Identity",
                                      "Cf-Access-Jwt-Assertion",
                                      "Tailscale-User-Login",
                                      "X-SSL-Client-Cert",
                                      "X-Consumer-Username"})
    EXPECT_EQ(clients({{name, "eve"}}), lines{}) << name;
  EXPECT_EQ(clients({{"X-Auth", "1"}}), lines{"X-Auth: 1"});
  EXPECT_EQ(clients({{"X-Client-Version", "1"}}), lines{"X-Client-Version: 1"});
}

TEST(RequestHeaders, RefuseConnectionOptionsThatAreNone) {
  EXPECT_EQ(refused(ada(), {{"Connection", "close, X User"}}).field, "Connection");
  EXPECT_EQ(refused(ada(), {{"Connection", "a\"b"}}).code, error_code::validation_error);
  std::string many = "a";
  for (std::size_t i = 0; i < connection_options_max; ++i)
    many += ", a";
  EXPECT_EQ(refused(ada(), {{"Connection", many}}).field, "Connection");
  many.resize(many.size() - 3);
  EXPECT_EQ(clients({{"Connection", many}}), lines{});
}

TEST(RequestHeaders, RefuseALineThatTheEdgeWouldHaveRefused) {
  EXPECT_EQ(refused(ada(), {{"X-A", "b\r\nX-User-ID: 1"}}).code, error_code::validation_error);
  EXPECT_EQ(refused(ada(), {{"X A", "b"}}).code, error_code::validation_error);
  EXPECT_EQ(refused(ada(), {{"", "b"}}).code, error_code::validation_error);
}

TEST(RequestHeaders, TakeAwayWhateverTellsOfACaller) {
  for (const std::string_view name : {"X-User-Id",
                                      "x-user-id",
                                      "X_User_Id",
                                      "x_user-ID",
                                      "X-USER-ROLE",
                                      "X-User-Tier",
                                      "X-User-Email",
                                      "x_user_permissions",
                                      "X-User-Whatever",
                                      "X-User-",
                                      "X.User.Id",
                                      "X-Client-ID",
                                      "x_client_id",
                                      "X-Forwarded-For",
                                      "x_forwarded_for",
                                      "X-Forwarded-Proto",
                                      "X-FORWARDED-HOST",
                                      "X-Forwarded-Port",
                                      "X-Forwarded-Prefix",
                                      "X-Forwarded",
                                      "Forwarded",
                                      "X-Real-IP",
                                      "X_Real_IP",
                                      "X-Request-ID",
                                      "x_request_id",
                                      "traceparent",
                                      "Proxy"}) {
    EXPECT_EQ(clients({{name, "7"}, {"X-Own", "1"}}), lines{"X-Own: 1"}) << name;
    EXPECT_EQ(clients({{name, "7"}, {name, "8"}, {"X-Own", "1"}}), lines{"X-Own: 1"}) << name;
  }
}

TEST(RequestHeaders, SayOursOnceThoughConnectionNamesThem) {
  const auto sent = forwarded({{"Connection", "close, X-User-ID, x-user-role"},
                               {"connection", "X-User-Permissions, X-Forwarded-For, traceparent"},
                               {"X-User-ID", "7"}});
  ASSERT_EQ(sent.size(), 12u);
  EXPECT_EQ(sent[0], "X-User-ID: 0190c2a4-0000-7000-8000-000000000001");
  EXPECT_EQ(sent[2], "X-User-Role: admin");
}

TEST(RequestHeaders, TakeAwayWhatMakesAnotherRequestOfIt) {
  for (const std::string_view name :
       {"X-HTTP-Method-Override", "x_http_method_override", "X-HTTP-Method", "X-Method-Override",
        "X-Original-URL", "X-Rewrite-URL", "Host", "Expect"})
    EXPECT_EQ(clients({{name, "/admin"}}), lines{}) << name;
}

TEST(RequestHeaders, TakeAwayWhatIsOfTheConnection) {
  for (const std::string_view name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
        "Transfer_Encoding", "Upgrade", "Proxy-Authorization", "Proxy-Authenticate",
        "Content-Length", "content_length", "HTTP2-Settings"})
    EXPECT_EQ(clients({{name, "x"}}), lines{}) << name;
  EXPECT_EQ(clients({{"X-Hop", "1"}, {"Connection", " keep-alive ,, x-hop"}, {"X-Hop2", "2"}}),
            lines{"X-Hop2: 2"});
}

TEST(RequestHeaders, KeepOurCredentialsToOurselves) {
  for (const std::string_view name :
       {"Authorization", "authorization", "X-API-Key", "x_api_key", "X-Service-Key"})
    EXPECT_EQ(clients({{name, "secret"}}), lines{}) << name;
}

TEST(RequestHeaders, KeepOurCookiesToOurselvesAndPassOthersOn) {
  for (const std::string_view cookies :
       {"refresh_token=a", "__Host-refresh_token=a", "REFRESH_TOKEN=a", " refresh_token = a ;",
        "refresh_token", "refresh_token=\"a\"; __host-refresh_token=b;;", ";", ""})
    EXPECT_EQ(clients({{"Cookie", cookies}}), lines{}) << cookies;
  EXPECT_EQ(clients({{"cookie", "a=1; refresh_token=x.y=; b=\"2\" ;__Host-refresh_token=z;c"}}),
            lines{"cookie: a=1; b=\"2\"; c"});
  EXPECT_EQ(clients({{"Cookie", "refresh_token2=1; my_refresh_token=2"}}),
            lines{"Cookie: refresh_token2=1; my_refresh_token=2"});
  EXPECT_EQ(clients({{"Cookie", "refresh_token=1"}, {"Cookie", "a=refresh_token"}}),
            lines{"Cookie: a=refresh_token"});
}

TEST(RequestHeaders, KeepTokensInSubprotocolsToOurselves) {
  for (const std::string_view offered : {"bearer.a.b.c", "Bearer.x", " bearer. ", "", ","})
    EXPECT_EQ(clients({{"Sec-WebSocket-Protocol", offered}}), lines{}) << offered;
  EXPECT_EQ(clients({{"sec-websocket-protocol", "chat ,bearer.a.b.c,bearer"}}),
            lines{"sec-websocket-protocol: chat, bearer"});
}

TEST(RequestHeaders, PassOnWhatIsTheClients) {
  const lines own{"Content-Type: application/json",
                  "accept: */*",
                  "X-User: 1",
                  "X-Userid: 1",
                  "User-Agent: curl/8",
                  "Idempotency-Key: k"};
  EXPECT_EQ(clients({{"Content-Type", "application/json"},
                     {"accept", "*/*"},
                     {"X-User", "1"},
                     {"X-Userid", "1"},
                     {"User-Agent", "curl/8"},
                     {"Idempotency-Key", "k"}}),
            own);
}

TEST(RequestHeaders, TellOfTheCaller) {
  auto sent = forwarded({});
  ASSERT_EQ(sent.size(), 12u);
  EXPECT_TRUE(sent[8].starts_with("traceparent: 00-")) << sent[8];
  sent.erase(sent.begin() + 8);
  const lines wanted{"X-User-ID: 0190c2a4-0000-7000-8000-000000000001",
                     "X-Client-ID: acme",
                     "X-User-Role: admin",
                     "X-User-Tier: pro",
                     "X-User-Email: ada@example.com",
                     "X-User-Email-Verified: true",
                     "X-User-Permissions: projects:read,templates:manage",
                     "X-Request-ID: req_1",
                     "X-Forwarded-For: 203.0.113.9",
                     "X-Forwarded-Proto: https",
                     "X-Forwarded-Host: auth.example.com"};
  EXPECT_EQ(sent, wanted);
}

TEST(RequestHeaders, TellOfACallerWithoutAnyPermission) {
  auto caller = ada();
  caller.permissions = {};
  caller.email_verified = false;
  caller.email = "j\xc3\xb6rg@example.com";
  auto in = request_with({});
  in.host = {}; // HTTP/1.0
  std::string out;
  ASSERT_TRUE(append_request_headers(in, forwarding{caller, "::1"}, out).has_value());
  EXPECT_NE(out.find("X-User-Permissions: \r\n"), std::string::npos);
  EXPECT_NE(out.find("X-User-Email: j\xc3\xb6rg@example.com\r\n"), std::string::npos);
  EXPECT_NE(out.find("X-User-Email-Verified: false\r\n"), std::string::npos);
  EXPECT_NE(out.find("X-Forwarded-Proto: http\r\n"), std::string::npos);
  EXPECT_EQ(out.find("X-Forwarded-Host"), std::string::npos);
}

TEST(RequestHeaders, KeepTheTracesStateWithItsTrace) {
  constexpr std::string_view parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(clients({{"traceparent", parent}, {"tracestate", "a=1"}}), lines{"tracestate: a=1"});
  EXPECT_EQ(clients({{"traceparent", "00-junk"}, {"tracestate", "a=1"}}), lines{});
  EXPECT_EQ(clients({{"TraceState", "a=1"}}), lines{});
}

} // namespace
} // namespace latchkey::proxy

// edge_test.cpp — what every answer has in common: ids, errors of HTTP itself, CORS, CSRF,
// and the side that only operators see. None of it touches the store, so SQLite alone.
#include "tests/product/product.hpp"

#include <regex>

namespace latchkey::test {
namespace {

class Edge : public Product {};
INSTANTIATE_TEST_SUITE_P(Product, Edge, testing::Values("sqlite"), name_of_engine);

// -- request ids ---------------------------------------------------------------------------------

TEST_P(Edge, KeepsAWellFormedRequestIdInHeaderAndError) {
  for (const std::string id : {"req_123456789", "a", "A-b.c:d_9"}) {
    EXPECT_EQ(call(get("/health").with("X-Request-ID", id)).header("X-Request-ID"), id);
    const auto refused = call(get("/nothing").with("X-Request-ID", id));
    EXPECT_TRUE(is_error(refused, 404, "NOT_FOUND"));
    EXPECT_EQ(json_of(refused)["error"]["request_id"], id);
  }
}

TEST_P(Edge, MakesARequestIdWhenThereIsNoneOrABadOne) {
  static const std::regex form{"req_[A-Za-z0-9]{10,}"};
  std::vector<std::string> made;
  for (const auto& sent : {std::string{}, std::string{"two words"}, std::string(129, 'x'),
                           std::string{"<script>"}, std::string{"a\"b"}}) {
    made.push_back(call(get("/health").with("X-Request-ID", sent)).header("X-Request-ID"));
    EXPECT_TRUE(std::regex_match(made.back(), form)) << made.back();
  }
  made.push_back(call(get("/health")).header("X-Request-ID"));
  std::sort(made.begin(), made.end());
  EXPECT_EQ(std::adjacent_find(made.begin(), made.end()), made.end());
}

// -- errors of HTTP ------------------------------------------------------------------------------

TEST_P(Edge, KnowsNoOtherPath) {
  for (const auto* path : {"/nothing", "/auth", "/auth/", "/auth/me/", "/AUTH/ME", "/docs2",
                           "/auth/register/1", "/.env"})
    EXPECT_TRUE(is_error(call(get(path)), 404, "NOT_FOUND")) << path;
}

TEST_P(Edge, ReadsTheLargestBodyThatMayBeSent) {
  const product instance{GetParam(), {{"BODY_BYTES_MAX", "64MiB"}}};
  // More than all clients may leave unfinished by default, in a string that grows to twice as much.
  const auto answer =
      instance.call(post_json("/auth/token", std::string(std::size_t{50} * 1024 * 1024, ' ')));
  EXPECT_TRUE(is_error(answer, 400, "VALIDATION_ERROR"));
}

TEST_P(Edge, SaysWhichMethodsAPathHas) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"GET", "/auth/register", "POST, OPTIONS"},      {"GET", "/auth/token", "POST, OPTIONS"},
      {"GET", "/auth/token/refresh", "POST, OPTIONS"}, {"GET", "/auth/logout", "POST, OPTIONS"},
      {"DELETE", "/auth/token", "POST, OPTIONS"},      {"POST", "/auth/me", "GET, HEAD, OPTIONS"},
      {"POST", "/health", "GET, HEAD, OPTIONS"},       {"BREW", "/health", "GET, HEAD, OPTIONS"},
      {"get", "/health", "GET, HEAD, OPTIONS"},
  };
  for (const auto& [method, path, allowed] : cases) {
    const auto reply = call({method, path, {}, {}});
    EXPECT_TRUE(is_error(reply, 405, "METHOD_NOT_ALLOWED")) << method << " " << path;
    EXPECT_EQ(reply.header("Allow"), allowed) << method << " " << path;
  }
  EXPECT_EQ(call({"OPTIONS", "/auth/token", {}, {}}).header("Allow"), "POST, OPTIONS");
}

TEST_P(Edge, TakesABodyOfOneMebibyteAndNoMore) {
  const auto padded = [](std::size_t size) {
    auto body = credentials(new_name()).dump();
    return body + std::string(size - body.size(), ' ');
  };
  constexpr std::size_t limit = 1024 * 1024;
  EXPECT_TRUE(is_error(call(post_json("/auth/token", padded(limit))), 401, "AUTH001"));
  EXPECT_TRUE(
      is_error(call(post_json("/auth/token", padded(limit + 1))), 413, "PAYLOAD_TOO_LARGE"));
  const auto chunked = [&](std::size_t size) {
    std::ostringstream body;
    body << std::hex << size << "\r\n" << padded(size) << "\r\n0\r\n\r\n";
    return post_json("/auth/token", body.str()).with("Transfer-Encoding", "chunked");
  };
  EXPECT_TRUE(is_error(call(chunked(limit)), 401, "AUTH001"));
  EXPECT_TRUE(is_error(call(chunked(limit + 1)), 413, "PAYLOAD_TOO_LARGE"));
}

TEST_P(Edge, RefusesALongTargetAndLongHeaders) {
  EXPECT_EQ(call(get("/health?" + std::string(4000, 'x'))).status, 200);
  EXPECT_TRUE(is_error(call(get("/health?" + std::string(5000, 'x'))), 414, "VALIDATION_ERROR"));
  EXPECT_EQ(call(get("/health").with("X-Long", std::string(7000, 'x'))).status, 200);
  EXPECT_TRUE(is_error(call(get("/health").with("X-Long", std::string(9000, 'x'))), 431,
                       "VALIDATION_ERROR"));
}

TEST_P(Edge, AnswersWhatIsNotHttpWithAnErrorAndTheEnd) {
  for (const std::string bytes :
       {"GET /health HTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost : a\r\n\r\n", "nonsense\r\n\r\n",
        "POST /auth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "POST /auth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    http_connection peer{on().server->port()};
    peer.send_raw(bytes);
    const auto reply = peer.receive();
    EXPECT_TRUE(is_error(reply, 400, "VALIDATION_ERROR")) << bytes;
    EXPECT_EQ(reply.header("Connection"), "close") << bytes;
    EXPECT_TRUE(peer.ends()) << bytes;
  }
}

TEST_P(Edge, AnswersManyRequestsOfOneConnectionInTheirOrder) {
  http_connection peer{on().server->port()};
  const auto bytes =
      to_bytes(get("/health").with("X-Request-ID", "one"), on().server->port()) +
      to_bytes(post_json("/auth/token", "{}").with("X-Request-ID", "two"), on().server->port()) +
      to_bytes(get("/nothing").with("X-Request-ID", "three"), on().server->port());
  peer.send_raw(bytes);
  const auto first = peer.receive();
  EXPECT_EQ(std::pair(first.status, first.header("X-Request-ID")),
            std::pair(200, std::string{"one"}));
  const auto second = peer.receive();
  EXPECT_EQ(std::pair(second.status, second.header("X-Request-ID")),
            std::pair(400, std::string{"two"}));
  EXPECT_EQ(peer.receive().status, 404);
  EXPECT_EQ(peer.exchange(get("/health")).status, 200);
}

// -- CORS
// ------------------------------------------------------------------------------------------

http_call preflight(const std::string& origin) {
  return http_call{"OPTIONS", "/auth/token", {}, {}}
      .with("Origin", origin)
      .with("Access-Control-Request-Method", "POST")
      .with("Access-Control-Request-Headers", "authorization, content-type");
}

TEST_P(Edge, LetsPagesOfAnAllowedOriginCall) {
  const auto reply = call(preflight(friend_origin));
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), friend_origin);
  EXPECT_EQ(reply.header("Access-Control-Allow-Credentials"), "true");
  EXPECT_NE(reply.header("Access-Control-Allow-Methods").find("POST"), std::string::npos);
  for (const auto* name : {"Authorization", "Content-Type", "X-Request-ID", "X-Token-Delivery"})
    EXPECT_NE(reply.header("Access-Control-Allow-Headers").find(name), std::string::npos) << name;
  EXPECT_EQ(reply.header("Vary"), "Origin");

  for (const auto& asked : {get("/health"), get("/auth/me"), get("/nothing")}) {
    const auto answer = call(http_call{asked}.with("Origin", friend_origin));
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), friend_origin) << asked.target;
    EXPECT_EQ(answer.header("Access-Control-Allow-Credentials"), "true");
    EXPECT_NE(answer.header("Access-Control-Expose-Headers").find("X-Request-ID"),
              std::string::npos);
    EXPECT_EQ(answer.header("Vary"), "Origin");
  }
}

TEST_P(Edge, LetsPagesOfNoOtherOriginCall) {
  for (const auto* origin : {"https://evil.example", "null", "https://app.example.com.evil",
                             "http://app.example.com", "https://app.example.com:8443", "*"}) {
    for (const auto& asked : {preflight(origin), get("/health").with("Origin", origin)}) {
      const auto reply = call(asked);
      for (const auto& h : reply.headers)
        EXPECT_FALSE(h.name.starts_with("Access-Control-")) << origin << " " << h.name;
    }
  }
}

// -- CSRF
// ------------------------------------------------------------------------------------------

TEST_P(Edge, RefusesToRefreshByCookieForAForeignPage) {
  const auto held = on().sign_in_new_user();
  const auto refresh = [&] { return post("/auth/token/refresh").cookie(held.refresh); };
  const std::vector<http_call> foreign = {
      refresh().with("Sec-Fetch-Site", "cross-site"),
      refresh().with("Sec-Fetch-Site", "cross-site").with("Origin", friend_origin),
      refresh().with("Origin", "https://evil.example"),
      refresh().with("Origin", "https://app.example.com.evil"),
      refresh().with("Origin", "null"),
      refresh().with("Origin", "http://127.0.0.1:1"),
      refresh().with("Origin", ""),
  };
  for (const auto& asked : foreign)
    EXPECT_TRUE(is_error(call(asked), 403, "CSRF_FAILED")) << to_bytes(asked, 0);

  const auto own = "http://127.0.0.1:" + std::to_string(on().server->port());
  const auto reply = call(refresh().with("Sec-Fetch-Site", "same-origin").with("Origin", own));
  // The refusals have rotated nothing.
  EXPECT_EQ(counter_of(tokens_of(reply).refresh), counter_of(held.refresh) + 1) << reply.body;
  EXPECT_EQ(call(refresh().with("Origin", friend_origin)).status, 200);
  EXPECT_EQ(call(refresh().with("Sec-Fetch-Site", "none")).status, 200);
}

TEST_P(Edge, FindsItsOwnAmongRefreshCookies) {
  const auto first = on().sign_in_new_user();
  auto held = on().sign_in_new_user();
  auto forged = held.refresh;
  forged[forged.size() - 2] = forged[forged.size() - 2] == 'A' ? 'B' : 'A';
  const std::string neighbour = "01890a5d-ac96-774b-bcce-b302099a8057.3." + std::string(43, 'A');
  for (const auto& other : {std::string{"shop-cookie"}, forged, neighbour})
    for (const bool is_first : {true, false}) {
      const auto& earlier = is_first ? other : held.refresh;
      const auto& later = is_first ? held.refresh : other;
      const auto reply =
          call(post("/auth/token/refresh").cookie(earlier + "; refresh_token=" + later));
      EXPECT_EQ(reply.status, 200) << earlier << " " << later;
      held = tokens_of(reply);
    }
  // Of two of ours the one of the newer session.
  const auto both = post("/auth/token/refresh").cookie(first.refresh).cookie(held.refresh);
  const auto session = held.refresh.substr(0, held.refresh.find('.'));
  EXPECT_TRUE(tokens_of(call(both)).refresh.starts_with(session));
  EXPECT_TRUE(is_error(call(post("/auth/token/refresh")), 401, "AUTH003", "refresh_token"));
  // Other cookies do not matter.
  const auto among =
      post("/auth/token/refresh")
          .with("Cookie", "a=b; refresh_token=" + first.refresh + "; x_refresh_token=1");
  EXPECT_EQ(counter_of(tokens_of(call(among)).refresh), 2);
}

TEST_P(Edge, TakesARefreshTokenOfTheBodyBeforeACookie) {
  const auto held = on().sign_in_new_user();
  auto body = json{{"refresh_token", held.refresh}}.dump();
  const auto other = on().sign_in_new_user();
  const auto beside = call(post_json("/auth/token/refresh", body).cookie(other.refresh));
  EXPECT_EQ(beside.status, 200) << beside.body;
  EXPECT_FALSE(beside.has("Set-Cookie"));
  EXPECT_EQ(call(post("/auth/token/refresh").cookie(other.refresh)).status, 200);
  body = json{{"refresh_token", json_of(beside)["refresh_token"]}}.dump();
  const http_call as_text{"POST", "/auth/token/refresh", {{"Content-Type", "text/plain"}}, body};
  EXPECT_TRUE(is_error(call(as_text), 415, "UNSUPPORTED_MEDIA_TYPE"));
  // The successor goes back the way the token came.
  const auto reply = call(post_json("/auth/token/refresh", body));
  EXPECT_FALSE(reply.has("Set-Cookie"));
  EXPECT_EQ(counter_of(json_of(reply)["refresh_token"].get<std::string>()), 3) << reply.body;
}

TEST(EdgeBehindAProxy, TakesTheIssuersOriginForItsOwn) {
  product instance{"sqlite", {{"ISSUER", "https://auth.example.com/"}}};
  const auto held = instance.sign_in_new_user();
  const auto refresh = post("/auth/token/refresh").cookie(held.refresh);
  const auto reply = instance.call(http_call{refresh}.with("Origin", "https://auth.example.com"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_NE(reply.header("Set-Cookie").find("; Secure"), std::string::npos);
  EXPECT_TRUE(reply.header("Set-Cookie").starts_with("__Host-refresh_token="));
  for (const auto* other : {"http://auth.example.com", "https://auth.example.com.evil"})
    EXPECT_TRUE(
        is_error(instance.call(http_call{refresh}.with("Origin", other)), 403, "CSRF_FAILED"));
}

// -- the internal side
// ------------------------------------------------------------------------------

TEST_P(Edge, HidesTheInternalSideFromThePublicOne) {
  for (const auto* path : {"/internal/health", "/internal/metrics", "/metrics", "/internal"})
    EXPECT_TRUE(is_error(call(get(path)), 404, "NOT_FOUND")) << path;
  for (const auto* path : {"/auth/token", "/auth/me", "/health"})
    EXPECT_EQ(on().call_internal(get(path)).status, 404) << path;
}

} // namespace
} // namespace latchkey::test

// exchange_test.cpp — requests and answers over real sockets, as clients send them.
#include "tests/gateway/http/connection/test_server.hpp"

#include <gtest/gtest.h>

namespace latchkey::http::testing {
namespace {

TEST(HttpExchange, AnswersOnAConnectionThatStays) {
  test_server server;
  raw_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(get("/fixed"));
    auto answer = client.read_reply();
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.body, R"({"ok":true})");
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("cache-control"), "no-store");
    EXPECT_EQ(answer.header("connection"), "");
    EXPECT_TRUE(answer.header("date").ends_with(" GMT"));
  }
}

TEST(HttpExchange, ReadsARequestByteByByte) {
  test_server server;
  raw_client client(server.port());
  auto bytes = post("/echo", "hello") +
               "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3;x=\"y\"\r\nabc\r\n2\r\nde\r\n0\r\nX-T: u\r\n\r\n" +
               get("/fixed");
  for (char c : bytes)
    ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.read_reply().body, "hello");
  EXPECT_EQ(client.read_reply().body, "abcde");
  EXPECT_EQ(client.read_reply().body, R"({"ok":true})");
}

TEST(HttpExchange, RefusesBodiesInCodingsThatNobodyReads) {
  test_server server;
  raw_client client(server.port());
  for (const auto* coding : {"gzip", "br, identity", "GZIP", "x-unknown"}) {
    client.send(post("/echo", "hello", std::string{"Content-Encoding: "} + coding + "\r\n"));
    const auto refused = client.read_reply();
    EXPECT_EQ(refused.status, 415u) << coding;
    EXPECT_EQ(refused.header("accept-encoding"), "identity");
    EXPECT_NE(refused.body.find("Content-Encoding"), std::string::npos) << refused.body;
  }
  for (const auto* coding : {"identity", "Identity", "identity, identity", ""}) {
    client.send(post("/echo", "hello", std::string{"Content-Encoding: "} + coding + "\r\n"));
    EXPECT_EQ(client.read_reply().body, "hello") << coding;
  }
  client.send(get("/fixed", "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.read_reply().status, 200u) << "there is no body";
}

TEST(HttpExchange, ReadsAnAbsoluteTargetWithoutAPath) {
  test_server server;
  for (const auto* target : {"http://other.example", "http://other.example:81?a=b"}) {
    const auto answer =
        ask(server.port(), std::string{"GET "} + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(answer.status, 404u) << target << ": there is no route of \"/\"";
  }
  const auto whole = ask(server.port(), "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(whole.status, 204u);
  EXPECT_NE(whole.header("allow").find("GET"), std::string::npos);
}

TEST(HttpExchange, AnswersAPipelineInOrder) {
  test_server server;
  raw_client client(server.port());
  std::string pipeline;
  for (int i = 0; i < 500; ++i)
    pipeline += i % 3 == 0 ? post("/echo", std::to_string(i)) : get("/items/" + std::to_string(i));
  client.send(pipeline);
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(client.read_reply().body, std::to_string(i));
}

TEST(HttpExchange, APipelinesSlowRequestHoldsTheOnesBehindIt) {
  test_server server;
  raw_client client(server.port());
  client.send(get("/wait") + get("/fixed"));
  ASSERT_TRUE(server.wait_until([](http_server& s) { return s.in_flight() == 1; }));
  server.release();
  EXPECT_EQ(client.read_reply().body, "released");
  EXPECT_EQ(client.read_reply().body, R"({"ok":true})");
}

TEST(HttpExchange, TakesAMebibyteOfBodyEitherWay) {
  test_server server;
  std::string body(1024 * 1024, 'b');
  EXPECT_EQ(ask(server.port(), post("/echo", body)).body, body);
  EXPECT_EQ(ask(server.port(), "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n"
                               "\r\n100000\r\n" +
                                   body + "\r\n0\r\n\r\n")
                .body,
            body);
}

TEST(HttpExchange, TrailersNeverBecomeHeaders) {
  test_server server;
  raw_client client(server.port());
  client.send("GET /headers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
              "Trailer: X-User-Id\r\n\r\n1\r\nx\r\n0\r\nX-User-Id: 1\r\nConnection: close\r\n"
              "Content-Length: 3\r\n\r\n");
  auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body.find("X-User-Id="), std::string::npos) << answer.body;
  client.send(get("/fixed")); // nor does a trailer end the connection
  EXPECT_EQ(client.read_reply().status, 200u);
}

TEST(HttpExchange, KeepsAWellFormedRequestIdAndReplacesOthers) {
  test_server server;
  auto id_for = [&](std::string_view lines) {
    return ask(server.port(), get("/fixed", lines)).header("x-request-id");
  };
  EXPECT_EQ(id_for("X-Request-ID: abc.DEF:1-2_3\r\n"), "abc.DEF:1-2_3");
  EXPECT_TRUE(id_for("").starts_with("req_"));
  EXPECT_TRUE(id_for("X-Request-ID: a b\r\n").starts_with("req_"));
  EXPECT_TRUE(id_for("X-Request-ID: " + std::string(129, 'a') + "\r\n").starts_with("req_"));
  EXPECT_NE(id_for(""), id_for(""));
}

TEST(HttpExchange, AnswersHeadAsGetWithoutABody) {
  test_server server;
  raw_client client(server.port());
  client.send("HEAD /fixed HTTP/1.1\r\nHost: a\r\n\r\n" + get("/fixed"));
  auto head = client.read_reply(true);
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.header("content-length"), "11");
  EXPECT_EQ(client.read_reply().body, R"({"ok":true})");
}

TEST(HttpExchange, UnknownPathsAre404AndTheConnectionStays) {
  test_server server;
  raw_client client(server.port());
  client.send(post("/nowhere", "body") + get("/fixed"));
  auto missing = client.read_reply();
  EXPECT_EQ(missing.status, 404u);
  EXPECT_NE(missing.body.find(R"("code":"NOT_FOUND")"), std::string::npos);
  EXPECT_NE(missing.body.find(missing.header("x-request-id")), std::string::npos);
  EXPECT_EQ(client.read_reply().status, 200u);
}

TEST(HttpExchange, WrongMethodsAre405WithAllow) {
  test_server server;
  auto wrong = ask(server.port(), post("/fixed", ""));
  EXPECT_EQ(wrong.status, 405u);
  EXPECT_EQ(wrong.header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_NE(wrong.body.find(R"("code":"METHOD_NOT_ALLOWED")"), std::string::npos);
  EXPECT_EQ(ask(server.port(), "get /fixed HTTP/1.1\r\nHost: a\r\n\r\n").status, 405u);
}

TEST(HttpExchange, TraceAndConnectAre405) {
  test_server server;
  EXPECT_EQ(ask(server.port(), "TRACE /fixed HTTP/1.1\r\nHost: a\r\n\r\n").status, 405u);
  EXPECT_EQ(ask(server.port(), "TRACE /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").status, 405u);
  raw_client client(server.port());
  client.send("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" + get("/fixed"));
  auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 405u);
  EXPECT_NE(answer.header("allow"), "");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpExchange, OptionsTellWhatAPathTakes) {
  test_server server;
  auto reply = ask(server.port(), "OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(reply.status, 204u);
  EXPECT_EQ(reply.header("allow"), "POST, OPTIONS");
  EXPECT_EQ(reply.headers.count("content-length"), 0u);
  auto all = ask(server.port(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(all.header("allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(ask(server.port(), "OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").status, 404u);
}

TEST(HttpExchange, TakesAbsoluteTargets) {
  test_server server;
  auto answer =
      ask(server.port(), "GET http://other.example:81/headers HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_NE(answer.body.find("host is other.example:81\n"), std::string::npos) << answer.body;
}

TEST(HttpExchange, DecodesThePathOnce) {
  test_server server;
  EXPECT_EQ(ask(server.port(), get("/items/a%20b%C3%A9?x=/../")).body, "a b\xc3\xa9");
  EXPECT_EQ(ask(server.port(), get("/%66ixed")).status, 200u);
}

TEST(HttpExchange, TellsThePeersAddress) {
  test_server server;
  EXPECT_NE(ask(server.port(), get("/headers")).body.find("peer is 127.0.0.1\nplain"),
            std::string::npos);
}

TEST(HttpExchange, IgnoresEmptyLinesBeforeARequest) {
  test_server server;
  EXPECT_EQ(ask(server.port(), "\r\n\r\n" + get("/fixed")).status, 200u);
}

TEST(HttpExchange, EndsTheConnectionWhenEitherSideAsks) {
  test_server server;
  raw_client first(server.port());
  first.send(get("/fixed", "Connection: close\r\n") + get("/fixed"));
  EXPECT_EQ(first.read_reply().header("connection"), "close");
  EXPECT_TRUE(first.is_closed());
  raw_client second(server.port());
  second.send(get("/bye") + get("/fixed"));
  EXPECT_EQ(second.read_reply().header("connection"), "close");
  EXPECT_TRUE(second.is_closed());
}

TEST(HttpExchange, Http10EndsUnlessItAsksToStay) {
  test_server server;
  raw_client ends(server.port());
  ends.send("GET /fixed HTTP/1.0\r\n\r\n");
  EXPECT_EQ(ends.read_reply().status, 200u);
  EXPECT_TRUE(ends.is_closed());
  raw_client stays(server.port());
  for (int i = 0; i < 2; ++i) {
    stays.send("GET /fixed HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(stays.read_reply().header("connection"), "keep-alive");
  }
}

TEST(HttpExchange, AnswersAHalfClosedClient) {
  test_server server;
  raw_client client(server.port());
  client.send(get("/fixed"));
  client.half_close();
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpExchange, ContinuesAClientThatAsks) {
  test_server server;
  raw_client client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_reply().status, 100u);
  client.send("ok");
  EXPECT_EQ(client.read_reply().body, "ok");
}

TEST(HttpExchange, RefusesBeforeABodyThatNobodyTakes) {
  test_server server;
  for (auto [target, status] : {std::pair{"/nowhere", 404u}, {"/fixed", 405u}}) {
    raw_client client(server.port());
    client.send("POST " + std::string(target) +
                " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    auto answer = client.read_reply();
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("connection"), "close"); // the body is unread
    client.half_close();
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(HttpExchange, AnExceptionIsA500ThatTellsNothing) {
  test_server server;
  raw_client client(server.port());
  client.send(get("/throw") + get("/fixed"));
  auto answer = client.read_reply();
  EXPECT_EQ(answer.status, 500u);
  EXPECT_NE(answer.body.find(R"("code":"INTERNAL_ERROR")"), std::string::npos);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(client.read_reply().status, 200u);
  EXPECT_EQ(server.exceptions(), std::vector<std::string>{"a secret detail"});
}

TEST(HttpExchange, TellsTheHookWhatWasAnswered) {
  test_server server;
  raw_client client(server.port());
  client.send(get("/items/7") + get("/nowhere") + "BAD\r\n");
  ASSERT_TRUE(client.read_to_end().has_value());
  EXPECT_EQ(server.finished(),
            (std::vector<std::string>{"GET /items/{id} 200", "GET  404", "OTHER  400"}));
}

TEST(HttpExchange, HooksAdmitDecorateAndRenderErrors) {
  test_server server([](http_server_options& options) {
    options.hooks.admit = [](exchange& x) -> std::optional<response> {
      if (x.in.query != "refuse") return std::nullopt;
      return json_response(429, "slow down");
    };
    options.hooks.decorate = [](const exchange&, response& answer) {
      answer.add("X-RateLimit-Limit", 7);
    };
    options.hooks.render_error = [](const failure& error, const request&, const route*) {
      return json_response(status_of(error.code), "flat");
    };
  });
  auto refused = ask(server.port(), get("/fixed?refuse"));
  EXPECT_EQ(refused.status, 429u);
  EXPECT_EQ(refused.header("x-ratelimit-limit"), "7");
  EXPECT_EQ(ask(server.port(), get("/fixed")).header("x-ratelimit-limit"), "7");
  auto missing = ask(server.port(), get("/nowhere"));
  EXPECT_EQ(missing.status, 404u);
  EXPECT_EQ(missing.body, "flat");
}

TEST(HttpExchange, AnswersPreflightsOfAllowedOriginsAlone) {
  test_server server([](http_server_options& options) {
    options.allowed_origins = origin_list({"https://app.example.com"});
  });
  auto preflight = [&](std::string_view origin) {
    return ask(server.port(),
               "OPTIONS /echo HTTP/1.1\r\nHost: a\r\nOrigin: " + std::string(origin) +
                   "\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  };
  EXPECT_EQ(preflight("https://app.example.com").header("access-control-allow-methods"),
            "POST, OPTIONS");
  EXPECT_EQ(preflight("https://evil.example").headers.count("access-control-allow-origin"), 0u);
  auto missing = ask(server.port(), get("/nowhere", "Origin: https://app.example.com\r\n"));
  EXPECT_EQ(missing.header("access-control-allow-origin"), "https://app.example.com");
  EXPECT_EQ(missing.header("vary"), "Origin");
}

} // namespace
} // namespace latchkey::http::testing

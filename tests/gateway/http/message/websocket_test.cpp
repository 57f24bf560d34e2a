// websocket_test.cpp — the opening handshake of RFC 6455: what is refused and why, what is
// accepted and how.
#include "tests/gateway/http/body/test_source.hpp"

#include "gateway/http/message/request_parser.hpp"
#include "gateway/http/message/websocket_handshake.hpp"

#include <array>
#include <gtest/gtest.h>

namespace latchkey::http::testing {
namespace {

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ=="; // RFC 6455, section 1.3
constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const std::string upgrade_lines = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
const std::string key_line = "Sec-WebSocket-Key: " + std::string(sample_key) + "\r\n";
const std::string version_line = "Sec-WebSocket-Version: 13\r\n";
const std::string good_lines = upgrade_lines + key_line + version_line;

/// A request as the connection's parser leaves it.
class parsed {
public:
  explicit parsed(std::string_view bytes) : parser_(limits_) {
    std::size_t used = 0;
    EXPECT_EQ(parser_.read_header(bytes, used), progress::complete) << bytes;
  }
  const request& in() const { return parser_.in(); }

private:
  http_limits limits_;
  request_parser parser_;
};

/// "status field" of what becomes of a handshake with these header lines.
std::string verdict(const std::string& lines, std::string_view first = "GET / HTTP/1.1") {
  parsed request(std::string(first) + "\r\nHost: a\r\n" + lines + "\r\n");
  const auto checked = check_websocket(request.in());
  EXPECT_EQ(checked.is_good(), checked.reason.empty());
  return std::to_string(checked.status()) + " " + std::string(checked.field);
}

TEST(WebSocketHandshake, RefusesOtherMethodsAndVersionsOfHttp) {
  EXPECT_EQ(verdict(good_lines, "POST / HTTP/1.1"), "405 ");
  EXPECT_EQ(verdict(good_lines, "HEAD / HTTP/1.1"), "405 ");
  EXPECT_EQ(verdict(good_lines, "GET / HTTP/1.0"), "400 ");
}

TEST(WebSocketHandshake, RefusesWhatDoesNotAskForIt) {
  EXPECT_EQ(verdict(""), "400 Upgrade");
  for (auto other :
       {"Upgrade: h2c", "Upgrade: websockets", "Upgrade: \"websocket\"", "X: websocket"})
    EXPECT_EQ(verdict(std::string(other) + "\r\nConnection: Upgrade\r\n" + key_line + version_line),
              "400 Upgrade")
        << other;
  for (auto other : {"Connection: keep-alive", "Connection: Upgrades", "X: Upgrade"})
    EXPECT_EQ(verdict(std::string(other) + "\r\nUpgrade: websocket\r\n" + key_line + version_line),
              "400 Connection")
        << other;
}

TEST(WebSocketHandshake, RefusesVersionsOtherThan13) {
  EXPECT_EQ(verdict(upgrade_lines + key_line), "400 Sec-WebSocket-Version");
  for (auto other : {"", "8", "14", "13, 8", "013", "+13", "13;x"})
    EXPECT_EQ(verdict(upgrade_lines + key_line + "Sec-WebSocket-Version: " + other + "\r\n"),
              "426 Sec-WebSocket-Version")
        << other;
  EXPECT_EQ(verdict(good_lines + version_line), "426 Sec-WebSocket-Version");
}

TEST(WebSocketHandshake, RefusesKeysThatAreNot16BytesOnce) {
  EXPECT_EQ(verdict(upgrade_lines + version_line), "400 Sec-WebSocket-Key");
  for (auto other :
       {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAB==", "AAAAAAAAAAAAAAAAAAA-AA==", "AAAAAAAAAAAAAAAAAAAA AA==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAA==, AAAAAAAAAAAAAAAAAAAAAA=="})
    EXPECT_EQ(verdict(upgrade_lines + version_line + "Sec-WebSocket-Key: " + other + "\r\n"),
              "400 Sec-WebSocket-Key")
        << other;
  EXPECT_EQ(verdict(good_lines + key_line), "400 Sec-WebSocket-Key");
}

TEST(WebSocketHandshake, RefusesSubprotocolsThatAreNoTokens) {
  EXPECT_EQ(verdict(good_lines + "Sec-WebSocket-Protocol: a, b c\r\n"),
            "400 Sec-WebSocket-Protocol");
  EXPECT_EQ(verdict(good_lines + "Sec-WebSocket-Protocol: bearer.a=b\r\n"),
            "400 Sec-WebSocket-Protocol");
}

TEST(WebSocketHandshake, TakesListsInAnyCaseOverSeveralLines) {
  EXPECT_EQ(verdict(good_lines), "101 ");
  EXPECT_EQ(
      verdict("upgrade: h2c, WebSocket\r\nconnection: keep-alive\r\nCONNECTION:\t,UPGRADE ,\r\n" +
              key_line + version_line + "Sec-WebSocket-Protocol: a, b\r\n"),
      "101 ");
}

TEST(WebSocketHandshake, AnswersAsTheExampleOfTheRfc) {
  EXPECT_EQ(websocket_accept_of(sample_key), sample_accept);
}

TEST(WebSocketHandshake, SelectsTheFirstSubprotocolThatIsOurs) {
  const std::array<std::string_view, 2> ours{"latchkey.v2", "latchkey.v1"};
  const auto selected = [&](const std::string& lines) {
    parsed request(get("/", lines));
    return std::string(select_subprotocol(request.in(), ours));
  };
  EXPECT_EQ(selected(""), "");
  EXPECT_EQ(selected("Sec-WebSocket-Protocol: other, LATCHKEY.V1, bearer.abc\r\n"), "");
  EXPECT_EQ(selected("Sec-WebSocket-Protocol: bearer.abc,latchkey.v1 , latchkey.v2\r\n"),
            "latchkey.v1");
  EXPECT_EQ(selected("Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: latchkey.v2\r\n"),
            "latchkey.v2");
}

TEST(WebSocketHandshake, FindsWhatASubprotocolCarries) {
  parsed request(get("/", "Sec-WebSocket-Protocol: latchkey.v1, bearer.a.b-c_d, bearer.e\r\n"));
  EXPECT_EQ(subprotocol_value(request.in(), "bearer."), "a.b-c_d");
  EXPECT_EQ(subprotocol_value(request.in(), "ticket."), "");
}

TEST(WebSocketHandshake, OpensAConnectionOrSaysWhyNot) {
  const handler open = [](exchange& x) -> awaitable<response> {
    const auto checked = check_websocket(x.in);
    response answer;
    if (checked.is_good()) {
      takeover taker = echo_over;
      answer = accept_websocket(checked, "latchkey.v1", std::move(taker));
    } else {
      answer = json_response(400, checked.as_failure().reason);
      refuse_websocket(checked, answer);
    }
    co_return answer;
  };
  test_server server([&](http_server_options& options) {
    long_limits(options);
    options.routes = make_table({make_route(method::get, "/ws", open)});
  });
  raw_client client(server.port());
  client.send(get("/ws", upgrade_lines + key_line + "Sec-WebSocket-Version: 8\r\n"));
  const auto refused = client.read_reply();
  EXPECT_EQ(refused.status, 426u);
  EXPECT_EQ(refused.header("sec-websocket-version"), "13");
  EXPECT_EQ(refused.header("upgrade"), "websocket");
  EXPECT_EQ(refused.header("connection"), "Upgrade");
  EXPECT_EQ(refused.body, "must be 13, once");
  client.send("HEAD /ws HTTP/1.1\r\nHost: a\r\n" + good_lines + "\r\n");
  const auto head = client.read_reply(true);
  EXPECT_EQ(head.status, 405u);
  EXPECT_EQ(head.header("allow"), "GET");
  client.send(get("/ws", good_lines)); // the connection has stayed
  const auto opened = client.read_reply();
  EXPECT_EQ(opened.status, 101u);
  EXPECT_EQ(opened.header("sec-websocket-accept"), sample_accept);
  EXPECT_EQ(opened.header("sec-websocket-protocol"), "latchkey.v1");
  EXPECT_EQ(opened.header("upgrade"), "websocket");
  EXPECT_EQ(opened.header("connection"), "Upgrade");
  EXPECT_EQ(client.read_bytes(11), "127.0.0.1||");
}

} // namespace
} // namespace latchkey::http::testing

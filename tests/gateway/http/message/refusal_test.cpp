// refusal_test.cpp — messages that two servers could read differently, or that are too
// much: each is answered once, the connection ends, and what follows is never a request.
#include "tests/gateway/http/connection/test_server.hpp"

#include <gtest/gtest.h>

namespace latchkey::http::testing {
namespace {

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

class Refusal : public ::testing::Test {
protected:
  /// `bytes` are answered with `status` and the end, though a good request follows them.
  void refuses(std::string_view bytes, unsigned status = 400,
               std::string_view code = "VALIDATION_ERROR") {
    SCOPED_TRACE(std::string(bytes.substr(0, 200)));
    raw_client client(server_.port());
    client.send(bytes);
    client.send(get("/fixed"));
    auto all = client.read_to_end();
    ASSERT_TRUE(all.has_value()) << "the connection stayed open";
    EXPECT_EQ(count_of(*all, "HTTP/1.1 "), 1u) << *all;
    EXPECT_TRUE(all->starts_with("HTTP/1.1 " + std::to_string(status) + " ")) << *all;
    EXPECT_NE(all->find("Connection: close\r\n"), std::string::npos) << *all;
    EXPECT_NE(all->find("\"code\":\"" + std::string(code) + "\""), std::string::npos) << *all;
    EXPECT_NE(all->find("\"request_id\":\"req_"), std::string::npos) << *all;
    EXPECT_EQ(all->find("{\"ok\":true}"), std::string::npos);
  }

  /// With a Host, `lines` and an empty line after them.
  void refuses_header(std::string_view lines, unsigned status = 400) {
    refuses("POST /echo HTTP/1.1\r\nHost: localhost\r\n" + std::string(lines) + "\r\n", status);
  }

  void refuses_chunks(std::string_view chunks, unsigned status = 400,
                      std::string_view code = "VALIDATION_ERROR") {
    refuses("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
                std::string(chunks),
            status, code);
  }

  test_server server_;
};

// -- framing ------------------------------------------------------------------------

TEST_F(Refusal, TransferEncodingOtherThanChunked) {
  for (auto value :
       {"identity", "gzip", "gzip, chunked", "chunked, gzip", "xchunked", "chunkedx", "chunked;q=1",
        "\"chunked\"", "chunked,", ", chunked", "chunked, chunked", "", "chunked\v",
        "\x0b"
        "chunked"})
    refuses_header("Transfer-Encoding: " + std::string(value) + "\r\n");
}

TEST_F(Refusal, TransferEncodingTwice) {
  refuses_header("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
  refuses_header("Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n");
}

TEST_F(Refusal, TransferEncodingWithContentLength) {
  refuses_header("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n");
  refuses_header("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n");
}

TEST_F(Refusal, ChunkedOnHttp10) {
  refuses("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(Refusal, ContentLengthThatIsNotOneNumber) {
  for (auto value : {"", "+5", "-5", "-0", "0x5", "5,5", "5, 5", "5 5", "5.0", "5e0", "five", "5;",
                     "18446744073709551616", "18446744073709551615", "99999999999999999999999",
                     "00000000000000000000005"})
    refuses_header("Content-Length: " + std::string(value) + "\r\n");
}

TEST_F(Refusal, ContentLengthTwice) {
  refuses_header("Content-Length: 5\r\nContent-Length: 6\r\n");
  refuses_header("Content-Length: 5\r\nContent-length: 5\r\n");
}

TEST_F(Refusal, MalformedChunks) {
  for (auto chunks : {"\r\n", "x\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
                      "-1\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
                      "5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
                      "5\r\nhelloXX0\r\n\r\n", "5 ;a\r\nhello\r\n0\r\n\r\n",
                      "5;a\rb\r\nhello\r\n0\r\n\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n"})
    refuses_chunks(chunks);
}

TEST_F(Refusal, EndlessChunkExtension) {
  refuses_chunks("5;" + std::string(100'000, 'a'));
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "1;" + std::string(200, 'a') + "\r\nx\r\n";
  refuses_chunks(many + "0\r\n\r\n");
}

TEST_F(Refusal, EndlessTrailers) {
  refuses_chunks("0\r\nX-Trailer: " + std::string(100'000, 'a'));
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "X-Trailer: value\r\n";
  refuses_chunks("0\r\n" + many + "\r\n");
}

TEST_F(Refusal, MalformedTrailers) {
  for (auto trailer : {"no colon\r\n", ": no name\r\n", "X : y\r\n", "X: y\r\n folded\r\n",
                       "X: y\n", "X: \x01\r\n"})
    refuses_chunks("0\r\n" + std::string(trailer) + "\r\n");
}

// -- header syntax --------------------------------------------------------------------

TEST_F(Refusal, TwoHosts) {
  refuses("GET /fixed HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
  refuses("GET /fixed HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n");
  refuses("GET /fixed HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n");
  refuses("GET /fixed HTTP/1.1\r\nHost: a, b\r\n\r\n");
}

TEST_F(Refusal, AHostThatIsNone) {
  for (const auto* host : {"a:b", "a:1:2", ":80", "::1", "[::1", "a%zz", "a:65536", "[v1.a]"})
    refuses("GET /fixed HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
  refuses("GET http://a:b/fixed HTTP/1.1\r\nHost: a\r\n\r\n");
  refuses("GET http://a?b#c HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(Refusal, NoHostOnHttp11) {
  refuses("GET /fixed HTTP/1.1\r\nAccept: a\r\n\r\n");
}

TEST_F(Refusal, HostWithForeignCharacters) {
  for (auto host : {"a b", "a/b", "user@a", "a?b", "a#b", "a\\b", "a\tb"})
    refuses("GET /fixed HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
}

TEST_F(Refusal, FoldedLines) {
  refuses_header("X-A: b\r\n c\r\n");
  refuses_header("X-A: b\r\n\tc\r\n");
  refuses("GET /fixed HTTP/1.1\r\n Host: a\r\n\r\n");
}

TEST_F(Refusal, BareLineEnds) {
  refuses_header("X-A: b\n");
  refuses_header("X-A: b\rX-B: c\r\n");
  refuses_header("X-A: b\r\r\n");
  refuses("GET /fixed HTTP/1.1\nHost: a\r\n\r\n");
  refuses("GET /fixed HTTP/1.1\r\nHost: a\r\n\n");
  refuses("\nGET /fixed HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(Refusal, FieldNamesThatAreNone) {
  for (auto line : {"X-A : b", ": b", " : b", "X A: b", "no colon", "X\"A: b", "X(A): b",
                    "Transfer-Encoding : chunked", "Content-Length\t: 5"})
    refuses_header(std::string(line) + "\r\n");
}

TEST_F(Refusal, ControlCharacters) {
  using namespace std::string_literals;
  for (const auto& line : {"X-A: b\0c"s, "X-\0A: b"s, "X-A: \x01"s, "X-A: \x7f"s, "X-A: a\vb"s})
    refuses_header(line + "\r\n");
  refuses("GET /fi\0xed HTTP/1.1\r\nHost: a\r\n\r\n"s);
}

TEST_F(Refusal, TheSameCredentialTwice) {
  for (auto name : {"Authorization", "Content-Type", "Origin", "X-API-Key", "X-Service-Key"})
    refuses_header(std::string(name) + ": a\r\n" + name + ": a\r\n");
}

// -- request lines --------------------------------------------------------------------

TEST_F(Refusal, WhatIsNotHttp11) {
  refuses("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  refuses("GET /fixed HTTP/0.9\r\n\r\n");
  refuses("GET /fixed HTTP/1.2\r\nHost: a\r\n\r\n");
  refuses("GET /fixed http/1.1\r\nHost: a\r\n\r\n");
  refuses("GET /fixed\r\n\r\n");
  refuses("GET  /fixed HTTP/1.1\r\nHost: a\r\n\r\n");
  refuses("GET /fixed  HTTP/1.1\r\nHost: a\r\n\r\n");
  refuses("GET /fixed HTTP/1.1 \r\nHost: a\r\n\r\n");
  refuses(" GET /fixed HTTP/1.1\r\nHost: a\r\n\r\n");
  refuses("G@T /fixed HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(Refusal, GarbageIsAnsweredBeforeALineEnds) {
  raw_client client(server_.port());
  client.send("\x16\x03\x01\x02"); // a TLS handshake on the plain port, and no more
  EXPECT_EQ(client.read_reply().status, 400u);
}

TEST_F(Refusal, PathsThatOthersCouldReadDifferently) {
  for (auto target : {"/a/../fixed",
                      "/..",
                      "/a/%2e%2e/fixed",
                      "/.%2E/fixed",
                      "/./fixed",
                      "/%2e/fixed",
                      "//fixed",
                      "/a//b",
                      "/fixed%00",
                      "/a%2ffixed",
                      "/a%2Ffixed",
                      "/a%5cfixed",
                      "/a\\fixed",
                      "/fixed%",
                      "/fixed%2",
                      "/fixed%zz",
                      "/fixed%252e",
                      "/fixed;a=b",
                      "/fixed%3ba",
                      "/fixed#a",
                      "/fixed%0d",
                      "/%ff",
                      "/%c0%ae%c0%ae/",
                      "fixed",
                      "*",
                      "http://",
                      "http:///fixed",
                      "http://a@b/fixed",
                      "ftp://a/fixed",
                      "/fixed?a#b"})
    refuses(get(target));
}

// -- sizes ----------------------------------------------------------------------------

TEST_F(Refusal, HeadersOver8KiB) {
  refuses_header("X-A: " + std::string(8 * 1024, 'a') + "\r\n", 431);
  std::string many;
  for (int i = 0; i < 60; ++i)
    many += "X-" + std::to_string(i) + ": " + std::string(150, 'a') + "\r\n";
  refuses_header(many, 431);
  refuses("GET /fixed HTTP/1.1\r\nHost: a\r\nX-A: " + std::string(100'000, 'a'), 431);
}

TEST_F(Refusal, TooManyHeaders) {
  std::string many;
  for (int i = 0; i < 200; ++i)
    many += "X-" + std::to_string(i) + ": a\r\n";
  refuses_header(many, 431);
}

TEST_F(Refusal, TargetsTooLong) {
  refuses(get("/" + std::string(4 * 1024, 'a')), 414);
  refuses(get("/" + std::string(7 * 1024, 'a')), 414);
  refuses("GET /" + std::string(100'000, 'a'), 414);
}

TEST_F(Refusal, BodiesOver1MiBByContentLength) {
  // Refused by its announcement; the body never comes.
  refuses("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413,
          "PAYLOAD_TOO_LARGE");
  refuses("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\n", 413,
          "PAYLOAD_TOO_LARGE");
}

TEST_F(Refusal, BodiesOver1MiBByChunks) {
  refuses_chunks("100001\r\n", 413, "PAYLOAD_TOO_LARGE");
  refuses_chunks("fffffffffffffff\r\n", 413, "PAYLOAD_TOO_LARGE");
  std::string many;
  for (int i = 0; i < 17; ++i)
    many += "10000\r\n" + std::string(0x10000, 'a') + "\r\n";
  refuses_chunks(many, 413, "PAYLOAD_TOO_LARGE");
}

TEST_F(Refusal, BodiesOverTheRoutesOwnLimit) {
  refuses(post("/small", std::string(17, 'a')), 413, "PAYLOAD_TOO_LARGE");
  EXPECT_EQ(ask(server_.port(), post("/small", std::string(16, 'a'))).status, 200u);
}

TEST_F(Refusal, AClientThatSendsOnStillReadsTheAnswer) {
  raw_client client(server_.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  client.send(std::string(2'000'000, 'a'));
  auto all = client.read_to_end();
  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->starts_with("HTTP/1.1 413 ")) << all->substr(0, 100);
  EXPECT_FALSE(client.was_reset());
}

} // namespace
} // namespace latchkey::http::testing

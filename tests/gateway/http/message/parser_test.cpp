// parser_test.cpp — properties of the parser that hold for whatever comes in: how a
// message is cut into pieces changes nothing, and no message reads beyond its bytes.
#include "gateway/http/message/header_guard.hpp"
#include "gateway/http/message/request_parser.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>

namespace latchkey::http {
namespace {

struct outcome {
  progress last = progress::need_more;
  error_code refusal = error_code::none;
  std::string seen; // what a handler would have seen
  friend bool operator==(const outcome&, const outcome&) = default;
};

/// Parses one request that arrives in pieces of `piece` bytes, as a connection does.
outcome parse_in_pieces(std::string_view message, std::size_t piece) {
  http_limits limits;
  limits.header_bytes_max = 512;
  limits.target_bytes_max = 128;
  limits.trailer_bytes_max = 64;
  limits.chunk_line_bytes_max = 32;
  request_parser parser(limits);
  std::string input;
  outcome got;
  bool has_header = false;
  for (std::size_t at = 0; at < message.size() && got.last == progress::need_more; at += piece) {
    input.append(message.substr(at, piece));
    // An exact copy, so that the address sanitizer sees a read past the end.
    auto exact = std::make_unique<char[]>(input.size());
    input.copy(exact.get(), input.size());
    std::string_view view(exact.get(), input.size());
    std::size_t used = 0;
    if (!has_header) {
      got.last = parser.read_header(view, used);
      EXPECT_LE(used, view.size());
      input.erase(0, used);
      view.remove_prefix(used);
      if (got.last == progress::complete) {
        has_header = true;
        got.last = parser.begin_body(256);
      }
    }
    if (has_header && got.last == progress::need_more) {
      got.last = parser.read_body(view, used);
      EXPECT_LE(used, view.size());
      input.erase(0, used);
    }
  }
  if (got.last == progress::refused) got.refusal = parser.refusal();
  if (got.last == progress::complete) {
    const auto& in = parser.in();
    got.seen.append(in.method_text).append(in.path).append("?").append(in.query);
    for (const auto& item : in.headers)
      got.seen.append(item.name).append("=").append(item.value).append("\n");
    got.seen.append(in.body);
  }
  return got;
}

const std::vector<std::string> seeds{
    "GET /a?b=c HTTP/1.1\r\nHost: localhost:80\r\nAccept: */*\r\n\r\n",
    "POST /a%20b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A:\t b \r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-T: u\r\n\r\n",
    "GET http://h/p HTTP/1.0\r\nConnection: keep-alive, x\r\nExpect: 100-continue\r\n\r\n",
    "\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=\"d\"\r\nX-Request-ID: r\r\n\r\n"};

TEST(RequestParser, AcceptsItsSeeds) {
  for (const auto& seed : seeds)
    EXPECT_EQ(parse_in_pieces(seed, seed.size()).last, progress::complete) << seed;
}

TEST(RequestParser, DoesNotCareHowAMessageIsCut) {
  constexpr int mutants = 20'000;
  using namespace std::string_literals;
  const auto interesting = "\r\n\0\t :;,%0123xX-/.\x7f\xff"s;
  std::mt19937 random(1); // the same messages every time
  auto pick = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  std::size_t accepted = 0;
  for (int i = 0; i < mutants; ++i) {
    auto message = seeds[pick(seeds.size())];
    for (auto edits = pick(3) + 1; edits > 0 && message.size() > 2; --edits) {
      auto at = pick(message.size());
      switch (pick(4)) {
      case 0:
        message[at] = interesting[pick(interesting.size())];
        break;
      case 1:
        message.insert(at, 1, interesting[pick(interesting.size())]);
        break;
      case 2:
        message.erase(at, pick(4) + 1);
        break;
      default:
        message.insert(at, message.substr(pick(message.size()), pick(40)));
        break;
      }
    }
    auto whole = parse_in_pieces(message, message.size());
    if (whole.last == progress::complete) ++accepted;
    ASSERT_EQ(whole, parse_in_pieces(message, 1)) << message;
    ASSERT_EQ(whole, parse_in_pieces(message, pick(30) + 2)) << message;
  }
  // Both sides of the line were walked.
  EXPECT_GT(accepted, 1000u);
  EXPECT_LT(accepted, mutants - 1000u);
}

// -- the guard by itself: Beast would refuse some of these as well, today ------------------

progress guarded(std::string_view message) {
  http_limits limits;
  header_guard guard(limits);
  return guard.scan(message);
}

TEST(HeaderGuard, RefusesWithoutBeastsHelp) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  ASSERT_EQ(guarded(start + "\r\n"), progress::complete);
  for (auto lines : {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                     "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
                     "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                     "Transfer-Encoding: gzip, chunked\r\n", "Content-Length: 1, 1\r\n",
                     "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: +1\r\n",
                     "X-A: b\n", "X-A: b\r\n c\r\n", "X-A : b\r\n", ": b\r\n", "X-A: b\rc\r\n"})
    EXPECT_EQ(guarded(start + lines + "\r\n"), progress::refused) << lines;
  EXPECT_EQ(guarded("GET / HTTP/1.1\nHost: a\r\n\r\n"), progress::refused);
  EXPECT_EQ(guarded("GET / HTTP/1.1\r\nHost: a\r\n\n"), progress::refused);
  EXPECT_EQ(guarded("GET / HTTP/2.0\r\n"), progress::refused);
}

TEST(HeaderGuard, SettlesTheFraming) {
  http_limits limits;
  header_guard guard(limits);
  std::string_view counted = "POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 007\r\n\r\nbody";
  ASSERT_EQ(guard.scan(counted), progress::complete);
  EXPECT_EQ(guard.content_length(), 7u);
  EXPECT_EQ(guard.size(), counted.size() - 4);
  EXPECT_FALSE(guard.is_chunked());
  guard.reset();
  ASSERT_EQ(guard.scan("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:CHUNKED \r\n\r\n"),
            progress::complete);
  EXPECT_TRUE(guard.is_chunked());
}

} // namespace
} // namespace latchkey::http

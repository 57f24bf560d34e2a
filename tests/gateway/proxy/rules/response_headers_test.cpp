// What of an upstream's answer goes on to the client.
#include "gateway/proxy/rules/identity_headers.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace latchkey::proxy {
namespace {

/// The lines that go on; "refused" where the answer is unusable.
std::string passed_on(const std::vector<http::header_view>& headers) {
  std::string out;
  const auto done = append_response_headers(headers, out);
  if (done) return out;
  EXPECT_EQ(done.error().code, error_code::upstream_unavailable);
  return "refused";
}

TEST(ResponseHeaders, RefuseWhatCannotStandInALine) {
  EXPECT_EQ(passed_on({{"X-A", "b\r\nSet-Cookie: refresh_token=x"}}), "refused");
  EXPECT_EQ(passed_on({{"X A", "b"}}), "refused");
  EXPECT_EQ(passed_on({{"", "b"}}), "refused");
  EXPECT_EQ(passed_on({{"Connection", "\"close\""}}), "refused");
}

TEST(ResponseHeaders, RefuseMoreThanTheirMaximum) {
  std::vector<http::header_view> many(answer_headers_max, {"a", "b"});
  EXPECT_NE(passed_on(many), "refused");
  many.push_back({"a", "b"});
  EXPECT_EQ(passed_on(many), "refused");
  const std::string endless(answer_header_bytes_max, 'x');
  EXPECT_EQ(passed_on({{"a", endless}}), "refused");
}

TEST(ResponseHeaders, TakeAwayWhatIsOfTheConnection) {
  EXPECT_EQ(passed_on({{"connection", "close, X-Hop"},
                       {"x-hop", "1"},
                       {"Keep-Alive", "timeout=5"},
                       {"Transfer-Encoding", "chunked"},
                       {"Content-Length", "5"},
                       {"Trailer", "X-User-ID"},
                       {"Upgrade", "h2c"},
                       {"Proxy-Authenticate", "Basic"}}),
            "");
}

TEST(ResponseHeaders, LeaveToTheEdgeWhatItSaysItself) {
  EXPECT_EQ(passed_on({{"Date", "x"},
                       {"X-Request-ID", "theirs"},
                       {"X-RateLimit-Remaining", "5"},
                       {"access-control-allow-origin", "*"},
                       {"Access-Control-Allow-Credentials", "true"},
                       {"X-Content-Type-Options", "x"},
                       {"Strict-Transport-Security", "max-age=0"}}),
            "");
}

TEST(ResponseHeaders, LetNoUpstreamSetOurCookies) {
  EXPECT_EQ(passed_on({{"Set-Cookie", "refresh_token=planted; Path=/"},
                       {"set-cookie", " __Host-Refresh_Token =x"},
                       {"Set-Cookie", "refresh_token; a=b"},
                       {"Set-Cookie", "theirs=refresh_token=1"}}),
            "Set-Cookie: theirs=refresh_token=1\r\n");
}

TEST(ResponseHeaders, PassOnTheRestInItsOrder) {
  EXPECT_EQ(passed_on({{"Content-Type", "text/plain"},
                       {"Set-Cookie", "a=1"},
                       {"Set-Cookie", "b=2"},
                       {"ETag", "\"1\""},
                       {"X-Empty", ""}}),
            "Content-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nETag: \"1\"\r\n"
            "X-Empty: \r\n");
}

} // namespace
} // namespace latchkey::proxy

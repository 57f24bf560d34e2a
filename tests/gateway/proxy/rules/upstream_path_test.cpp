// The path that was checked is the path that is forwarded: together with the edge's own check,
// as a request meets them.
#include "gateway/proxy/rules/upstream_path.hpp"

#include "gateway/http/message/request_target.hpp"

#include <gtest/gtest.h>

namespace latchkey::proxy {
namespace {

/// What an upstream with that base path is sent for a target; the error's name where it is
/// refused.
std::string sent_for(std::string_view target, std::string_view base_path = {}) {
  http::request in;
  in.method = http::method::get;
  in.target = target;
  std::string decoded;
  if (!http::resolve_target(in, decoded)) return std::string{name_of(error_code::bad_request)};
  std::string out;
  const auto done = append_upstream_target(in, base_path, out);
  if (done) return out;
  EXPECT_EQ(out, "");
  return std::string{name_of(done.error().code)};
}

TEST(UpstreamPath, RefusesWhatTwoReadersCouldSeeDifferently) {
  for (const std::string_view target :
       {"/a/../b",   "/a/./b",         "/a/..",    "/..",       "/a/%2e%2e/b", "/a/%2E%2e/b",
        "/a/.%2e/b", "/a/%2e",         "/a%2eb",   "/a%2Eb/c",  "/a%2fb",      "/a%2Fb",
        "//a",       "/a//b",          "/a;b",     "/a/;x=1/b", "/a%3bb",      "/a%3Bb",
        "/a%00b",    "/a%0db",         "/a%0ab",   "/a%7fb",    "/a\\b",       "/a%5cb",
        "/a%5Cb",    "/a%252e",        "/a%252fb", "/a%25",     "/a%",         "/a%2",
        "/a%zz",     "/a#b",           "/a?b#c",   "/a%23b",    "/a%3fb",      "/a%3Fx=/public",
        "/a%ff",     "/a%c0%ae%c0%ae", "/a%c0%af"})
    EXPECT_EQ(sent_for(target), "VALIDATION_ERROR") << target;
}

TEST(UpstreamPath, RefusesWhatIsNoPath) {
  http::request in;
  std::string out;
  in.target = in.path = "*";
  EXPECT_EQ(append_upstream_target(in, {}, out).error().field, "path");
  in.target = in.path = "";
  EXPECT_EQ(append_upstream_target(in, {}, out).error().field, "path");
}

TEST(UpstreamPath, RefusesATargetOverItsMaximum) {
  const std::string longest(upstream_target_bytes_max - 1, 'a');
  EXPECT_EQ(sent_for("/" + longest), "/" + longest);
  EXPECT_EQ(sent_for("/" + longest, "/b"), name_of(error_code::uri_too_long));
  EXPECT_EQ(sent_for("/" + longest + "?"), name_of(error_code::uri_too_long));
}

TEST(UpstreamPath, WritesOnePathInOneWay) {
  EXPECT_EQ(sent_for("/"), "/");
  EXPECT_EQ(sent_for("/api/v1/templates/7"), "/api/v1/templates/7");
  EXPECT_EQ(sent_for("/%61pi/%7Eme"), "/api/~me");
  EXPECT_EQ(sent_for("/a%20b|c\"<>^`{}"), "/a%20b%7Cc%22%3C%3E%5E%60%7B%7D");
  EXPECT_EQ(sent_for("/j%c3%b6rg/%f0%9f%98%80"), "/j%C3%B6rg/%F0%9F%98%80");
  EXPECT_EQ(sent_for("/-._~!$&'()*+,=:@"), "/-._~!$&'()*+,=:@");
  EXPECT_EQ(sent_for("/a...b/..."), "/a...b/...");
  EXPECT_EQ(sent_for("http://elsewhere/a?b"), "/a?b");
}

TEST(UpstreamPath, PassesTheQueryOnAsSent) {
  EXPECT_EQ(sent_for("/a?x=%2e%2E/../;&y=%00?%"), "/a?x=%2e%2E/../;&y=%00?%");
  EXPECT_EQ(sent_for("/a?"), "/a?");
  EXPECT_EQ(sent_for("/admin?x=/public"), "/admin?x=/public");
}

TEST(UpstreamPath, PutsTheBasePathInFrontAndAppends) {
  EXPECT_EQ(sent_for("/a?b", "/core/v2"), "/core/v2/a?b");
  http::request in;
  in.target = in.path = "/a";
  std::string out = "GET ";
  ASSERT_TRUE(append_upstream_target(in, {}, out).has_value());
  EXPECT_EQ(out, "GET /a");
  in.path = "/a?";
  EXPECT_FALSE(append_upstream_target(in, {}, out).has_value());
  EXPECT_EQ(out, "GET /a");
}

} // namespace
} // namespace latchkey::proxy

// The parts of a route's settings: where an upstream is, and which patterns there may be.
#include "gateway/proxy/rules/proxy_routes.hpp"
#include "gateway/proxy/rules/route_pattern.hpp"

#include <gtest/gtest.h>

namespace latchkey::proxy {
namespace {

TEST(UpstreamUrls, AreRefusedUnlessTheyAreAPlace) {
  for (const std::string_view url : {"",
                                     "billing",
                                     "billing:8090",
                                     "ftp://h",
                                     "http://",
                                     "http://h:0",
                                     "http://h:99999",
                                     "http://me:secret@h",
                                     "http://h/?q",
                                     "http://h/#f",
                                     "http://h/a b",
                                     "http://h/a//b",
                                     "http://h/../b",
                                     "http://h/a/./b",
                                     "http://h/%2e",
                                     "http://h/a;b",
                                     "http://h\\b",
                                     "http://h/a\r\nX: y",
                                     "http://[::1",
                                     "http://h/\xc3\xb6"})
    EXPECT_FALSE(parse_upstream_url(url).has_value()) << url;
}

TEST(UpstreamUrls, AreTakenApart) {
  const auto plain = parse_upstream_url("http://Core-Manager:8088");
  ASSERT_TRUE(plain.has_value());
  EXPECT_TRUE(plain->is_configured());
  EXPECT_EQ(plain->host, "core-manager");
  EXPECT_EQ(plain->port, 8088);
  EXPECT_FALSE(plain->is_tls);
  EXPECT_EQ(plain->authority, "core-manager:8088");
  EXPECT_EQ(plain->base_path, "");

  const auto full = parse_upstream_url("HTTPS://[::1]/core/v2.1//");
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 443);
  EXPECT_TRUE(full->is_tls);
  EXPECT_EQ(full->authority, "[::1]");
  EXPECT_EQ(full->base_path, "/core/v2.1");
  EXPECT_EQ(parse_upstream_url("http://10.0.0.1/")->port, 80);
  EXPECT_FALSE(upstream{}.is_configured());
}

TEST(UpstreamNames, AreShortPlainWords) {
  for (const std::string_view name : {"", "-a", "_a", "A", "a b", "a.b", "a/b", "\xc3\xb6"})
    EXPECT_FALSE(is_upstream_name(name)) << name;
  EXPECT_FALSE(is_upstream_name(std::string(upstream_name_bytes_max + 1, 'a')));
  for (const std::string_view name : {"a", "7", "core-manager", "billing_2"})
    EXPECT_TRUE(is_upstream_name(name)) << name;
  EXPECT_TRUE(is_upstream_name(std::string(upstream_name_bytes_max, 'a')));
}

TEST(RoutePatterns, AreRefusedWhereTheyCouldMatchWhatNobodyMeant) {
  for (const std::string_view pattern : {"",
                                         "a",
                                         "/",
                                         "/{id}",
                                         "/{rest*}",
                                         "/a//b",
                                         "/a/../b",
                                         "/a/./b",
                                         "/a/%2e",
                                         "/a;b",
                                         "/a?b",
                                         "/a#b",
                                         "/a b",
                                         "/a\\b",
                                         "/a*",
                                         "/a{b}",
                                         "/{a*}/b",
                                         "/a/{}",
                                         "/a/{b}/{c}/{d}/{e}/{f}",
                                         "/internal",
                                         "/internal/{rest*}",
                                         "/metrics",
                                         "/\xc3\xb6"})
    EXPECT_FALSE(problem_of_pattern(pattern).empty()) << pattern;
  EXPECT_FALSE(problem_of_pattern("/" + std::string(route_pattern_bytes_max, 'a')).empty());
}

TEST(RoutePatterns, AreTheRouters) {
  for (const std::string_view pattern :
       {"/api/v1/templates", "/api/v1/personas/instances/{id}", "/a/{b}/c/{rest*}", "/a/",
        "/internals", "/a/internal", "/.well-known/x~y"})
    EXPECT_EQ(problem_of_pattern(pattern), "") << pattern;
}

TEST(RoutePatterns, OfOneShapeMatchTheSamePaths) {
  EXPECT_EQ(shape_of_pattern("/a/{id}/b/{rest*}"), shape_of_pattern("/a/{name}/b/{all*}"));
  EXPECT_NE(shape_of_pattern("/a/{id}"), shape_of_pattern("/a/{id*}"));
  EXPECT_NE(shape_of_pattern("/a/{id}"), shape_of_pattern("/a/id"));
  EXPECT_NE(shape_of_pattern("/a/"), shape_of_pattern("/a"));
}

} // namespace
} // namespace latchkey::proxy

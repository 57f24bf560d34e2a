// Where an upstream's redirects lead, as the client sees them.
#include "gateway/proxy/rules/identity_headers.hpp"
#include "gateway/proxy/rules/upstream_location.hpp"

#include <gtest/gtest.h>

namespace latchkey::proxy {
namespace {

upstream upstream_at(const char* url) {
  return parse_upstream_url(url).value();
}

TEST(UpstreamLocation, NamesNoAddressOfTheUpstreams) {
  const auto core = upstream_at("http://core-manager:8088");
  for (const auto* own :
       {"http://core-manager:8088/api/v1/x?a=b#c", "HTTP://Core-Manager:8088/api/v1/x?a=b#c",
        "https://core-manager:8088/api/v1/x?a=b#c", "//core-manager:8088/api/v1/x?a=b#c",
        "http://user@core-manager:8088/api/v1/x?a=b#c"})
    EXPECT_EQ(client_location(own, core), "/api/v1/x?a=b#c") << own;
  EXPECT_EQ(client_location("http://core-manager:8088", core), "/");
  EXPECT_EQ(client_location("http://core-manager:8088?a", core), "/?a");
  EXPECT_EQ(client_location("http://core-manager/x", upstream_at("http://core-manager:80")), "/x");
  EXPECT_EQ(client_location("http://[::1]:81/x", upstream_at("http://[::1]:81")), "/x");
}

TEST(UpstreamLocation, StaysWhenItLeadsElsewhere) {
  const auto core = upstream_at("http://core-manager:8088");
  for (const auto* other :
       {"/api/v1/x", "x/y", "?page=2", "", "https://cdn.example.net/x",
        "http://core-manager:8089/x", "http://core-manager.example.net:8088/x",
        "http://core-manager/x", "mailto:a@b.example", "http:x", "/http://core-manager:8088/"})
    EXPECT_EQ(client_location(other, core), other);
}

TEST(UpstreamLocation, LosesTheBasePathThatClientsDoNotSee) {
  const auto deep = upstream_at("http://core:81/base/v1");
  EXPECT_EQ(client_location("http://core:81/base/v1/x", deep), "/x");
  EXPECT_EQ(client_location("http://core:81/base/v1", deep), "/");
  EXPECT_EQ(client_location("/base/v1/x?y", deep), "/x?y");
  EXPECT_EQ(client_location("/base/v12/x", deep), "/base/v12/x");
}

TEST(UpstreamLocation, NeverBecomesTheAddressOfAnotherHost) {
  const auto core = upstream_at("http://core:81/b");
  EXPECT_EQ(client_location("http://core:81//evil.example/", core), "/.//evil.example/");
  EXPECT_EQ(client_location("http://core:81/\\evil.example/", core), "/./\\evil.example/");
  EXPECT_EQ(client_location("/b//evil.example/", core), "/.//evil.example/");
}

TEST(UpstreamLocation, OfARefreshIsTheSame) {
  const auto core = upstream_at("http://core:81");
  EXPECT_EQ(client_refresh("5; url=http://core:81/x", core), "5; url=/x");
  EXPECT_EQ(client_refresh("0;URL='http://core:81/x'", core), "0;URL=/x");
  EXPECT_EQ(client_refresh("5", core), "5");
  EXPECT_EQ(client_refresh("5; url=https://example.net/", core), "5; url=https://example.net/");
}

TEST(UpstreamLocation, IsThatOfTheHeadersThatHaveOne) {
  const auto core = upstream_at("http://core:81");
  std::string out;
  ASSERT_TRUE(append_response_headers({{{"location", "http://core:81/a"},
                                        {"Content-Location", "http://core:81/b"},
                                        {"Refresh", "1; url=http://core:81/c"},
                                        {"Link", "<http://example.net/>"}}},
                                      out, &core));
  EXPECT_EQ(out, "location: /a\r\nContent-Location: /b\r\nRefresh: 1; url=/c\r\n"
                 "Link: <http://example.net/>\r\n");
}

} // namespace
} // namespace latchkey::proxy

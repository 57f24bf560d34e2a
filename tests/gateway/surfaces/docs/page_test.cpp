// /docs is the viewer where the program has it, else the plain page; and the plain page names the
// origin under which the client reaches the server.
#include "gateway/http/exchange.hpp"
#include "gateway/surfaces/docs/endpoints.hpp"
#include "gateway/surfaces/docs/own_origin.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace latchkey::gateway::docs {
namespace {

constexpr auto small_description = R"({"openapi":"3.1.0",
  "info":{"title":"latchkey","version":"9.8.7","description":"About **it**."},
  "tags":[{"name":"One Part","description":""}],
  "paths":{"/thing":{"get":{"operationId":"thing","tags":["One Part"],"summary":"Get it",
    "security":[],"responses":{"200":{"description":"It."}}}}},
  "components":{"schemas":{},"examples":{},"securitySchemes":{}}})";

constexpr std::array<embedded::file, 3> without_viewer{
    {{"core-manager.html", "contract", {}}, {"icon.png", "icon", {}}, {"plain.css", "style", {}}}};
constexpr std::array<embedded::file, 3> with_viewer{
    {{"core-manager.html", "contract", {}}, {"icon.png", "icon", {}}, {"page.html", "viewer", {}}}};

/// What the route of that path answers.
http::response answer_of(const std::vector<http::route>& rows, std::string_view path,
                         const http::request& in) {
  http::response answer;
  http::exchange ex{in};
  boost::asio::io_context reactor;
  for (const auto& row : rows)
    if (row.pattern == path)
      boost::asio::co_spawn(reactor, row.handle(ex), [&](std::exception_ptr, http::response given) {
        answer = std::move(given);
      });
  reactor.run();
  return answer;
}

std::shared_ptr<const published_description> published(std::string text = small_description) {
  auto description = std::make_shared<published_description>();
  description->publish([text] { return result<std::string>{text}; }, "https://auth.example.com");
  return description;
}

http::request asking(std::string_view host) {
  http::request in;
  in.host = host;
  return in;
}

TEST(DocsPage, IsTheViewerOnlyWhereTheProgramHasIt) {
  const auto description = published();
  EXPECT_FALSE(has_viewer(without_viewer));
  EXPECT_TRUE(has_viewer(with_viewer));
  const auto plain = answer_of(routes(description, without_viewer), "/docs", asking("a:1"));
  EXPECT_EQ(plain.status, 200U);
  EXPECT_NE(plain.body.find("id=\"operation-thing\""), std::string::npos) << plain.body;
  const auto viewer = answer_of(routes(description, with_viewer), "/docs", asking("a:1"));
  EXPECT_EQ(viewer.body, "viewer");
  const auto beside = answer_of(routes(description, with_viewer), "/docs/plain", asking("a:1"));
  EXPECT_EQ(beside.body, plain.body);
}

TEST(DocsPage, AllowsNoScriptWhereItNeedsNone) {
  const auto plain = answer_of(routes(published(), without_viewer), "/docs", asking("a:1"));
  EXPECT_NE(plain.header_lines().find("Content-Security-Policy: default-src 'none'; style-src"),
            std::string_view::npos);
  EXPECT_EQ(plain.header_lines().find("script-src"), std::string_view::npos);
  EXPECT_EQ(plain.body.find("<script"), std::string::npos);
}

TEST(DocsPage, NamesTheOriginOfTheRequest) {
  const auto rows = routes(published(), without_viewer);
  const auto first = answer_of(rows, "/docs", asking("10.0.0.1:8080"));
  EXPECT_NE(first.body.find("http://10.0.0.1:8080/thing"), std::string::npos) << first.body;
  EXPECT_EQ(first.body.find("{{origin}}"), std::string::npos);
  const auto second = answer_of(rows, "/docs", asking("auth.example.com"));
  EXPECT_NE(second.body.find("https://auth.example.com/thing"), std::string::npos);
  EXPECT_NE(first.header_lines(), second.header_lines()); // another tag
}

TEST(DocsPage, IsNotSentAgainToThoseWhoHaveIt) {
  const auto rows = routes(published(), without_viewer);
  const auto first = answer_of(rows, "/docs", asking("a:1"));
  const auto lines = first.header_lines();
  const auto from = lines.find("ETag: ") + 6;
  const auto etag = lines.substr(from, lines.find('\r', from) - from);
  auto again = asking("a:1");
  again.headers = {{"If-None-Match", etag}};
  const auto known = answer_of(rows, "/docs", again);
  EXPECT_EQ(known.status, 304U);
  EXPECT_TRUE(known.body.empty());
}

TEST(DocsPage, IsNotMadeOfWhatIsNoDescription) {
  for (const auto* text : {"{", R"({"info":1})"}) {
    const auto description = published(text);
    EXPECT_FALSE(description->get());
    for (const auto* path : {"/docs", "/openapi.json"})
      EXPECT_EQ(answer_of(routes(description, without_viewer), path, asking("a:1")).status, 500U);
  }
}

TEST(DocsPage, IsMadeOnceAndNotBeforeSomebodyAsks) {
  int made = 0;
  auto description = std::make_shared<published_description>();
  description->publish(
      [&made] {
        ++made;
        return result<std::string>{small_description};
      },
      {});
  const auto rows = routes(description, without_viewer);
  EXPECT_EQ(made, 0);
  for (const auto* path : {"/docs", "/openapi.json", "/docs/plain"})
    EXPECT_EQ(answer_of(rows, path, asking("a:1")).status, 200U);
  EXPECT_EQ(made, 1);
}

TEST(OwnOrigin, IsTheHostWithTheSchemeOfTheClient) {
  EXPECT_EQ(own_origin(asking("127.0.0.1:8080"), {}), "http://127.0.0.1:8080");
  EXPECT_EQ(own_origin(asking("[::1]:8080"), {}), "http://[::1]:8080");
  auto encrypted = asking("a.example");
  encrypted.is_tls = true;
  EXPECT_EQ(own_origin(encrypted, {}), "https://a.example");
  // TLS ends at a proxy that keeps the Host.
  EXPECT_EQ(own_origin(asking("auth.example.com"), "https://auth.example.com"),
            "https://auth.example.com");
  EXPECT_EQ(own_origin(asking("auth.example.com"), "http://auth.example.com"),
            "http://auth.example.com");
}

TEST(OwnOrigin, HasNothingThatAShellWouldTakeForMore) {
  for (const auto* host : {"a';id;'", "$HOME", "a`id`", "a b", "a\"b", "a&b", ""}) {
    EXPECT_EQ(own_origin(asking(host), "https://auth.example.com"), "https://auth.example.com");
    EXPECT_EQ(own_origin(asking(host), {}), "http://localhost");
  }
}

} // namespace
} // namespace latchkey::gateway::docs

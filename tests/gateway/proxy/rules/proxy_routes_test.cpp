// PROXY_ROUTES: what is wrong is named by its place, and what is documented is there by itself.
#include "gateway/proxy/rules/proxy_routes.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace latchkey::proxy {
namespace {

using namespace std::chrono_literals;

constexpr proxy_defaults defaults{"http://core-manager:8088", 4096, 30'000ms};

/// A text with one upstream "billing" and this route.
std::string with_route(std::string_view members) {
  return R"({"upstreams":[{"name":"billing","url":"http://b:1"}],"routes":[{)" +
         std::string{members} + "}]}";
}

/// A route that is right, with further members.
std::string with_more(std::string_view members) {
  return with_route(R"("methods":["GET"],"path":"/b/{id}","upstream":"billing",)" +
                    std::string{members});
}

std::string with_upstream(std::string_view members) {
  return R"({"upstreams":[{)" + std::string{members} + "}]}";
}

/// "field reason" of the problem.
std::string problem_of(std::string_view text) {
  const auto read = read_proxy_routes(text, defaults);
  if (read) return "no problem";
  EXPECT_EQ(read.error().code, error_code::validation_error);
  return read.error().field + " " + read.error().reason;
}

proxy_table table_of(std::string_view text) {
  auto read = read_proxy_routes(text, defaults);
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().field + " " + read.error().reason);
  return read ? *std::move(read) : proxy_table{};
}

/// "GET /path upstream permission", one a line.
std::string listed(const proxy_table& table) {
  std::string out;
  for (const auto& route : table.routes) {
    out.append(http::to_string(route.method)).append(" ").append(route.pattern).append(" ");
    out.append(table.upstreams.at(route.upstream).name);
    out.append(route.permission.empty() ? "" : " ").append(route.permission).append("\n");
  }
  return out;
}

TEST(ProxyRoutes, RefuseWhatIsNoJsonObject) {
  EXPECT_EQ(problem_of("{"), " is not JSON: it goes wrong at byte 2");
  EXPECT_EQ(problem_of("billing=http://b"), " is not JSON: it goes wrong at byte 1");
  EXPECT_EQ(problem_of("[]"), " is a list: expected a JSON object");
  EXPECT_EQ(problem_of("null"), " is null: expected a JSON object");
  EXPECT_EQ(problem_of("{} {}"), " is not JSON: it goes wrong at byte 4");
  EXPECT_EQ(problem_of(std::string(proxy_text_bytes_max + 1, ' ')), " is longer than 65536 bytes");
  EXPECT_EQ(problem_of(std::string(proxy_text_bytes_max, '[')),
            " is not JSON: it goes wrong at byte 65537");
}

TEST(ProxyRoutes, RefuseUnknownAndRepeatedMembers) {
  EXPECT_EQ(problem_of(R"({"route":[]})"), "route is not a known member");
  EXPECT_EQ(problem_of(R"({"routes":[],"routes":[]})"), "routes appears twice in one object");
  EXPECT_EQ(problem_of(with_more(R"("signed_in":true,"path":"/c")")),
            "path appears twice in one object");
  EXPECT_EQ(problem_of(with_more(R"("signed_in":true,"public":true)")),
            "routes[0].public is not a known member");
  EXPECT_EQ(problem_of(with_upstream(R"("name":"a","url":"http://a","weight":1)")),
            "upstreams[0].weight is not a known member");
  EXPECT_EQ(problem_of(R"({"defaults":"no"})"), "defaults is \"no\": expected true or false");
  EXPECT_EQ(problem_of(R"({"routes":{}})"), "routes is an object: expected a list");
  EXPECT_EQ(problem_of(R"({"upstreams":7})"), "upstreams is 7: expected a list");
  EXPECT_EQ(problem_of(R"({"routes":[7]})"), "routes[0] is 7: expected a JSON object");
}

TEST(ProxyRoutes, NameTheUpstreamThatIsWrong) {
  EXPECT_EQ(problem_of(with_upstream(R"("url":"http://a")")),
            "upstreams[0].name is missing: expected 1 to 50 characters of [a-z0-9_-]");
  EXPECT_EQ(problem_of(with_upstream(R"("name":"A","url":"http://a")")),
            "upstreams[0].name is \"A\": expected 1 to 50 characters of [a-z0-9_-]");
  EXPECT_EQ(problem_of(with_upstream(R"("name":"core-manager","url":"http://a")")),
            "upstreams[0].name is reserved for CORE_MANAGER_URL");
  EXPECT_EQ(problem_of(with_upstream(R"("name":"a")")),
            "upstreams[0].url is missing: expected http(s)://host[:port][/path]");
  EXPECT_EQ(problem_of(with_upstream(R"("name":"a","url":["http://a"])")),
            "upstreams[0].url is a list: expected http(s)://host[:port][/path]");
  EXPECT_EQ(problem_of(with_upstream(R"("name":"a","url":"http://me:hunt3r@a")")),
            "upstreams[0].url is \"http://***@a\": expected http(s)://host[:port][/path]");
  EXPECT_EQ(
      problem_of(R"({"upstreams":[{"name":"a","url":"http://a"},{"name":"a","url":"http://b"}]})"),
      "upstreams[1].name is \"a\" a second time");
}

TEST(ProxyRoutes, NameTheMethodThatIsWrong) {
  constexpr std::string_view rest = R"("path":"/b","upstream":"billing","signed_in":true)";
  const auto problem_with = [rest](std::string_view methods) {
    return problem_of(with_route(std::string{methods} + std::string{rest}));
  };
  constexpr std::string_view right = ": expected a list of GET, POST, PUT, PATCH, DELETE";
  EXPECT_EQ(problem_with(""), "routes[0].methods is missing" + std::string{right});
  EXPECT_EQ(problem_with(R"("methods":[],)"), "routes[0].methods is a list" + std::string{right});
  EXPECT_EQ(problem_with(R"("methods":"GET",)"),
            "routes[0].methods is \"GET\"" + std::string{right});
  for (const std::string_view method : {"get", "HEAD", "OPTIONS", "TRACE", "CONNECT", "OTHER", ""})
    EXPECT_EQ(problem_with(R"("methods":["GET",")" + std::string{method} + R"("],)"),
              "routes[0].methods[1] is \"" + std::string{method} + "\"" + std::string{right});
  EXPECT_EQ(problem_with(R"("methods":["GET","GET"],)"), "routes[0].methods[1] is listed twice");
}

TEST(ProxyRoutes, NameThePathOrUpstreamThatIsWrong) {
  EXPECT_EQ(problem_of(with_route(R"("methods":["GET"],"upstream":"billing","signed_in":true)")),
            "routes[0].path is missing: expected a path");
  EXPECT_EQ(
      problem_of(with_route(
          R"("methods":["GET"],"path":"/internal/x","upstream":"billing","signed_in":true)")),
      "routes[0].path is \"/internal/x\": expected a path that begins with fixed text, neither "
      "/internal nor /metrics");
  EXPECT_EQ(problem_of(
                with_route(R"("methods":["GET"],"path":"/b","upstream":"other","signed_in":true)")),
            "routes[0].upstream is \"other\": expected the name of one of the upstreams");
  EXPECT_EQ(problem_of(with_route(R"("methods":["GET"],"path":"/b","signed_in":true)")),
            "routes[0].upstream is missing: expected an upstream's name");
}

TEST(ProxyRoutes, OpenNothingThatIsLeftUndecided) {
  constexpr auto either = "routes[0] must have either \"permission\" or \"signed_in\": true";
  EXPECT_EQ(problem_of(with_route(R"("methods":["GET"],"path":"/b","upstream":"billing")")),
            either);
  EXPECT_EQ(problem_of(with_more(R"("signed_in":true,"permission":"a:b")")), either);
  EXPECT_EQ(problem_of(with_more(R"("signed_in":false)")),
            "routes[0].signed_in is false: expected true");
  EXPECT_EQ(problem_of(with_more(R"("signed_in":1)")), "routes[0].signed_in is 1: expected true");
  for (const std::string_view permission : {"", "invoices", "a:b,c:d", "A:b"})
    EXPECT_EQ(problem_of(with_more(R"("permission":")" + std::string{permission} + "\"")),
              "routes[0].permission is \"" + std::string{permission} +
                  "\": expected a permission such as templates:manage");
  EXPECT_EQ(problem_of(with_more(R"("permission":null)")),
            "routes[0].permission is null: expected a permission such as templates:manage");
}

TEST(ProxyRoutes, NameTheNumberThatIsWrong) {
  for (const std::string_view number : {"0", "-1", "1.5", "67108865", "\"5\"", "1e3"}) {
    const auto found =
        problem_of(with_more(R"("signed_in":true,"body_bytes_max":)" + std::string{number}));
    EXPECT_TRUE(found.starts_with("routes[0].body_bytes_max is ")) << found;
    EXPECT_TRUE(found.ends_with(": expected 1 to 67108864")) << found;
  }
  EXPECT_EQ(problem_of(with_more(R"("signed_in":true,"deadline_ms":30001)")),
            "routes[0].deadline_ms is 30001: expected 100 to 30000");
  EXPECT_EQ(problem_of(with_more(R"("signed_in":true,"deadline_ms":99)")),
            "routes[0].deadline_ms is 99: expected 100 to 30000");
}

TEST(ProxyRoutes, RefuseTwoOfOneMethodAndPath) {
  constexpr std::string_view text = R"({"routes":[
    {"methods":["GET"],"path":"/b/{id}","upstream":"core-manager","signed_in":true},
    {"methods":["PUT","GET"],"path":"/b/{name}","upstream":"core-manager","permission":"a:b"}]})";
  EXPECT_EQ(problem_of(text), "routes[1] is a second GET of its path");
}

TEST(ProxyRoutes, RefuseMoreThanTheirMaximum) {
  std::string upstreams, routes;
  for (std::size_t i = 0; i < upstreams_max; ++i)
    upstreams += std::string{i == 0 ? "" : ","} + "{}";
  EXPECT_EQ(problem_of(R"({"upstreams":[)" + upstreams + "]}"), "upstreams are more than 31");
  for (std::size_t i = 0; i <= proxy_routes_max; ++i)
    routes += std::string{i == 0 ? "" : ","} + R"({"methods":["GET"],"path":"/b)" +
              std::to_string(i) + R"(","upstream":"core-manager","signed_in":true})";
  EXPECT_EQ(problem_of(R"({"routes":[)" + routes + "]}"), "routes are more than 256");
}

TEST(ProxyRoutes, RefuseACoreManagerThatIsNoPlace) {
  for (const std::string_view url : {"core-manager:8088", "http://h/../x", "http://h/a;b"}) {
    const auto read = read_proxy_routes({}, {url, 1, 1s});
    ASSERT_FALSE(read.has_value()) << url;
    EXPECT_EQ(read.error().field, "CORE_MANAGER_URL");
  }
}

TEST(ProxyRoutes, AreTheDocumentedOnesByThemselves) {
  const auto table = table_of({});
  EXPECT_EQ(listed(table), "GET /api/v1/templates core-manager templates:manage\n"
                           "POST /api/v1/templates core-manager templates:manage\n"
                           "GET /api/v1/templates/{id} core-manager templates:manage\n"
                           "PUT /api/v1/templates/{id} core-manager templates:manage\n"
                           "DELETE /api/v1/templates/{id} core-manager templates:manage\n"
                           "GET /api/v1/personas/instances core-manager instances:read\n"
                           "POST /api/v1/personas/instances core-manager instances:write\n"
                           "GET /api/v1/personas/instances/{id} core-manager instances:read\n"
                           "PUT /api/v1/personas/instances/{id} core-manager instances:write\n"
                           "DELETE /api/v1/personas/instances/{id} core-manager instances:write\n");
  ASSERT_EQ(table.upstreams.size(), 1u);
  EXPECT_EQ(table.upstreams[0].authority, "core-manager:8088");
  EXPECT_TRUE(std::ranges::all_of(table.routes, [](const proxy_route& route) {
    return route.body_bytes_max == 4096 && route.deadline == 30s;
  }));
  EXPECT_EQ(listed(table_of("{}")), listed(table));
}

TEST(ProxyRoutes, StayWithoutACoreManager) {
  const auto read = read_proxy_routes({}, {});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->routes.size(), 10u);
  EXPECT_EQ(read->upstreams.at(0).name, core_manager_name);
  EXPECT_FALSE(read->upstreams.at(0).is_configured());
}

TEST(ProxyRoutes, AddWhatIsConfigured) {
  const auto table = table_of(R"({
    "upstreams": [{"name": "billing", "url": "https://billing/base"}],
    "routes": [{"methods": ["GET", "POST"], "path": "/api/v1/invoices/{id}",
                "upstream": "billing", "permission": "invoices:manage",
                "body_bytes_max": 65536, "deadline_ms": 5000},
               {"methods": ["PATCH"], "path": "/api/v1/things", "upstream": "core-manager",
                "signed_in": true}],
    "defaults": false})");
  EXPECT_EQ(listed(table), "GET /api/v1/invoices/{id} billing invoices:manage\n"
                           "POST /api/v1/invoices/{id} billing invoices:manage\n"
                           "PATCH /api/v1/things core-manager\n");
  EXPECT_EQ(table.upstreams.at(1).base_path, "/base");
  EXPECT_EQ(table.routes.at(0).body_bytes_max, 65536u);
  EXPECT_EQ(table.routes.at(0).deadline, 5s);
  EXPECT_EQ(table.routes.at(2).body_bytes_max, 4096u);
  EXPECT_EQ(table.routes.at(2).deadline, 30s);
}

TEST(ProxyRoutes, PutAConfiguredOneInADocumentedOnesPlace) {
  const auto table = table_of(R"({"routes":[{"methods":["GET"],"path":"/api/v1/templates/{name}",
    "upstream":"core-manager","signed_in":true}]})");
  ASSERT_EQ(table.routes.size(), 10u);
  EXPECT_EQ(table.routes[0].pattern, "/api/v1/templates/{name}");
  EXPECT_TRUE(std::ranges::none_of(table.routes, [](const proxy_route& route) {
    return route.method == http::method::get && route.pattern == "/api/v1/templates/{id}";
  }));
}

} // namespace
} // namespace latchkey::proxy

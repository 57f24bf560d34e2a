// proxy_routes.cpp — reads PROXY_ROUTES member by member and says where the first problem is.
#include "gateway/proxy/rules/proxy_routes.hpp"

#include "gateway/proxy/rules/route_json.hpp"
#include "gateway/proxy/rules/route_pattern.hpp"
#include "protocol/permission.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace latchkey::proxy {
namespace {

using json = nlohmann::json;
using namespace route_json;

constexpr std::array<http::method, 5> routable{http::method::get, http::method::post,
                                               http::method::put, http::method::patch,
                                               http::method::delete_};

result<void> read_upstream(const json& item, const std::string& location, proxy_table& table) {
  constexpr auto right_name = "1 to 50 characters of [a-z0-9_-]";
  constexpr auto right_url = "http(s)://host[:port][/path]";
  if (auto done = check_members(item, location, {"name", "url"}); !done) return done;
  const auto name = text_member(item, location, "name", right_name);
  if (!name) return fail(name.error());
  if (!is_upstream_name(*name)) return expected(location + ".name", *name, right_name);
  if (*name == core_manager_name)
    return problem(location + ".name", "is reserved for CORE_MANAGER_URL");
  if (std::ranges::find(table.upstreams, *name, &upstream::name) != table.upstreams.end())
    return problem(location + ".name", "is \"" + *name + "\" a second time");
  const auto url = text_member(item, location, "url", right_url);
  if (!url) return fail(url.error());
  auto candidate = parse_upstream_url(*url);
  if (!candidate) return expected(location + ".url", *url, right_url);
  candidate->name = *name;
  table.upstreams.push_back(*std::move(candidate));
  return {};
}

result<std::vector<http::method>> read_methods(const json& item, const std::string& location) {
  constexpr auto right = "a list of GET, POST, PUT, PATCH, DELETE";
  const auto field = location + ".methods";
  const auto found = item.find("methods");
  if (found == item.end()) return problem(field, std::string{"is missing: expected "} + right);
  if (!found->is_array() || found->empty()) return expected(field, *found, right);
  std::vector<http::method> methods;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const auto& name = (*found)[i];
    const auto* known = std::ranges::find_if(routable, [&name](http::method candidate) {
      return name.is_string() && name.get_ref<const std::string&>() == http::to_string(candidate);
    });
    if (known == routable.end()) return expected(item_of(field, i), name, right);
    if (std::ranges::find(methods, *known) != methods.end())
      return problem(item_of(field, i), "is listed twice");
    methods.push_back(*known);
  }
  return methods;
}

/// Whom a route is open to: either of two members, so that leaving both out opens nothing.
result<std::string> read_permission(const json& item, const std::string& location) {
  const auto signed_in = item.find("signed_in");
  if (item.contains("permission") == (signed_in != item.end()))
    return problem(location, "must have either \"permission\" or \"signed_in\": true");
  if (signed_in != item.end()) {
    if (*signed_in != true) return expected(location + ".signed_in", *signed_in, "true");
    return std::string{};
  }
  constexpr auto right = "a permission such as templates:manage";
  auto permission = text_member(item, location, "permission", right);
  if (permission && !is_permission(*permission))
    return expected(location + ".permission", *permission, right);
  return permission;
}

bool has_route(const proxy_table& table, http::method method, const std::string& shape) {
  return std::ranges::any_of(table.routes, [&](const proxy_route& known) {
    return known.method == method && shape_of_pattern(known.pattern) == shape;
  });
}

result<void> add_route(const proxy_route& route, const std::string& location, proxy_table& table) {
  if (has_route(table, route.method, shape_of_pattern(route.pattern)))
    return problem(location,
                   "is a second " + std::string{http::to_string(route.method)} + " of its path");
  if (table.routes.size() == proxy_routes_max)
    return problem("routes", "are more than " + std::to_string(proxy_routes_max));
  table.routes.push_back(route);
  return {};
}

result<void> read_route(const json& item, const std::string& location,
                        const proxy_defaults& defaults, proxy_table& table) {
  if (auto done = check_members(item, location,
                                {"methods", "path", "upstream", "permission", "signed_in",
                                 "body_bytes_max", "deadline_ms"});
      !done)
    return done;
  const auto methods = read_methods(item, location);
  if (!methods) return fail(methods.error());
  const auto pattern = text_member(item, location, "path", "a path");
  if (!pattern) return fail(pattern.error());
  if (const auto right = problem_of_pattern(*pattern); !right.empty())
    return expected(location + ".path", *pattern, right);
  const auto name = text_member(item, location, "upstream", "an upstream's name");
  if (!name) return fail(name.error());
  const auto known = std::ranges::find(table.upstreams, *name, &upstream::name);
  if (known == table.upstreams.end())
    return expected(location + ".upstream", *name, "the name of one of the upstreams");
  const auto permission = read_permission(item, location);
  if (!permission) return fail(permission.error());
  const auto bytes = number_member(item, location, "body_bytes_max", 1, route_body_bytes_max,
                                   defaults.body_bytes_max);
  if (!bytes) return fail(bytes.error());
  const auto longest_ms = static_cast<std::uint64_t>(defaults.deadline_max.count());
  const auto shortest_ms = static_cast<std::uint64_t>(route_deadline_min.count());
  const auto ms = number_member(item, location, "deadline_ms", shortest_ms, longest_ms, longest_ms);
  if (!ms) return fail(ms.error());

  for (const auto method : *methods) {
    const proxy_route candidate{
        method,      *pattern, static_cast<std::size_t>(known - table.upstreams.begin()),
        *permission, *bytes,   std::chrono::milliseconds{*ms}};
    if (auto done = add_route(candidate, location, table); !done) return done;
  }
  return {};
}

/// Gateway Proxy Routes: templates for those who manage them, instances for everybody signed in,
/// who has these permissions; an API key is for them or not.
result<void> add_documented(const proxy_defaults& defaults, proxy_table& table) {
  using http::method;
  struct documented {
    std::string_view pattern, to_read, to_write;
    std::initializer_list<http::method> methods;
  };
  static constexpr auto on_all = {method::get, method::post};
  static constexpr auto on_one = {method::get, method::put, method::delete_};
  constexpr std::string_view manage = "templates:manage";
  const documented rows[] = {
      {"/api/v1/templates", manage, manage, on_all},
      {"/api/v1/templates/{id}", manage, manage, on_one},
      {"/api/v1/personas/instances", "instances:read", "instances:write", on_all},
      {"/api/v1/personas/instances/{id}", "instances:read", "instances:write", on_one},
  };
  for (const auto& row : rows)
    for (const auto method : row.methods) {
      if (has_route(table, method, shape_of_pattern(row.pattern))) continue;
      const proxy_route candidate{method,
                                  std::string{row.pattern},
                                  0,
                                  std::string{method == method::get ? row.to_read : row.to_write},
                                  defaults.body_bytes_max,
                                  defaults.deadline_max};
      if (auto done = add_route(candidate, "routes", table); !done) return done;
    }
  return {};
}

result<void> add_core_manager(std::string_view url, proxy_table& table) {
  upstream candidate;
  if (!url.empty()) {
    auto parsed = parse_upstream_url(url);
    if (!parsed)
      return expected("CORE_MANAGER_URL", std::string{url}, "http(s)://host[:port][/path]");
    candidate = *std::move(parsed);
  }
  candidate.name = core_manager_name;
  table.upstreams.push_back(std::move(candidate));
  return {};
}

result<void> read_lists(const json& object, const proxy_defaults& defaults, proxy_table& table) {
  const auto upstreams = list_member(object, "upstreams");
  if (!upstreams) return fail(upstreams.error());
  if (upstreams->size() >= upstreams_max)
    return problem("upstreams", "are more than " + std::to_string(upstreams_max - 1));
  for (std::size_t i = 0; i < upstreams->size(); ++i)
    if (auto done = read_upstream((*upstreams)[i], item_of("upstreams", i), table); !done)
      return done;
  const auto routes = list_member(object, "routes");
  if (!routes) return fail(routes.error());
  for (std::size_t i = 0; i < routes->size(); ++i)
    if (auto done = read_route((*routes)[i], item_of("routes", i), defaults, table); !done)
      return done;
  return {};
}

} // namespace

result<proxy_table> read_proxy_routes(std::string_view text, const proxy_defaults& defaults) {
  proxy_table table;
  if (auto done = add_core_manager(defaults.core_manager_url, table); !done)
    return fail(done.error());
  json object = json::object();
  if (!text.empty()) {
    auto whole = read_text(text, proxy_text_bytes_max);
    if (!whole) return fail(whole.error());
    object = *std::move(whole);
  }
  if (auto done = check_members(object, {}, {"upstreams", "routes", "defaults"}); !done)
    return fail(done.error());
  const auto flag = object.find("defaults");
  if (flag != object.end() && !flag->is_boolean())
    return expected("defaults", *flag, "true or false");
  if (auto done = read_lists(object, defaults, table); !done) return fail(done.error());
  if (flag == object.end() || *flag == true)
    if (auto done = add_documented(defaults, table); !done) return fail(done.error());
  return table;
}

} // namespace latchkey::proxy

#include "gateway/routes.hpp"

#include "actors/registry/registry.hpp"
#include "gateway/openapi/document.hpp"
#include "gateway/pages/pages.hpp"
#include "gateway/proxy/rules/proxy_settings.hpp"
#include "gateway/request/flat_error.hpp"
#include "gateway/surfaces/docs/endpoints.hpp"
#include "gateway/surfaces/live/endpoints.hpp"
#include "gateway/surfaces/proxied/endpoints.hpp"
#include "gateway/surfaces/surfaces.hpp"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::gateway {
namespace {

using http::route;
using rows = std::vector<route>;

/// Where surfaces are added: each lists its own rows, with its guards, in its own folder.
std::vector<rows> public_surfaces() {
  return {auth_service::routes(), login_module::routes(), access::routes(), factors::routes(),
          integration::routes(),  billing::routes(),      live::routes()};
}

std::vector<rows> internal_surfaces() {
  return {internal::routes(), integration::routes()};
}

/// A row that asks for what no role can be given on purpose is a slip of the pen.
result<void> check_permissions(const rows& all) {
  for (const auto& row : all) {
    const auto& permission = row.needs.permission;
    const bool is_known = row.needs.open_to == http::access::service
                              ? default_service_scopes().has(permission)
                              : permission.empty() || is_known_permission(permission);
    if (!is_known)
      return fail(error_code::internal_error, {},
                  "route " + row.pattern + ": unknown permission " + permission);
  }
  return {};
}

/// An operator's own path that is a page's: both cannot be had.
result<void> check_not_proxied(const route& page, const proxy::proxy_table& proxied) {
  for (const auto& other : proxied.routes)
    if (other.method == page.method && other.pattern == page.pattern)
      return fail(error_code::internal_error, {},
                  "PROXY_ROUTES has " + std::string{to_string(page.method)} + " " + page.pattern +
                      ", which is a page of this server: expected another path, or PAGES=off");
  return {};
}

rows joined(std::vector<rows> surfaces) {
  rows all;
  for (auto& surface : surfaces)
    all.insert(all.end(), std::make_move_iterator(surface.begin()),
               std::make_move_iterator(surface.end()));
  return all;
}

/// Where clients find the public listener; empty: nobody can say before it listens.
std::string origin_of_clients(const settings& configured) {
  if (!configured.own_origin.empty()) return configured.own_origin;
  return configured.http_port == 0 ? std::string{} : configured.issuer;
}

/// A wildcard is no address that anybody could connect to.
std::string internal_url(const settings& configured) {
  const auto& host = configured.internal_host;
  const bool is_any = host == "0.0.0.0" || host == "::";
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string url = "http://";
  url += is_any ? "localhost" : is_v6 ? "[" + host + "]" : host;
  if (configured.internal_port != 0) url += ":" + std::to_string(configured.internal_port);
  return url;
}

/// What both listeners serve, each operation once: the public one's rows and what the internal
/// one has beside them. Nothing is handled by these.
rows described_rows(rows all) {
  for (auto& row : joined(internal_surfaces()))
    if (row.needs.open_to == http::access::internal || row.needs.is_internal)
      all.push_back(std::move(row));
  for (auto& row : all)
    row.handle = nullptr; // that of the description has the description
  return all;
}

} // namespace

result<std::shared_ptr<const http::router>> routes_of(listener side, const settings& configured) {
  const auto proxied = proxy::configured_routes(configured);
  if (!proxied) return fail(proxied.error());
  auto description = std::make_shared<docs::published_description>();
  auto surfaces = side == listener::public_side ? public_surfaces() : internal_surfaces();
  if (side == listener::public_side) surfaces.push_back(docs::routes(description));
  rows all = joined(std::move(surfaces));
  // Clients of the internal listener are trusted not to flood it.
  if (side == listener::internal_side)
    for (auto& row : all)
      row.needs.limit = http::window::none;
  if (auto known = check_permissions(all); !known) return fail(known.error());
  // What these ask for is the operator's to say, and to put into roles.
  if (side == listener::public_side) {
    auto more = proxied::routes(*proxied);
    all.insert(all.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  }
  if (side == listener::public_side) {
    openapi::api_facts facts{origin_of_clients(configured), LATCHKEY_VERSION, flat_error,
                             proxied::descriptions(*proxied), internal_url(configured)};
    auto describe = [described = described_rows(all), facts = std::move(facts)] {
      return openapi::describe_api(described, facts);
    };
    description->publish(std::move(describe), origin_of_clients(configured));
  }
  if (side == listener::public_side) {
    // They are for people: no client is told of them. Theirs is the first page, too.
    auto for_people = pages::routes(configured);
    if (!for_people) return fail(for_people.error());
    for (auto& row : *for_people) {
      if (auto free = check_not_proxied(row, *proxied); !free) return fail(free.error());
      std::erase_if(all, [&row](const route& other) {
        return other.pattern == docs::root_path && other.pattern == row.pattern;
      });
      all.push_back(std::move(row));
    }
  }
  auto table = http::router::make(std::move(all));
  if (!table) return fail(table.error());
  return std::make_shared<const http::router>(std::move(*table));
}

} // namespace latchkey::gateway

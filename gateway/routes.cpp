#include "gateway/routes.hpp"

#include "actors/registry.hpp"
#include "gateway/surfaces/auth_service/endpoints.hpp"
#include "gateway/surfaces/internal/endpoints.hpp"

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
  return {auth_service::routes()};
}

std::vector<rows> internal_surfaces() {
  return {internal::routes()};
}

/// A row that asks for what no role can be given on purpose is a slip of the pen.
result<void> check_permissions(const rows& all) {
  for (const auto& row : all)
    if (!row.needs.permission.empty() && !is_known_permission(row.needs.permission))
      return fail(error_code::internal_error, {},
                  "route " + row.pattern + ": unknown permission " + row.needs.permission);
  return {};
}

} // namespace

result<std::shared_ptr<const http::router>> routes_of(listener side) {
  rows all;
  for (auto& surface : side == listener::public_side ? public_surfaces() : internal_surfaces())
    all.insert(all.end(), std::make_move_iterator(surface.begin()),
               std::make_move_iterator(surface.end()));
  // Whoever reaches the internal listener is trusted not to flood it.
  if (side == listener::internal_side)
    for (auto& row : all)
      row.needs.is_counted = false;
  if (auto known = check_permissions(all); !known) return tl::unexpected<failure>(known.error());
  auto table = http::router::make(std::move(all));
  if (!table) return tl::unexpected<failure>(table.error());
  return std::make_shared<const http::router>(std::move(*table));
}

} // namespace latchkey::gateway

#include "gateway/routes.hpp"

#include "gateway/surfaces/auth_service/endpoints.hpp"
#include "gateway/surfaces/internal/endpoints.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace latchkey::gateway {
namespace {

using http::access;
using http::method;
using http::route;

std::vector<route> auth_service_routes() {
  namespace at = auth_service;
  return {
      {method::post, "/auth/register", {access::anyone}, at::register_user},
      {method::post, "/auth/token", {access::anyone}, at::token},
      {method::post, "/auth/token/refresh", {access::refresh_cookie}, at::refresh},
      {method::post, "/auth/logout", {access::signed_in}, at::logout},
      {method::get, "/auth/me", {access::signed_in}, at::me},
      {method::get, "/health", {access::anyone}, at::health},
  };
}

std::vector<route> internal_routes() {
  namespace at = internal;
  return {
      {method::get, "/internal/health", {access::internal}, at::health},
      {method::get, "/internal/metrics", {access::internal}, at::render_metrics},
      {method::get, "/metrics", {access::internal}, at::render_metrics},
  };
}

} // namespace

result<std::shared_ptr<const http::router>> routes_of(listener side) {
  auto table =
      http::router::make(side == listener::public_side ? auth_service_routes() : internal_routes());
  if (!table) return tl::unexpected<failure>(table.error());
  return std::make_shared<const http::router>(std::move(*table));
}

} // namespace latchkey::gateway

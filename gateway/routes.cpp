#include "gateway/routes.hpp"

#include "gateway/refresh_cookie.hpp"
#include "gateway/surfaces/auth_service/endpoints.hpp"
#include "gateway/surfaces/internal/endpoints.hpp"

#include <string>
#include <utility>
#include <vector>

namespace latchkey::gateway {
namespace {

using http::access;
using http::method;
using http::route;

using endpoint = awaitable<http::response> (*)(http::exchange&);
using signed_in_endpoint = awaitable<http::response> (*)(http::exchange&, const principal&);

route open_to_anyone(method verb, std::string path, endpoint answer) {
  return {verb, std::move(path), {access::anyone}, answer};
}

/// For what takes or gives a cookie: another site's page must not make a browser send it.
route open_to_own_pages(method verb, std::string path, endpoint answer) {
  auto guarded = [answer](http::exchange& ex) -> awaitable<http::response> {
    if (auto allowed = check_origin(ex); !allowed) co_return error_answer(ex, allowed.error());
    co_return co_await answer(ex);
  };
  return {verb, std::move(path), {access::own_pages}, std::move(guarded)};
}

/// The endpoint cannot be reached, nor even be named here, without a principal.
route open_to_signed_in(method verb, std::string path, signed_in_endpoint answer) {
  auto guarded = [answer](http::exchange& ex) -> awaitable<http::response> {
    auto who = co_await signed_in(ex);
    if (!who) co_return error_answer(ex, who.error());
    co_return co_await answer(ex, *who);
  };
  return {verb, std::move(path), {access::signed_in}, std::move(guarded)};
}

route open_internally(std::string path, endpoint answer) {
  return {method::get, std::move(path), {access::internal}, answer};
}

std::vector<route> auth_service_routes() {
  namespace at = auth_service;
  return {
      open_to_anyone(method::post, "/auth/register", at::register_user),
      open_to_own_pages(method::post, "/auth/token", at::token),
      open_to_own_pages(method::post, "/auth/token/refresh", at::refresh),
      open_to_own_pages(method::post, "/auth/logout", at::logout),
      open_to_signed_in(method::get, "/auth/me", at::me),
      open_to_anyone(method::get, "/health", at::health),
  };
}

std::vector<route> internal_routes() {
  namespace at = internal;
  return {
      open_internally("/internal/health", at::health),
      open_internally("/internal/metrics", at::render_metrics),
      open_internally("/metrics", at::render_metrics),
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

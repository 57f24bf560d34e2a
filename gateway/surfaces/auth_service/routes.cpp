// The auth service's rows of the route table.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/auth_service/endpoints.hpp"

namespace latchkey::gateway::auth_service {

std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  using http::window;
  return {
      route_row(post, "/auth/register", "register_user", register_user)
          .access(anyone)
          .limit(window::sign_in),
      route_row(post, "/auth/token", "token", token).access(own_pages).limit(window::sign_in),
      route_row(post, "/auth/token/refresh", "refresh", refresh)
          .access(own_pages)
          .limit(window::by_endpoint),
      route_row(post, "/auth/logout", "logout", logout)
          .access(own_pages)
          .limit(window::by_endpoint),
      route_row(get, "/auth/me", "me", me).access(principal, "profile:read"),
      route_row(get, "/health", "health", health).access(anyone).limit(window::none),

      route_row(post, "/api/v1/auth/register", "platform_register", platform_register)
          .access(anyone)
          .limit(window::sign_in),
      route_row(post, "/api/v1/auth/login", "platform_login", platform_login)
          .access(own_pages)
          .limit(window::sign_in),
      route_row(post, "/api/v1/auth/refresh", "platform_refresh", refresh)
          .access(own_pages)
          .limit(window::by_endpoint),
      route_row(post, "/api/v1/auth/logout", "platform_logout", logout)
          .access(own_pages)
          .limit(window::by_endpoint),
      route_row(get, "/api/v1/auth/me", "platform_me", platform_me)
          .access(principal, "profile:read"),
  };
}

} // namespace latchkey::gateway::auth_service

#include "gateway/request/guards.hpp"
#include "gateway/surfaces/auth_service/endpoints.hpp"

namespace latchkey::gateway::auth_service {

using enum http::method;
using http::window;

std::vector<http::route> routes() {
  return {
      counted_against(window::sign_in,
                      open_to_anyone(post, "/auth/register", "register_user", register_user)),
      counted_against(window::sign_in, open_to_own_pages(post, "/auth/token", "token", token)),
      open_to_own_pages_counted_later(post, "/auth/token/refresh", "refresh", refresh),
      open_to_own_pages_counted_later(post, "/auth/logout", "logout", logout),
      open_with("profile:read", get, "/auth/me", "me", me),
      open_to_anyone_freely("/health", "health", health),

      counted_against(window::sign_in, open_to_anyone(post, "/api/v1/auth/register",
                                                      "platform_register", platform_register)),
      counted_against(window::sign_in, open_to_own_pages(post, "/api/v1/auth/login",
                                                         "platform_login", platform_login)),
      open_to_own_pages_counted_later(post, "/api/v1/auth/refresh", "platform_refresh", refresh),
      open_to_own_pages_counted_later(post, "/api/v1/auth/logout", "platform_logout", logout),
      open_with("profile:read", get, "/api/v1/auth/me", "platform_me", platform_me),
  };
}

} // namespace latchkey::gateway::auth_service

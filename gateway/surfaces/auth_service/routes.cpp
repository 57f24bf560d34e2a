#include "gateway/guards.hpp"
#include "gateway/surfaces/auth_service/endpoints.hpp"

namespace latchkey::gateway::auth_service {

using enum http::method;

std::vector<http::route> routes() {
  return {
      open_to_anyone(post, "/auth/register", "register_user", register_user),
      open_to_own_pages(post, "/auth/token", "token", token),
      open_to_own_pages(post, "/auth/token/refresh", "refresh", refresh),
      open_to_own_pages(post, "/auth/logout", "logout", logout),
      open_with("profile:read", get, "/auth/me", "me", me),
      open_to_anyone_freely("/health", "health", health),
  };
}

} // namespace latchkey::gateway::auth_service

#include "gateway/guards.hpp"
#include "gateway/surfaces/access/endpoints.hpp"

namespace latchkey::gateway::access {

using enum http::method;
using http::window;

// Keys and sessions are for their owner in person: an API key that could make keys would
// outlive its own revocation.
std::vector<http::route> routes() {
  return {
      open_with("roles:read", get, "/admin/roles", "list_roles", list_roles),
      open_to_session_with("roles:write", post, "/admin/roles", "create_role", create_role),
      open_with("roles:read", get, "/admin/roles/{name}", "get_role", get_role),
      open_to_session_with("roles:write", put, "/admin/roles/{name}", "update_role", update_role),
      open_to_session_with("roles:write", delete_, "/admin/roles/{name}", "delete_role",
                           delete_role),
      open_to_session_with("roles:write", put, "/admin/users/{id}/role", "set_user_role",
                           set_user_role),

      open_to_session(get, "/auth/api-keys", "list_api_keys", list_api_keys),
      open_to_session(post, "/auth/api-keys", "create_api_key", create_api_key),
      counted_against(window::keeping, open_to_session(delete_, "/auth/api-keys/{id}",
                                                       "revoke_api_key", revoke_api_key)),

      open_to_session(post, "/auth/verify-email", "request_verification", request_verification),
      open_to_anyone(post, "/auth/verify-email/confirm", "confirm_verification",
                     confirm_verification),

      counted_against(window::keeping,
                      open_to_session(get, "/auth/sessions", "list_sessions", list_sessions)),
      counted_against(window::keeping,
                      open_to_session(delete_, "/auth/sessions/{id}", "end_session", end_session)),
  };
}

} // namespace latchkey::gateway::access

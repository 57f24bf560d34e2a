// The access surface's rows of the route table: roles, API keys, email addresses, sessions.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/access/endpoints.hpp"

namespace latchkey::gateway::access {

// Keys and sessions are for their owner in person: an API key that could make keys would
// outlive its own revocation.
std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  using http::window;
  return {
      route_row(get, "/admin/roles", "list_roles", list_roles).access(principal, "roles:read"),
      route_row(post, "/admin/roles", "create_role", create_role).access(session, "roles:write"),
      route_row(get, "/admin/roles/{name}", "get_role", get_role).access(principal, "roles:read"),
      route_row(put, "/admin/roles/{name}", "update_role", update_role)
          .access(session, "roles:write"),
      route_row(delete_, "/admin/roles/{name}", "delete_role", delete_role)
          .access(session, "roles:write"),
      route_row(put, "/admin/users/{id}/role", "set_user_role", set_user_role)
          .access(session, "roles:write"),

      route_row(get, "/auth/api-keys", "list_api_keys", list_api_keys).access(session),
      route_row(post, "/auth/api-keys", "create_api_key", create_api_key).access(session),
      route_row(delete_, "/auth/api-keys/{id}", "revoke_api_key", revoke_api_key)
          .access(session)
          .limit(window::keeping),

      route_row(post, "/auth/verify-email", "request_verification", request_verification)
          .access(session),
      route_row(post, "/auth/verify-email/confirm", "confirm_verification", confirm_verification)
          .access(anyone),

      route_row(get, "/auth/sessions", "list_sessions", list_sessions)
          .access(session)
          .limit(window::keeping),
      route_row(delete_, "/auth/sessions/{id}", "end_session", end_session)
          .access(session)
          .limit(window::keeping),
  };
}

} // namespace latchkey::gateway::access

// routes.cpp — roles, API keys, sessions and email addresses, which "Auth Service API
// Documentation", Service-Specific Features, names without details.
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::access {

// Each is defined in the file of its trade in this folder.

// -- roles -----------------------------------------------------------------------------

/// GET /admin/roles: 200 with `roles`, by name.
awaitable<result<http::response>> list_roles(http::exchange& ex, const principal& caller);
/// POST /admin/roles: 201 with the role. CONFLICT for a name that is taken, AUTH004 for
/// permissions beyond the caller's own.
awaitable<result<http::response>> create_role(http::exchange& ex, const principal& caller);
/// GET /admin/roles/{name}
awaitable<result<http::response>> get_role(http::exchange& ex, const principal& caller);
/// PUT /admin/roles/{name}: `permissions` and, if given, `description`. AUTH004 also for a role
/// that has more than the caller; CONFLICT for a built-in one.
awaitable<result<http::response>> update_role(http::exchange& ex, const principal& caller);
/// DELETE /admin/roles/{name}: 204. CONFLICT while somebody has it.
awaitable<result<http::response>> delete_role(http::exchange& ex, const principal& caller);
/// PUT /admin/users/{id}/role: 200 with `id`, `username`, `role`. AUTH004 for a role, or a user,
/// above the caller; CONFLICT for the last active administrator.
awaitable<result<http::response>> set_user_role(http::exchange& ex, const principal& caller);

// -- API keys --------------------------------------------------------------------------

/// GET /auth/api-keys: 200 with `api_keys`, oldest first.
awaitable<result<http::response>> list_api_keys(http::exchange& ex, const principal& caller);
/// POST /auth/api-keys: 201 with the key, shown this once. AUTH004 for a scope that the owner
/// has not, SUB002 when there are too many.
awaitable<result<http::response>> create_api_key(http::exchange& ex, const principal& caller);
/// DELETE /auth/api-keys/{id}: 204.
awaitable<result<http::response>> revoke_api_key(http::exchange& ex, const principal& caller);

// -- the address -------------------------------------------------------------------------

/// POST /auth/verify-email: mails another token to the caller's address. RATE_LIMITED after a few,
/// CONFLICT where addresses are not verified (EMAIL_VERIFICATION=off).
awaitable<result<http::response>> request_verification(http::exchange& ex, const principal& caller);
/// POST /auth/verify-email/confirm `{token}`: 200, and the address is verified. AUTH003.
awaitable<result<http::response>> confirm_verification(http::exchange& ex);

// -- sessions ----------------------------------------------------------------------------

/// GET /auth/sessions: 200 with the caller's live `sessions`, oldest first.
awaitable<result<http::response>> list_sessions(http::exchange& ex, const principal& caller);
/// DELETE /auth/sessions/{id}: 204. Somebody else's is not found.
awaitable<result<http::response>> end_session(http::exchange& ex, const principal& caller);

// -- the rows -----------------------------------------------------------------------------------

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

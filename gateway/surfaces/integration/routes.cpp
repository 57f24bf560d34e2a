// routes.cpp — the paths of "Service Integration API Documentation", which "Flask Service
// Integration Documentation" calls too: questions and reports of other services about users and
// their sessions. Ids are numbers; a numeric string and a UUID are understood. Errors are flat
// (request/flat_error.hpp).
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::integration {

// Each is defined in the file of its trade in this folder. Both listeners serve them, to live keys
// of services that have the scope.

/// POST /api/auth/validate-token `{token}`: 200 with `user_id`, `exp`, `iat` and `type` of an
/// access token whose session lives; 401 "Invalid token" for any other text.
awaitable<result<http::response>> validate_token(http::exchange& ex,
                                                 const service_principal& caller);

/// POST /api/auth/sync-session: adds a session, changes its end and device, or ends it. 400
/// "Failed to sync session".
awaitable<result<http::response>> sync_session(http::exchange& ex, const service_principal& caller);

/// POST /api/auth/sync-user: changes the user of that id, else of that email, else adds one
/// without a password. 400 "Failed to sync user data".
awaitable<result<http::response>> sync_user(http::exchange& ex, const service_principal& caller);

/// POST /api/auth/revoke-user-sessions: after the answer no session of the user is good for
/// anything. 400 "Failed to revoke sessions".
awaitable<result<http::response>> revoke_user_sessions(http::exchange& ex,
                                                       const service_principal& caller);

// -- the rows -----------------------------------------------------------------------------------

namespace {

/// Each is for services that have the scope; errors are flat.
http::route row(std::string path, std::string operation, std::string scope,
                service_endpoint answer) {
  return route_row(http::method::post, std::move(path), std::move(operation), std::move(answer))
      .access(http::access::service, std::move(scope))
      .errors(http::error_form::flat);
}

} // namespace

std::vector<http::route> routes() {
  return {
      row("/api/auth/validate-token", "validate_token", service_scope::validate_tokens,
          validate_token),
      row("/api/auth/sync-session", "sync_session", service_scope::sync_sessions, sync_session),
      row("/api/auth/sync-user", "sync_user", service_scope::sync_users, sync_user),
      row("/api/auth/revoke-user-sessions", "revoke_user_sessions", service_scope::revoke_sessions,
          revoke_user_sessions),
  };
}

} // namespace latchkey::gateway::integration

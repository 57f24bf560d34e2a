// integration/endpoints.hpp — the paths of "Service Integration API Documentation", which "Flask
// Service Integration Documentation" calls too: questions and reports of other services about users
// and their sessions. Ids are numbers; a numeric string and a UUID are understood. Errors are flat
// (request/flat_error.hpp).
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include <vector>

namespace latchkey::gateway::integration {

/// The surface's rows of the route table: each for live keys of services that have its scope.
/// Both listeners serve them.
std::vector<http::route> routes();

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

} // namespace latchkey::gateway::integration

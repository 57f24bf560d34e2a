// The service integration's rows of the route table.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/integration/endpoints.hpp"

namespace latchkey::gateway::integration {
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

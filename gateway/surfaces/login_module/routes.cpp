// The Login Module's rows of the route table.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/login_module/endpoints.hpp"

namespace latchkey::gateway::login_module {

std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  using http::window;
  return {
      route_row(post, "/auth/login", "login", login).access(own_pages).limit(window::sign_in),
      route_row(post, "/users/register", "register_account", register_account)
          .access(anyone)
          .limit(window::sign_in),

      route_row(post, "/recovery/request-reset", "request_reset", request_reset)
          .access(anyone)
          .limit(window::sign_in),
      route_row(post, "/recovery/verify-passphrase", "verify_passphrase", verify_passphrase)
          .access(anyone)
          .limit(window::sign_in),
      route_row(post, "/recovery/reset-password", "reset_password", reset_password)
          .access(anyone)
          .limit(window::sign_in),

      route_row(get, "/account/profile", "get_profile", get_profile)
          .access(principal, "profile:read"),
      route_row(put, "/account/profile", "update_profile", update_profile)
          .access(principal, "profile:write"),
      route_row(put, "/account/change-password", "change_password", change_password)
          .access(session)
          .limit(window::keeping),

      route_row(put, "/account/recovery-passphrase", "set_recovery_passphrase",
                set_recovery_passphrase)
          .access(session),
      route_row(delete_, "/account/recovery-passphrase", "remove_recovery_passphrase",
                remove_recovery_passphrase)
          .access(session)
          .limit(window::keeping),

      route_row(get, "/admin/users", "list_users", list_users).access(principal, "users:read"),
      route_row(get, "/admin/users/{id}", "get_user", get_user).access(principal, "users:read"),
      route_row(put, "/admin/users/{id}", "update_user", update_user)
          .access(principal, "users:write"),
      route_row(delete_, "/admin/users/{id}", "delete_user", delete_user)
          .access(principal, "users:delete"),

      route_row(post, "/service/validate-token", "validate_service_token", validate_service_token)
          .access(anyone)
          .limit(window::by_endpoint),
      route_row(post, "/service/token", "create_service_token", create_service_token)
          .access(principal, "services:write"),
  };
}

} // namespace latchkey::gateway::login_module

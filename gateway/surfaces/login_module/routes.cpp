// The Login Module's rows of the route table.
#include "gateway/guards.hpp"
#include "gateway/surfaces/login_module/endpoints.hpp"

namespace latchkey::gateway::login_module {

std::vector<http::route> routes() {
  using http::method;
  using http::window;
  return {
      counted_against(window::sign_in,
                      open_to_own_pages(method::post, "/auth/login", "login", login)),
      counted_against(window::sign_in, open_to_anyone(method::post, "/users/register",
                                                      "register_account", register_account)),

      counted_against(window::sign_in, open_to_anyone(method::post, "/recovery/request-reset",
                                                      "request_reset", request_reset)),
      counted_against(window::sign_in, open_to_anyone(method::post, "/recovery/verify-passphrase",
                                                      "verify_passphrase", verify_passphrase)),
      counted_against(window::sign_in, open_to_anyone(method::post, "/recovery/reset-password",
                                                      "reset_password", reset_password)),

      open_with("profile:read", method::get, "/account/profile", "get_profile", get_profile),
      open_with("profile:write", method::put, "/account/profile", "update_profile", update_profile),
      counted_against(window::keeping, open_to_session(method::put, "/account/change-password",
                                                       "change_password", change_password)),

      open_to_session(method::put, "/account/recovery-passphrase", "set_recovery_passphrase",
                      set_recovery_passphrase),
      counted_against(window::keeping,
                      open_to_session(method::delete_, "/account/recovery-passphrase",
                                      "remove_recovery_passphrase", remove_recovery_passphrase)),

      open_with("users:read", method::get, "/admin/users", "list_users", list_users),
      open_with("users:read", method::get, "/admin/users/{id}", "get_user", get_user),
      open_with("users:write", method::put, "/admin/users/{id}", "update_user", update_user),
      open_with("users:delete", method::delete_, "/admin/users/{id}", "delete_user", delete_user),

      open_to_anyone_who_is_counted_later(method::post, "/service/validate-token",
                                          "validate_service_token", validate_service_token),
      open_with("services:write", method::post, "/service/token", "create_service_token",
                create_service_token),
  };
}

} // namespace latchkey::gateway::login_module

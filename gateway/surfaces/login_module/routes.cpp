// routes.cpp — the paths of "API Reference" (the Login Module): signing in, accounts, recovery,
// administration of accounts, tokens between services. Ids are UUIDs.
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::login_module {

// Each is defined in the file of its trade in this folder.

// -- Authentication --------------------------------------------------------------------

/// POST /auth/login: 200 with `access_token`, `token_type`, `expires_in`; the refresh token
/// travels as it does from POST /auth/token. AUTH001.
awaitable<result<http::response>> login(http::exchange& ex);

// -- User Registration -------------------------------------------------------------------

/// POST /users/register: 201 with the account. USER002, USER003.
awaitable<result<http::response>> register_account(http::exchange& ex);

// -- Account Recovery --------------------------------------------------------------------

/// POST /recovery/request-reset: 200 with the same body for every address.
awaitable<result<http::response>> request_reset(http::exchange& ex);
/// POST /recovery/verify-passphrase: 200 with `reset_token`; AUTH001.
awaitable<result<http::response>> verify_passphrase(http::exchange& ex);
/// POST /recovery/reset-password: 200; AUTH003 for a token that does not work (any more).
awaitable<result<http::response>> reset_password(http::exchange& ex);

// -- User Account Management -----------------------------------------------------------------

/// GET /account/profile
awaitable<result<http::response>> get_profile(http::exchange& ex, const principal& caller);
/// PUT /account/profile: `full_name` and `username`, each if given. USER002.
awaitable<result<http::response>> update_profile(http::exchange& ex, const principal& caller);
/// PUT /account/change-password: every other session ends. AUTH001, USER003.
awaitable<result<http::response>> change_password(http::exchange& ex, const principal& caller);

/// PUT /account/recovery-passphrase `{current_password, recovery_passphrase}`: sets or replaces it.
/// AUTH001.
awaitable<result<http::response>> set_recovery_passphrase(http::exchange& ex,
                                                          const principal& caller);
/// DELETE /account/recovery-passphrase `{current_password}`: there is none from now on. AUTH001.
awaitable<result<http::response>> remove_recovery_passphrase(http::exchange& ex,
                                                             const principal& caller);

// -- Admin Account Management ------------------------------------------------------------------

/// GET /admin/users?page=1&limit=50&active=true: in the order of their numbers.
awaitable<result<http::response>> list_users(http::exchange& ex, const principal& caller);
/// GET /admin/users/{id}; USER001.
awaitable<result<http::response>> get_user(http::exchange& ex, const principal& caller);
/// PUT /admin/users/{id}: `is_active`, `is_admin`, `full_name`, each if given. AUTH004 for
/// somebody above the caller, CONFLICT for the last active administrator.
awaitable<result<http::response>> update_user(http::exchange& ex, const principal& caller);
/// DELETE /admin/users/{id}: 204.
awaitable<result<http::response>> delete_user(http::exchange& ex, const principal& caller);

// -- Inter-Service Token Validation --------------------------------------------------------------

/// POST /service/validate-token: 200 with `valid`, and of a good token `user_id` and `scopes`.
awaitable<result<http::response>> validate_service_token(http::exchange& ex);
/// POST /service/token: 200 with a token for a registered service.
awaitable<result<http::response>> create_service_token(http::exchange& ex, const principal& caller);

// -- the rows -----------------------------------------------------------------------------------

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

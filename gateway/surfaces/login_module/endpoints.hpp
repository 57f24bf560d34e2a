// login_module/endpoints.hpp — the paths of "API Reference" (the Login Module): signing in,
// accounts, recovery, administration of accounts, tokens between services. Ids are UUIDs.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/registration.hpp"

#include <vector>

namespace latchkey::gateway::login_module {

/// A `full_name` in UTF-8.
inline constexpr std::size_t full_name_bytes_max = 4 * full_name_code_points_max;

/// The surface's rows of the route table.
std::vector<http::route> routes();

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

} // namespace latchkey::gateway::login_module

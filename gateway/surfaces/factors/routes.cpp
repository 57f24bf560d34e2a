// routes.cpp — second factors, which "Auth Service API Documentation", Service-Specific Features,
// names without details (MFA).
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::factors {

// -- to prove (proofs.cpp) -----------------------------------------------------------------

/// POST /auth/mfa/verify `{mfa_token,method,code}`: the tokens that the sign-in would have answered
/// without a second factor. AUTH001 (field "code"), AUTH002 and AUTH003 (field "mfa_token"),
/// RATE_LIMITED.
awaitable<result<http::response>> finish_sign_in(http::exchange& ex);
/// POST /auth/mfa/step-up `{method,code}`, or `{method:"password",password}`: 200 with `acr`, `amr`
/// and `auth_time` of the caller's session from now on.
awaitable<result<http::response>> step_up(http::exchange& ex, const principal& caller);

// -- to manage (manage.cpp) ----------------------------------------------------------------

/// GET /auth/mfa: 200 with `enabled`, `totp`, `recovery_codes{made,left}` and how the caller's
/// session was authenticated.
awaitable<result<http::response>> list_factors(http::exchange& ex, const principal& caller);
/// POST /auth/mfa/totp/enroll `{name?}`: 201 with `secret`, `otpauth_uri` and `qr_svg`.
/// MFA_REQUIRED without a recent sign-in of the account's own level.
awaitable<result<http::response>> enrol_totp(http::exchange& ex, const principal& caller);
/// POST /auth/mfa/totp/verify `{code}`: 200 with `totp` and, with the first factor,
/// `recovery_codes`, shown this once.
awaitable<result<http::response>> confirm_totp(http::exchange& ex, const principal& caller);
/// DELETE /auth/mfa/totp/{id}: 204.
awaitable<result<http::response>> remove_totp(http::exchange& ex, const principal& caller);
/// POST /auth/mfa/recovery-codes: 201 with ten new `recovery_codes`, shown this once.
awaitable<result<http::response>> make_recovery_codes(http::exchange& ex, const principal& caller);
/// DELETE /admin/users/{id}/mfa: 204; every session of the user has ended. AUTH004 for a user above
/// the caller.
awaitable<result<http::response>> reset_factors(http::exchange& ex, const principal& caller);

// -- the rows -----------------------------------------------------------------------------------

// Factors are for their owner in person: no API key touches them.
std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  using http::window;
  return {
      route_row(post, "/auth/mfa/verify", "finish_sign_in", finish_sign_in)
          .access(own_pages)
          .limit(window::sign_in),
      route_row(post, "/auth/mfa/step-up", "step_up", step_up).access(session),
      route_row(get, "/auth/mfa", "list_factors", list_factors).access(session),
      route_row(post, "/auth/mfa/totp/enroll", "enrol_totp", enrol_totp).access(session),
      route_row(post, "/auth/mfa/totp/verify", "confirm_totp", confirm_totp).access(session),
      route_row(delete_, "/auth/mfa/totp/{id}", "remove_totp", remove_totp)
          .access(session)
          .limit(window::keeping),
      route_row(post, "/auth/mfa/recovery-codes", "make_recovery_codes", make_recovery_codes)
          .access(session),
      route_row(delete_, "/admin/users/{id}/mfa", "reset_factors", reset_factors)
          .access(session, "users:write"),
  };
}

} // namespace latchkey::gateway::factors

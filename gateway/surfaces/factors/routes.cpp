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

/// GET /auth/mfa: 200 with `enabled`, `required`, `due_at`, `totp`, `recovery_codes{made,left}` and
/// how the caller's session was authenticated.
awaitable<result<http::response>> list_factors(http::exchange& ex, const principal& caller);
/// POST /auth/mfa/totp/enroll `{name?}`: 201 with `secret`, `otpauth_uri` and `qr_svg`.
/// MFA_REQUIRED without a recent sign-in of the account's own level.
awaitable<result<http::response>> enrol_totp(http::exchange& ex, const principal& caller);
/// POST /auth/mfa/totp/verify `{code}`: 200 with `totp` and, with the first factor,
/// `recovery_codes`, shown this once.
awaitable<result<http::response>> confirm_totp(http::exchange& ex, const principal& caller);
/// DELETE /auth/mfa/totp/{id}: 204; every other session of the user has ended.
awaitable<result<http::response>> remove_totp(http::exchange& ex, const principal& caller);
/// POST /auth/mfa/recovery-codes: 201 with ten new `recovery_codes`, shown this once; every other
/// session of the user has ended.
awaitable<result<http::response>> make_recovery_codes(http::exchange& ex, const principal& caller);
/// DELETE /admin/users/{id}/mfa: 204; every session of the user has ended. AUTH004 for a user above
/// the caller.
awaitable<result<http::response>> reset_factors(http::exchange& ex, const principal& caller);

// -- passkeys (passkeys.cpp) -------------------------------------------------------------------

/// POST /auth/passkeys/challenge `{mfa_token?}`: 200 with `publicKey`, the options of
/// `navigator.credentials.get`: for a sign-in without a name, or for the second step of one.
awaitable<result<http::response>> challenge_passkey(http::exchange& ex);
/// POST /auth/mfa/step-up/challenge: the same for the caller.
awaitable<result<http::response>> challenge_own_passkey(http::exchange& ex,
                                                        const principal& caller);
/// POST /auth/passkeys/sign-in `{credential}`: tokens as after POST /auth/token. AUTH001 (field
/// "credential"), AUTH002 and AUTH003 for its challenge.
awaitable<result<http::response>> sign_in_by_passkey(http::exchange& ex);
/// POST /auth/passkeys/registration: 200 with `publicKey`, the options of
/// `navigator.credentials.create`. MFA_REQUIRED, CONFLICT (field "passkey").
awaitable<result<http::response>> begin_passkey(http::exchange& ex, const principal& caller);
/// POST /auth/passkeys `{credential,name?,second_factor?,unattended?}`: 201 with `passkey` and,
/// with the first factor, `recovery_codes`. AUTH001, AUTH002, AUTH003, CONFLICT (field
/// "credential").
awaitable<result<http::response>> add_passkey(http::exchange& ex, const principal& caller);
/// PUT /auth/passkeys/{id} `{name?,second_factor?}`: 200 with the same.
awaitable<result<http::response>> change_passkey(http::exchange& ex, const principal& caller);
/// DELETE /auth/passkeys/{id}: 204; every other session of the user has ended.
awaitable<result<http::response>> remove_passkey(http::exchange& ex, const principal& caller);
/// GET /.well-known/webauthn: `{origins}` (WebAuthn Level 3, section 5.11).
awaitable<result<http::response>> related_origins(http::exchange& ex);
/// GET /.well-known/passkey-endpoints: `{enroll,manage}` (W3C, "A Well-Known URL for Relying Party
/// Passkey Endpoints").
awaitable<result<http::response>> passkey_pages(http::exchange& ex);

// -- the rows -----------------------------------------------------------------------------------

// Factors are for their owner in person: no API key touches them. A session that awaits a second
// one reaches what adds or shows it.
std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  using http::window;
  return {
      route_row(post, "/auth/mfa/verify", "finish_sign_in", finish_sign_in)
          .access(own_pages)
          .limit(window::sign_in),
      route_row(post, "/auth/mfa/step-up", "step_up", step_up).access(session).admits_awaiting(),
      route_row(get, "/auth/mfa", "list_factors", list_factors).access(session).admits_awaiting(),
      route_row(post, "/auth/mfa/totp/enroll", "enrol_totp", enrol_totp)
          .access(session)
          .admits_awaiting(),
      route_row(post, "/auth/mfa/totp/verify", "confirm_totp", confirm_totp)
          .access(session)
          .admits_awaiting(),
      route_row(delete_, "/auth/mfa/totp/{id}", "remove_totp", remove_totp)
          .access(session)
          .limit(window::keeping),
      route_row(post, "/auth/mfa/recovery-codes", "make_recovery_codes", make_recovery_codes)
          .access(session),
      route_row(delete_, "/admin/users/{id}/mfa", "reset_factors", reset_factors)
          .access(session, "users:write"),
      route_row(post, "/auth/passkeys/challenge", "challenge_passkey", challenge_passkey)
          .access(own_pages),
      route_row(post, "/auth/mfa/step-up/challenge", "challenge_own_passkey", challenge_own_passkey)
          .access(session)
          .admits_awaiting(),
      route_row(post, "/auth/passkeys/sign-in", "sign_in_by_passkey", sign_in_by_passkey)
          .access(own_pages)
          .limit(window::sign_in),
      route_row(post, "/auth/passkeys/registration", "begin_passkey", begin_passkey)
          .access(session)
          .admits_awaiting(),
      route_row(post, "/auth/passkeys", "add_passkey", add_passkey)
          .access(session)
          .admits_awaiting(),
      route_row(put, "/auth/passkeys/{id}", "change_passkey", change_passkey).access(session),
      route_row(delete_, "/auth/passkeys/{id}", "remove_passkey", remove_passkey)
          .access(session)
          .limit(window::keeping),
      route_row(get, "/.well-known/webauthn", "related_origins", related_origins).access(anyone),
      route_row(get, "/.well-known/passkey-endpoints", "passkey_pages", passkey_pages)
          .access(anyone),
  };
}

} // namespace latchkey::gateway::factors

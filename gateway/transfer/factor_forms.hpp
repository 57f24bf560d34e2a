// transfer/factor_forms.hpp — second factors in each form that is understood. Members of other
// systems' forms that say nothing of a factor are passed over.
#pragma once

#include "gateway/transfer/user_factors.hpp"

namespace latchkey::gateway::transfer {

// Each adds to `out` what the line `in` has; a member that is absent adds nothing.

/// `totp`, `passkeys` and `recovery_code_hashes`.
result<void> read_own(input& in, user_factors& out, bool keeps_id, time_point now);
/// `credentials`, a list: "otp", "webauthn" and "webauthn-passwordless". Passwords are passed over,
/// recovery codes too (user_factors::passed_over); other types are refused.
result<void> read_keycloak(input& in, user_factors& out, time_point now);
/// `credentials`, an object: `totp`, `webauthn` and `passkey`. First factors are passed over, and
/// second ones that cannot be verified here (user_factors::passed_over); others are refused.
result<void> read_kratos(input& in, user_factors& out, time_point now);
/// `mfa_factors`: `totp`. Codes by mail or phone are refused.
result<void> read_auth0(input& in, user_factors& out, time_point now);

} // namespace latchkey::gateway::transfer

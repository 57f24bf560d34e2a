// second_step.hpp — finishes a sign-in with a second factor.
#pragma once

#include "gateway/request/endpoint.hpp"
#include "protocol/messages/factors.hpp"

namespace latchkey::gateway {

struct finished_sign_in {
  messages::token_pair tokens;
  surface opened_by = surface::auth_service; // whose path the password came by
};

/// Opens the session that the password alone did not (`mfa_token`, protocol/tokens/mfa_token.hpp).
/// AUTH001 (field "code") for a wrong code, which is audited and counts for the account and for the
/// address; AUTH002 and AUTH003 (field "mfa_token"); RATE_LIMITED; NOT_FOUND (field "method").
awaitable<result<finished_sign_in>> finish_sign_in(http::exchange& ex, const secret& mfa_token,
                                                   messages::factor_proof proof);

} // namespace latchkey::gateway

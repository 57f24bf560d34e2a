// token_answer.hpp — what a sign-in answers, in the words of the document whose path it came by.
#pragma once

#include "gateway/request/endpoint.hpp"

namespace latchkey::gateway {

/// 200 with the tokens. The refresh token goes into its cookie, or into the body when the client
/// asked for that (`X-Token-Delivery: body`). "API Reference" prints three members; "Auth Service
/// API Documentation" has `refresh_token` in any case, null when it is in the cookie.
http::response sign_in_answer(const http::exchange& ex, const messages::token_pair& tokens,
                              surface opened_by);

} // namespace latchkey::gateway

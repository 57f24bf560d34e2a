// token_answer.hpp — what a sign-in or a refresh answers, in the words of the document whose path
// it came by.
#pragma once

#include "gateway/request/endpoint.hpp"

namespace latchkey::gateway {

/// How a refresh token travels.
enum class token_delivery : std::uint8_t { cookie, body };

/// 200 with the tokens. The refresh token goes into its cookie, or into the body. "API Reference"
/// prints three members; "Auth Service API Documentation" has `refresh_token` in any case, null
/// when it is in the cookie.
http::response token_answer(const http::exchange& ex, const messages::token_pair& tokens,
                            surface path_of, token_delivery by);

/// The same of a sign-in, which says how the token is to travel (`X-Token-Delivery: body`).
http::response sign_in_answer(const http::exchange& ex, const messages::token_pair& tokens,
                              surface opened_by);

} // namespace latchkey::gateway

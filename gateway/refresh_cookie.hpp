// refresh_cookie.hpp — the cookie that carries a refresh token: its name, its attributes
// and how it is read.
#pragma once

#include "gateway/endpoint.hpp"

#include <optional>

namespace latchkey::gateway {

/// Adds `Set-Cookie`. Over TLS the name begins with `__Host-`; `Secure` is left off only
/// on loopback HTTP, where a browser would drop the cookie.
void set_refresh_cookie(const http::exchange& ex, const messages::token_pair& tokens,
                        http::response& answer);

/// Makes the client forget it.
void clear_refresh_cookie(const http::exchange& ex, http::response& answer);

/// The cookie's token; empty when there is none. AUTH003 when it is there twice, for then
/// one of them was planted. CSRF_FAILED when another site made the browser send it, one of
/// ALLOWED_ORIGINS or not.
result<std::optional<secret>> refresh_cookie(const http::exchange& ex);

/// CSRF_FAILED when a page made the browser send the request that is neither our own (as the
/// request's Host or as ISSUER names it) nor of ALLOWED_ORIGINS. Whether a cookie that came along
/// proves anything is for `refresh_cookie` to say.
result<void> check_origin(const http::exchange& ex);

/// Whether the client asked for the refresh token in the body (`X-Token-Delivery: body`).
bool wants_token_in_body(const http::exchange& ex);

} // namespace latchkey::gateway

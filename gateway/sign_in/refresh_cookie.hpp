// refresh_cookie.hpp — the cookie that carries a refresh token: its name, its attributes, how it is
// read, and when it is cleared.
//
// A browser knows neither ports nor, of a cookie that a parent domain set, whose it is. So several
// may come under our name, and each is a neighbour's until its form and its MAC say otherwise.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

/// So many tokens of a name are looked at: the newest.
inline constexpr std::size_t refresh_cookies_max = 8;

/// Adds `Set-Cookie`. The name begins with `__Host-` (RFC 6265bis, 4.1.3.2) whenever browsers reach
/// us by https: TLS ends here, or ISSUER says so. `Secure` is left off only on loopback HTTP, where
/// a browser would drop the cookie; `SameSite` is COOKIE_SAMESITE's.
void set_refresh_cookie(const http::exchange& ex, const messages::token_pair& tokens,
                        http::response& answer);

/// Makes the client forget it, under every name under which a token of that session came; under our
/// own when no cookie came at all. Whatever else came is another session's, or a neighbour's.
void clear_refresh_cookie(const http::exchange& ex, const session_id& session,
                          http::response& answer);

/// Those that have the form of one of ours, the likeliest first: `__Host-` before the plain name,
/// which a page without TLS could have set and which does not count where TLS ends here; then the
/// newest session's and of a session the newest. Whether one is ours its session says. CSRF_FAILED
/// when another site made the browser send them, unless COOKIE_SAMESITE is none and it is one of
/// ALLOWED_ORIGINS.
result<std::vector<refresh_token>> refresh_cookies(const http::exchange& ex);

/// The same, whichever page made the browser send them: for what changes nothing and is shown to
/// the person alone.
std::vector<refresh_token> sent_refresh_cookies(const http::exchange& ex);

/// Takes a cookie back, with an answer that refuses it, when that can harm nobody: the token is
/// ours by its MAC, its session was over when the request came, its user has not signed in since it
/// began, and nobody at all has been given a cookie since the request came. What is not known to be
/// so stays: an answer that is late would delete the cookie of a newer sign-in, of whomever.
awaitable<> clear_dead_cookies(http::exchange& ex, std::vector<refresh_token> shown,
                               http::response& answer);

/// Whether the client asked for the refresh token in the body (`X-Token-Delivery: body`).
bool wants_token_in_body(const http::exchange& ex);

} // namespace latchkey::gateway

// own_cookie.hpp — what all cookies of ours have in common: their name and how they are protected.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

/// Whether browsers reach us by https: TLS ends here, or ISSUER says so.
bool reaches_us_by_https(const http::exchange& ex);

/// "; HttpOnly; Secure": `Secure` is left off only on loopback HTTP, where a browser would drop the
/// cookie.
std::string_view cookie_protection(const http::exchange& ex);

/// Adds a cookie that only our own pages use: `SameSite=Lax`, and named `__Host-…` where browsers
/// reach us by https, so that no neighbouring site can set it (RFC 6265bis, 4.1.3.2).
void set_page_cookie(const http::exchange& ex, std::string_view name, std::string_view value,
                     std::int64_t max_age_s, http::response& answer);
/// Its value; nothing when none came, or several, of which nobody can tell whose is ours.
std::optional<std::string_view> page_cookie(const http::exchange& ex, std::string_view name);

} // namespace latchkey::gateway

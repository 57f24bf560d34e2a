// form_token.hpp — the signed token in each form of our pages, which no other site can know (CSRF).
#pragma once

#include "protocol/time.hpp"
#include "protocol/tokens/hmac.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

/// How long a form may stay open.
inline constexpr std::chrono::hours form_token_ttl{12};
inline constexpr std::size_t form_token_bytes_max = 128;

/// "<seconds since the epoch>.<MAC>". `bound_to` is what only the same browser can show: a
/// session's id, or the secret of a cookie from before the sign-in.
std::string make_form_token(const hmac_sha256_key& key, std::string_view bound_to, time_point now);
/// Whether it is one of ours, for that browser, and not too old.
bool is_form_token(const hmac_sha256_key& key, std::string_view token, std::string_view bound_to,
                   time_point now);

} // namespace latchkey::gateway::pages

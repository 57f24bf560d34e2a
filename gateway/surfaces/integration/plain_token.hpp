// integration/plain_token.hpp — a fast reader for the body of POST /api/auth/validate-token, the
// most frequent request, in the form that every client writes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::gateway::integration {

/// The longest `token` in a body; longer ones are not read.
inline constexpr std::size_t token_bytes_max = 8192;

/// What stands between the quotes of `{"token":"…"}`, white space between the parts or not, as a
/// view into `body`. Nothing when the body is not of that form, or when that is empty or too long.
/// The text itself has not been looked at: it may be no JSON at all, unless it verifies as a token,
/// whose characters all stand for themselves.
std::optional<std::string_view> plain_token(std::string_view body) noexcept;

} // namespace latchkey::gateway::integration

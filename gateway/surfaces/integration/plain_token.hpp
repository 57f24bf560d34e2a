// integration/plain_token.hpp — the body of POST /api/auth/validate-token when it is written as
// every client writes it: the hottest request of all is spared the general reader.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::gateway::integration {

/// Of a `token` in a body; longer ones are not even read.
inline constexpr std::size_t token_bytes_max = 8192;

/// What stands between the quotes of `{"token":"…"}`, white space between the parts or not, as a
/// view into `body`. Nothing when the body is not of that form, or when that is empty or too long.
/// The text itself has not been looked at: it may be no JSON at all, unless it verifies as a token,
/// whose characters all stand for themselves.
std::optional<std::string_view> plain_token(std::string_view body) noexcept;

} // namespace latchkey::gateway::integration

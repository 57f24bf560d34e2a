// service_id.hpp — what a service may be called.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t service_id_chars_max = 64;
/// The rule as a reason for a refused text.
inline constexpr std::string_view service_id_rule =
    "must be 1 to 64 of A-Z, a-z, 0-9, dot, underscore and hyphen";

/// 1 to 64 of [A-Za-z0-9._-].
bool is_service_id(std::string_view text) noexcept;

} // namespace latchkey

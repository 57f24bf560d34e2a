// sha256.hpp — SHA-256 (FIPS 180-4) by OpenSSL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t sha256_bytes = 32;

/// The digest's `sha256_bytes` bytes.
std::string sha256(std::string_view bytes);

} // namespace latchkey

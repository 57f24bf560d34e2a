// recovery_code.hpp — codes that a user puts away for the day when the second factor is lost. Each
// works once; only a hash is kept.
#pragma once

#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

inline constexpr std::size_t recovery_codes_made = 10;
inline constexpr std::size_t recovery_codes_few = 3;       // so many are left: the owner is warned
inline constexpr std::size_t recovery_code_bytes_max = 64; // as typed

struct new_recovery_codes {
  std::vector<secret> texts;       // "k7f2-9m4x-…": to be shown once
  std::vector<std::string> hashes; // of each
};

/// 80 random bits each, in letters and digits that are not taken for each other.
new_recovery_codes make_recovery_codes();

/// The hash of a code as somebody has typed it: case, white space and hyphens do not matter, and
/// what looks alike is one (O is 0, I and L are 1). Nothing when it cannot be a code.
std::optional<std::string> hash_of_recovery_code(std::string_view typed);

} // namespace latchkey

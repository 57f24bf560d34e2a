// recovery_passphrase.hpp — words that somebody wrote down for the day the password is
// lost ("API Reference", Verify Passphrase).
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t recovery_passphrase_code_points_min = 16;
inline constexpr std::size_t recovery_passphrase_bytes_max = 1024;

/// The passphrase as it is hashed and compared: folded (protocol/text/login_name.hpp, fold_text),
/// for it comes from paper, with one space for any white space between words and none around them.
/// VALIDATION_ERROR with `field` for what is not UTF-8 or too long.
result<secret> normal_passphrase(const secret& passphrase, std::string_view field);

/// Whether a new one, normal already, is good: long enough and more than one word.
result<void> check_passphrase(const secret& normal, std::string_view field);

} // namespace latchkey

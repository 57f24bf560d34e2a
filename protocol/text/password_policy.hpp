// password_policy.hpp — which new passwords are refused, and why.
#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <string_view>

namespace latchkey {

/// PASSWORD_LENGTH_MIN, unless it is set.
inline constexpr std::size_t password_length_min_default = 8;
inline constexpr std::size_t password_bytes_max = 1024;
/// A password over this is refused wherever one comes in, sign-in included, and never hashed.
inline constexpr std::size_t password_input_bytes_max = 4096;

/// USER003 with field "password" and the rule as its reason unless the password
///  - has, as an OpaqueString (protocol/text/opaque_string.hpp), `length_min` code points and at
///  most
///    1024 bytes (any: NUL is legal and counts; of what is not UTF-8 each byte is one),
///  - is not, folded, among the commonest (protocol/text/common_passwords.txt), and
///  - is not, folded, the username, the email, either side of its @, or the product's name,
///    nor one of these with at most eight digits or ASCII marks around it.
/// `username` and `email` may be empty.
result<void> check_password(std::string_view password, std::string_view username,
                            std::string_view email,
                            std::size_t length_min = password_length_min_default);

/// Whether the list has it; `folded` is what `fold_text` answers.
bool is_common_password(std::string_view folded) noexcept;

} // namespace latchkey

// totp.hpp — codes of authenticator apps: six digits of each 30 seconds, by HMAC-SHA1 (RFC 6238),
// which is what every app can do.
#pragma once

#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t totp_code_bytes_max = 16; // as it is typed, with spaces

inline constexpr std::size_t totp_secret_bytes = 20; // RFC 4226, 4: as long as the hash
/// Other systems' are as short as Google Authenticator's and as long as a block of the hash.
inline constexpr std::size_t totp_secret_bytes_least = 10;
inline constexpr std::size_t totp_secret_bytes_most = 64;
inline constexpr std::size_t totp_digits = 6;
inline constexpr std::int64_t totp_period_s = 30;

/// Random bytes.
secret make_totp_secret();
/// As people type it and as the app's address has it: base32 (RFC 4648, 6) without padding.
secret totp_secret_text(const secret& key);
/// Reads it back: either case; spaces, hyphens and padding do not matter. Nothing for what is no
/// base32.
std::optional<secret> totp_secret_of_text(std::string_view text);

/// The number of the time step (RFC 6238, 4.2).
std::int64_t totp_step_at(time_point at) noexcept;
/// The code of a step.
std::string totp_code(const secret& key, std::int64_t step);
/// The step whose code this is: the one of `now`, or one beside it, for clocks that differ (RFC
/// 6238, 5.2). Only a step after `used` counts. White space in the code is ignored; the comparison
/// takes constant time.
std::optional<std::int64_t> matching_totp_step(const secret& key, std::string_view code,
                                               time_point now, std::int64_t used);

/// What an app reads from the picture: `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=ISSUER`.
secret totp_uri(const secret& key, std::string_view issuer, std::string_view account);

} // namespace latchkey

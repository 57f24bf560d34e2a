// setting_values.hpp — the forms a setting's text may have; private to config/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::setting_values {

/// Decimal digits alone, `min` to `max`.
std::optional<std::uint32_t> count(std::string_view text, std::uint32_t min, std::uint32_t max);
/// Seconds: digits, alone or before one of s, m, h, d.
std::optional<std::uint32_t> seconds(std::string_view text, std::uint32_t min, std::uint32_t max);
/// Bytes: digits, alone or before KiB, MiB or GiB.
std::optional<std::uint32_t> bytes(std::string_view text, std::uint32_t min, std::uint32_t max);

/// An IPv4 or IPv6 address (with or without brackets) or a hostname; answers it in
/// lower case and without brackets.
std::optional<std::string> host(std::string_view text);
/// `host` as it stands in a URL: IPv6 in brackets.
std::string host_in_url(std::string_view host);
/// RFC 6454, 6.2: "scheme://host[:port]", http or https, as browsers send it (lower
/// case, no default port); no path, no wildcard, no "null".
std::optional<std::string> origin(std::string_view text);
/// http(s)://host[:port][/path] without user, query or fragment; final slashes removed.
std::optional<std::string> http_url(std::string_view text);
/// postgresql:// or postgres:// without white space.
bool is_postgres_url(std::string_view text);
/// redis://[user:password@]host[:port][/number] or unix:///path.
bool is_redis_url(std::string_view text);
/// At least one byte, every one printable and none a space.
bool is_printable_word(std::string_view text);

/// `url` with `password` as a parameter, unless it names one already (in either place).
std::string with_password(std::string_view url, std::string_view password);

/// Fit to show: escaped, at most 100 bytes, and a URL's user and password hidden.
std::string shown(std::string_view text);

std::string_view trimmed(std::string_view text) noexcept;

} // namespace latchkey::setting_values

// authority.hpp — checks a Host header and the authority of an absolute target: RFC 3986, section
// 3.2, without a user.
#pragma once

#include <string_view>

namespace latchkey::http {

/// Whether `text` is `uri-host [":" port]` (RFC 9110, section 7.2) with a host: a name of
/// unreserved characters, escapes and sub-delims, an IPv4 address, or an IPv6 address in brackets;
/// a port is of digits, up to 65535. A comma is refused though RFC 3986 lets a name have it: it is
/// a list to a reader that joins header lines.
bool is_authority(std::string_view text) noexcept;

/// Whether two origins (RFC 6454, section 6.2) are the same: letters in any case, and with or
/// without the port that http or https has anyway.
bool same_origin(std::string_view a, std::string_view b) noexcept;

} // namespace latchkey::http

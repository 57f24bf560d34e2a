// upstream.hpp — an internal service that requests are passed on to: its name and its address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::proxy {

inline constexpr std::size_t upstream_name_bytes_max = 50;

struct upstream {
  std::string name;       // of [a-z0-9_-]: the metrics' label
  std::string host;       // an address, IPv6 without brackets, or a hostname; empty: not configured
  std::uint16_t port = 0; // the scheme's own when the URL has none
  bool is_tls = false;
  std::string authority; // the Host header: "core-manager:8088", "[::1]:8088"
  std::string base_path; // in front of every path; empty, or "/…" without a final slash

  /// Without a URL there is nobody to ask: GW001.
  bool is_configured() const noexcept { return !host.empty(); }
};

/// 1 to `upstream_name_bytes_max` characters of [a-z0-9_-], a letter or digit first.
bool is_upstream_name(std::string_view text) noexcept;

/// The upstream at http(s)://host[:port][/path], its name still empty. The path is of
/// unreserved characters (RFC 3986, 2.3), without "//" and segments "." and ".."; a user, a query
/// and a fragment are refused.
std::optional<upstream> parse_upstream_url(std::string_view url);

} // namespace latchkey::proxy

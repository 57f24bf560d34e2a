// client_address.hpp — where a request really comes from, when proxies stand before us, and
// what counts as one address for rate limits.
#pragma once

#include "gateway/http/message/request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

/// Hops of X-Forwarded-For that are looked at, from the right.
inline constexpr std::size_t forwarded_hops_max = 32;

/// An IPv6 address, or an IPv4 one as `::ffff:a.b.c.d`.
using ip_bytes = std::array<std::uint8_t, 16>;
/// Nothing for what is no address; ports and brackets are not part of one.
std::optional<ip_bytes> parse_ip(std::string_view text);

/// TRUSTED_PROXIES: addresses and networks such as 10.0.0.0/8.
class proxy_list {
public:
  proxy_list() = default;
  /// What is malformed is left out; settings have been checked before.
  explicit proxy_list(const std::vector<std::string>& networks);

  bool empty() const noexcept { return networks_.empty(); }
  bool contains(const ip_bytes& address) const noexcept;

private:
  struct network {
    ip_bytes bytes{};
    std::size_t prefix_bits = 0;
  };
  std::vector<network> networks_;
};

/// The peer's address or, when the peer is a trusted proxy, the right-most one of
/// X-Forwarded-For that is none; the last hop that makes sense where one is malformed.
std::string client_address(const http::request& in, const proxy_list& trusted);

/// Whether the client speaks TLS: to us, or to a trusted proxy that says so ("https", "wss") in
/// X-Forwarded-Proto. Of a list the word counts that the outermost trusted proxy added: as many
/// places from the right as trusted proxies stand in X-Forwarded-For, the peer included, or the
/// left-most when the list is shorter. What stands further left is the client's own.
bool came_by_https(const http::request& in, const proxy_list& trusted);

/// What counts as one address: an IPv4 address, and a /64 of IPv6, which is what one customer
/// has ("2001:db8:0:1::/64").
std::string address_group(std::string_view address);

} // namespace latchkey::gateway

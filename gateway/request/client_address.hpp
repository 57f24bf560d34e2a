// client_address.hpp — which address a request comes from, also when it comes through proxies, and
// what counts as one address for rate limits.
#pragma once

#include "config/ip_network.hpp"
#include "gateway/http/message/request.hpp"

#include <boost/asio/ip/network_v6.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway {

/// Hops of X-Forwarded-For that are read, from the right.
inline constexpr std::size_t forwarded_hops_max = 32;

/// An IPv6 address, or an IPv4 one as `::ffff:a.b.c.d`. Nothing for what is no address; ports,
/// brackets and scopes are not part of one.
std::optional<boost::asio::ip::address_v6> parse_ip(std::string_view text);

/// TRUSTED_PROXIES: addresses and networks such as 10.0.0.0/8.
class proxy_list {
public:
  proxy_list() = default;
  explicit proxy_list(const std::vector<ip_network>& networks);

  bool empty() const noexcept { return networks_.empty(); }
  bool contains(const boost::asio::ip::address_v6& address) const noexcept;

private:
  std::vector<boost::asio::ip::network_v6> networks_; // canonical; of IPv4 in `::ffff:0:0/96`
};

/// The peer's address or, when the peer is a trusted proxy, the right-most address of
/// X-Forwarded-For that is not a trusted proxy's; the last good hop where one is malformed.
std::string client_address(const http::request& in, const proxy_list& trusted);

/// Whether the client speaks TLS: to us, or to a trusted proxy that says so ("https", "wss") in
/// X-Forwarded-Proto. In a list the item of the outermost trusted proxy counts: as many places from
/// the right as X-Forwarded-For has trusted proxies, the peer included, or the left-most when the
/// list is shorter. What is further left comes from the client itself.
bool came_by_https(const http::request& in, const proxy_list& trusted);

/// What counts as one address: an IPv4 address, and a /64 of IPv6, which is what one customer
/// has ("2001:db8:0:1::/64").
std::string address_group(std::string_view address);

} // namespace latchkey::gateway

#include "gateway/request/client_address.hpp"

#include "gateway/http/message/syntax.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <utility>

namespace latchkey::gateway {
namespace {

namespace ip = boost::asio::ip;

/// A hop as proxies write it: an address, "[address]", and either with a port.
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) {
    const auto end = hop.find(']');
    return end == std::string_view::npos ? hop : hop.substr(1, end - 1);
  }
  return std::ranges::count(hop, ':') == 1 ? hop.substr(0, hop.find(':')) : hop;
}

std::string to_text(const ip::address_v6& address) {
  if (address.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address).to_string();
  return address.to_string();
}

/// Calls `take` with the items of every line of the header `name`, the right-most first, until it
/// is false.
template <class Take>
void each_hop_from_the_right(const http::request& in, std::string_view name, Take take) {
  std::size_t seen = 0;
  for (auto line = in.headers.rbegin(); line != in.headers.rend(); ++line) {
    if (!http::equal_ignoring_case(line->name, name)) continue;
    for (auto rest = line->value;;) {
      const auto comma = rest.rfind(',');
      const bool is_last = comma == std::string_view::npos;
      if (seen++ >= forwarded_hops_max ||
          !take(http::trim(is_last ? rest : rest.substr(comma + 1))))
        return;
      if (is_last) break;
      rest = rest.substr(0, comma);
    }
  }
}

} // namespace

std::optional<ip::address_v6> parse_ip(std::string_view text) {
  // Asio takes a scope ("fe80::1%eth0"), which nobody but its writer can read.
  if (text.find('%') != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const auto address = ip::make_address(text, error);
  if (error) return std::nullopt;
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
}

proxy_list::proxy_list(const std::vector<ip_network>& networks) {
  for (const auto& network : networks)
    networks_.push_back(
        ip::network_v6{ip::address_v6{network.address}, network.prefix_bits}.canonical());
}

bool proxy_list::contains(const ip::address_v6& address) const noexcept {
  return std::ranges::any_of(networks_, [&address](const ip::network_v6& network) {
    return ip::network_v6{address, network.prefix_length()}.canonical() == network;
  });
}

namespace {

/// The client as the trusted proxies name it, and how many of them are between it and us.
struct forwarded_client {
  std::string address;
  std::size_t proxies = 0;
};

forwarded_client find_client(const http::request& in, const proxy_list& trusted) {
  forwarded_client found{std::string{in.peer_address}};
  if (trusted.empty()) return found;
  const auto peer = parse_ip(in.peer_address);
  if (!peer || !trusted.contains(*peer)) return found;
  found.proxies = 1;
  each_hop_from_the_right(in, "x-forwarded-for", [&](std::string_view hop) {
    const auto address = parse_ip(without_port(hop));
    if (!address) return false;
    found.address = to_text(*address);
    const bool is_proxy = trusted.contains(*address);
    if (is_proxy) ++found.proxies;
    return is_proxy;
  });
  return found;
}

} // namespace

std::string client_address(const http::request& in, const proxy_list& trusted) {
  return find_client(in, trusted).address;
}

bool came_by_https(const http::request& in, const proxy_list& trusted) {
  if (in.is_tls) return true;
  const auto proxies = find_client(in, trusted).proxies;
  if (proxies == 0) return false;
  std::string_view scheme;
  std::size_t seen = 0;
  each_hop_from_the_right(in, "x-forwarded-proto", [&](std::string_view hop) {
    scheme = hop;
    return ++seen < proxies;
  });
  return http::equal_ignoring_case(scheme, "https") || http::equal_ignoring_case(scheme, "wss");
}

std::string address_group(std::string_view address) {
  // Without a colon it is IPv4 already, and this is asked for every request.
  if (address.find(':') == std::string_view::npos) return std::string{address};
  const auto parsed = parse_ip(address);
  if (!parsed) return std::string{address};
  if (parsed->is_v4_mapped()) return to_text(*parsed);
  constexpr unsigned short group_bits = 64;
  return ip::network_v6{*parsed, group_bits}.canonical().to_string();
}

} // namespace latchkey::gateway

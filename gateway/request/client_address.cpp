#include "gateway/request/client_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace latchkey::gateway {
namespace {

constexpr std::size_t address_chars_max = INET6_ADDRSTRLEN;
constexpr std::size_t v4_bits = 96; // of `::ffff:0:0/96`
constexpr ip_bytes v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0};

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// A hop as proxies write it: an address, "[address]", and either with a port.
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) {
    const auto end = hop.find(']');
    return end == std::string_view::npos ? hop : hop.substr(1, end - 1);
  }
  return std::ranges::count(hop, ':') == 1 ? hop.substr(0, hop.find(':')) : hop;
}

std::string to_text(const ip_bytes& address) {
  std::array<char, address_chars_max> text{};
  const bool is_v4 = std::equal(v4_prefix.begin(), v4_prefix.begin() + 12, address.begin());
  if (is_v4)
    inet_ntop(AF_INET, address.data() + 12, text.data(), text.size());
  else
    inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  return text.data();
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
      if (seen++ >= forwarded_hops_max || !take(trimmed(is_last ? rest : rest.substr(comma + 1))))
        return;
      if (is_last) break;
      rest = rest.substr(0, comma);
    }
  }
}

} // namespace

std::optional<ip_bytes> parse_ip(std::string_view text) {
  std::array<char, address_chars_max> copy{};
  if (text.empty() || text.size() >= copy.size()) return std::nullopt;
  std::ranges::copy(text, copy.begin());
  ip_bytes bytes = v4_prefix;
  if (inet_pton(AF_INET, copy.data(), bytes.data() + 12) == 1) return bytes;
  if (inet_pton(AF_INET6, copy.data(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

proxy_list::proxy_list(const std::vector<std::string>& networks) {
  for (const std::string_view text : networks) {
    const auto slash = text.find('/');
    const auto address = parse_ip(text.substr(0, slash));
    if (!address) continue;
    const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
    std::size_t bits = is_v4 ? 32 : 128;
    if (slash != std::string_view::npos)
      std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
    networks_.push_back({*address, std::min<std::size_t>(128, is_v4 ? v4_bits + bits : bits)});
  }
}

bool proxy_list::contains(const ip_bytes& address) const noexcept {
  return std::ranges::any_of(networks_, [&address](const network& one) {
    const auto whole = one.prefix_bits / 8;
    if (!std::equal(one.bytes.begin(), one.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.begin()))
      return false;
    const auto rest = one.prefix_bits % 8;
    return rest == 0 || ((one.bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
  });
}

namespace {

/// The client as the trusted proxies tell, and how many of them stand between it and us.
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
  std::string_view said;
  std::size_t seen = 0;
  each_hop_from_the_right(in, "x-forwarded-proto", [&](std::string_view hop) {
    said = hop;
    return ++seen < proxies;
  });
  return http::equal_ignoring_case(said, "https") || http::equal_ignoring_case(said, "wss");
}

std::string address_group(std::string_view address) {
  // Without a colon it is IPv4 already, and this is asked for every request.
  if (address.find(':') == std::string_view::npos) return std::string{address};
  auto bytes = parse_ip(address);
  if (!bytes) return std::string{address};
  if (std::equal(v4_prefix.begin(), v4_prefix.begin() + 12, bytes->begin())) return to_text(*bytes);
  std::fill(bytes->begin() + 8, bytes->end(), std::uint8_t{0});
  return to_text(*bytes) + "/64";
}

} // namespace latchkey::gateway

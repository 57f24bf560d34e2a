// ip_network.hpp — an address, or a network such as 10.0.0.0/8.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

struct ip_network {
  std::string text;                        // as written
  std::array<unsigned char, 16> address{}; // of IPv4: in ::ffff:0:0/96
  unsigned short prefix_bits = 0;          // of the 128
};

/// "192.0.2.7", "10.0.0.0/8", "::1", "fd00::/8"; the bits behind the prefix may be set. Nothing for
/// anything else.
std::optional<ip_network> parse_network(std::string_view text);

} // namespace latchkey

#include "config/ip_network.hpp"

#include "config/settings/setting_values.hpp"

#include <arpa/inet.h>

namespace latchkey {
namespace {

constexpr unsigned short all_bits = 128;
constexpr unsigned short v4_prefix_bits = 96; // of ::ffff:0:0/96

} // namespace

std::optional<ip_network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  ip_network out{std::string{text}, {}, all_bits};
  auto& bytes = out.address;
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), &bytes[v4_prefix_bits / 8]) == 1;
  if (is_v4)
    bytes[10] = bytes[11] = 0xff;
  else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1)
    return std::nullopt;
  if (slash == std::string_view::npos) return out;
  const unsigned short before = is_v4 ? v4_prefix_bits : 0;
  const auto bits = setting_values::count(text.substr(slash + 1), 0, all_bits - before);
  if (!bits) return std::nullopt;
  out.prefix_bits = static_cast<unsigned short>(before + *bits);
  return out;
}

} // namespace latchkey

// cbor_writer.hpp — writes CBOR (RFC 8949), item by item, for what an authenticator would send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

/// The head of an item of the major type, in its shortest form.
inline std::string cbor_head_of(unsigned major_type, std::uint64_t argument) {
  const auto head = [major_type](std::uint64_t info) {
    return std::string(1, static_cast<char>(major_type << 5U | info));
  };
  if (argument < 24) return head(argument);
  const std::size_t power = argument <= 0xFF          ? 0
                            : argument <= 0xFFFF      ? 1
                            : argument <= 0xFFFF'FFFF ? 2
                                                      : 3;
  auto out = head(24 + power);
  for (std::size_t left = std::size_t{1} << power; left > 0; --left)
    out += static_cast<char>(argument >> (8 * (left - 1)) & 0xFFU);
  return out;
}

inline std::string cbor_number(std::int64_t value) {
  return value < 0 ? cbor_head_of(1, static_cast<std::uint64_t>(-1 - value))
                   : cbor_head_of(0, static_cast<std::uint64_t>(value));
}
inline std::string cbor_bytes(std::string_view bytes) {
  return cbor_head_of(2, bytes.size()) + std::string{bytes};
}
inline std::string cbor_text(std::string_view text) {
  return cbor_head_of(3, text.size()) + std::string{text};
}
/// Of items that are CBOR already, as are those of a map.
inline std::string cbor_list(const std::vector<std::string>& items) {
  auto out = cbor_head_of(4, items.size());
  for (const auto& item : items)
    out += item;
  return out;
}
inline std::string cbor_map(const std::vector<std::pair<std::string, std::string>>& entries) {
  auto out = cbor_head_of(5, entries.size());
  for (const auto& [key, value] : entries)
    (out += key) += value;
  return out;
}

} // namespace latchkey::test

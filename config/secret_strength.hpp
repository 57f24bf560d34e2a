// secret_strength.hpp — whether a signing secret is one that anybody could guess.
#pragma once

#include "protocol/tokens/secret.hpp"

#include <algorithm>
#include <array>

namespace latchkey {

/// Fewer than ten different bytes: what examples are full of, and what a file system leaves after
/// a power cut (zeros).
inline bool looks_like_a_placeholder(const secret& key) {
  std::array<bool, 256> seen{};
  for (const char c : key.reveal())
    seen[static_cast<unsigned char>(c)] = true;
  return std::ranges::count(seen, true) < 10;
}

/// Nothing but spaces and control characters.
inline bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

} // namespace latchkey

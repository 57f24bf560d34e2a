// secret_strength.hpp — whether a signing secret can be guessed.
#pragma once

#include "protocol/text/control_characters.hpp"
#include "protocol/tokens/secret.hpp"

#include <algorithm>
#include <array>

namespace latchkey {

/// Fewer than ten different bytes: typical of examples, and of the zeros that a file system leaves
/// after a power cut.
inline bool looks_like_a_placeholder(const secret& key) {
  std::array<bool, 256> seen{};
  for (const char c : key.reveal())
    seen[static_cast<unsigned char>(c)] = true;
  return std::ranges::count(seen, true) < 10;
}

/// Nothing but spaces and control characters.
inline bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || is_control_character(c); });
}

} // namespace latchkey

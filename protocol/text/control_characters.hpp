// control_characters.hpp — the control characters of ASCII: C0 and DEL.
#pragma once

#include "protocol/result.hpp"

#include <string_view>

namespace latchkey {

constexpr bool is_control_character(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// Those of `allowed` ("\n\t") do not count.
constexpr bool has_control_characters(std::string_view text,
                                      std::string_view allowed = {}) noexcept {
  for (const char c : text)
    if (is_control_character(c) && allowed.find(c) == std::string_view::npos) return true;
  return false;
}

/// VALIDATION_ERROR with the field when the text has any but those of `allowed`.
inline result<void> check_no_control_characters(std::string_view field, std::string_view text,
                                                std::string_view allowed = {}) {
  if (!has_control_characters(text, allowed)) return {};
  return fail(error_code::validation_error, std::string{field},
              "must not contain control characters");
}

} // namespace latchkey

// trim.hpp — text without white space at its ends.
#pragma once

#include <string_view>

namespace latchkey {

/// Without the spaces, tabs and line ends of ASCII at both ends: for files and lists.
constexpr std::string_view trim_blanks(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Without Unicode's white space at both ends: for what people enter.
std::string_view trim_white_space(std::string_view text) noexcept;

} // namespace latchkey

// syntax.hpp — the characters of RFC 9110 and RFC 9112, strictly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::http {

inline constexpr std::uint8_t token_char = 1;  // tchar, RFC 9110, section 5.6.2
inline constexpr std::uint8_t value_char = 2;  // of a field value: no control but HTAB
inline constexpr std::uint8_t target_char = 4; // of a request target: visible ASCII
inline constexpr std::uint8_t host_char = 8;   // of a Host: RFC 3986 authority, no userinfo

inline constexpr auto char_classes = [] {
  std::array<std::uint8_t, 256> table{};
  constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view host_marks = ".-_~%!$&'()*+;=:[]";
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto c = static_cast<char>(i);
    bool alphanumeric = (i >= '0' && i <= '9') || (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
    std::uint8_t bits = 0;
    if (alphanumeric || token_marks.find(c) != std::string_view::npos) bits |= token_char;
    if (i == '\t' || (i >= 0x20 && i != 0x7f)) bits |= value_char;
    if (i > 0x20 && i < 0x7f) bits |= target_char;
    if (alphanumeric || host_marks.find(c) != std::string_view::npos) bits |= host_char;
    table[i] = bits;
  }
  return table;
}();

/// Whether every character of `text` is in `char_class`; true for an empty text.
inline bool all_of_class(std::string_view text, std::uint8_t char_class) noexcept {
  std::uint8_t common = char_class;
  for (char c : text)
    common &= char_classes[static_cast<unsigned char>(c)];
  return common == char_class;
}

/// Without spaces and tabs at either end.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

/// A field line without its CRLF, taken apart. `name` is empty when it is not one.
struct field_line {
  std::string_view name, value;
};

/// Refuses an empty name, white space before the colon, obs-fold and control characters.
inline field_line parse_field_line(std::string_view line) noexcept {
  auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  auto name = line.substr(0, colon);
  auto value = line.substr(colon + 1);
  if (!all_of_class(name, token_char) || !all_of_class(value, value_char)) return {};
  return {name, trim(value)};
}

} // namespace latchkey::http

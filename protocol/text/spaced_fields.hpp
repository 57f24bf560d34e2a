// spaced_fields.hpp — takes fields off a text that we have written ourselves, one space between
// each two.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace latchkey {

/// What stands before the next space, which goes too.
inline std::string_view take_field(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto field = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return field;
}

/// Nothing when the field is no number of that type.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  const auto field = take_field(text);
  Number out{};
  const auto read = std::from_chars(field.data(), field.data() + field.size(), out);
  if (read.ec != std::errc{} || read.ptr != field.data() + field.size()) return std::nullopt;
  return out;
}

} // namespace latchkey

// phc_number.hpp — the numbers in a stored hash (the PHC string format, and formats like it).
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey {

/// Takes a number and the text `after` it from the front of `text`; nothing, and `text` as it
/// was, when there is none, it begins with 0, it is over 32 bits or something else follows.
inline std::optional<std::uint32_t> take_number(std::string_view& text, std::string_view after) {
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.front() == '0') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const std::string_view rest{stop, static_cast<std::size_t>(end - stop)};
  if (error != std::errc{} || !rest.starts_with(after)) return std::nullopt;
  text = rest.substr(after.size());
  return value;
}

} // namespace latchkey

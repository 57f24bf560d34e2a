// color.hpp — colours that can be read on each other (WCAG 2.2, 1.4.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

struct color {
  std::uint8_t red = 0, green = 0, blue = 0;
  friend bool operator==(const color&, const color&) = default;
};

/// What text needs on its ground.
inline constexpr double contrast_min = 4.5;

/// "#rrggbb", in any case of letters.
std::optional<color> parse_color(std::string_view text);
std::string to_string(const color& shown);

/// 1 to 21.
double contrast(const color& one, const color& other);
/// Black or white, whichever stands out more: at least 4.58 on any ground.
color text_on(const color& ground);
/// The nearest of its shades, towards the other end from the ground, that can be read there.
color readable_on(const color& wanted, const color& ground);

} // namespace latchkey::gateway::pages

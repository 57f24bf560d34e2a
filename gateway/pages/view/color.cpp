#include "gateway/pages/view/color.hpp"

#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <cmath>

namespace latchkey::gateway::pages {
namespace {

constexpr color black{0, 0, 0};
constexpr color white{255, 255, 255};

/// WCAG 2.2: relative luminance.
double luminance(const color& shown) {
  const auto linear = [](std::uint8_t part) {
    const double value = part / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(shown.red) + 0.7152 * linear(shown.green) + 0.0722 * linear(shown.blue);
}

std::uint8_t mixed(std::uint8_t from, std::uint8_t to, double share) {
  return static_cast<std::uint8_t>(std::lround(from + (to - from) * share));
}

} // namespace

std::optional<color> parse_color(std::string_view text) {
  if (text.size() != 7 || text.front() != '#') return std::nullopt;
  std::uint8_t parts[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto digits = text.substr(1 + 2 * i, 2);
    int value = 0;
    for (const char c : digits) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      value = value * 16 + digit;
    }
    parts[i] = static_cast<std::uint8_t>(value);
  }
  return color{parts[0], parts[1], parts[2]};
}

std::string to_string(const color& shown) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out{"#"};
  for (const auto part : {shown.red, shown.green, shown.blue}) {
    out += digits[part >> 4U];
    out += digits[part & 15U];
  }
  return out;
}

double contrast(const color& one, const color& other) {
  const auto a = luminance(one), b = luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

color text_on(const color& ground) {
  return contrast(white, ground) >= contrast(black, ground) ? white : black;
}

color readable_on(const color& wanted, const color& ground) {
  constexpr int steps = 50;
  const auto end = text_on(ground);
  auto shade = wanted;
  for (int i = 1; i <= steps && contrast(shade, ground) < contrast_min; ++i) {
    const double share = static_cast<double>(i) / steps;
    shade = {mixed(wanted.red, end.red, share), mixed(wanted.green, end.green, share),
             mixed(wanted.blue, end.blue, share)};
  }
  return shade;
}

} // namespace latchkey::gateway::pages

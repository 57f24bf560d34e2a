// setting_values.cpp — numbers, durations, sizes and words, read strictly.
#include "config/settings/setting_values.hpp"

#include "config/log.hpp"
#include "config/settings/ascii.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::setting_values {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

template <std::size_t N>
std::optional<std::uint32_t> measure(std::string_view text, const unit (&units)[N],
                                     std::uint32_t min, std::uint32_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > max) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto* found = std::ranges::find(units, suffix, &unit::name);
  if (found == std::end(units)) return std::nullopt;
  number *= found->factor; // no overflow: both are below 2^32
  if (number < min || number > max) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

} // namespace

std::optional<std::uint32_t> count(std::string_view text, std::uint32_t min, std::uint32_t max) {
  static constexpr unit units[] = {{"", 1}};
  return measure(text, units, min, max);
}

std::optional<std::uint32_t> seconds(std::string_view text, std::uint32_t min, std::uint32_t max) {
  static constexpr unit units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  return measure(text, units, min, max);
}

std::optional<std::uint32_t> milliseconds(std::string_view text, std::uint32_t min,
                                          std::uint32_t max) {
  static constexpr unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  return measure(text, units, min, max);
}

std::optional<std::uint32_t> bytes(std::string_view text, std::uint32_t min, std::uint32_t max) {
  static constexpr unit units[] = {
      {"", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};
  return measure(text, units, min, max);
}

std::string shown_list(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts)
    (out += out.empty() ? "" : ",") += part;
  return out;
}

bool is_header_name(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, [&](char c) {
    return is_alnum(c) || marks.find(c) != std::string_view::npos;
  });
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1 || byte->front() == '\0') return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

bool is_printable_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string shown(std::string_view text) {
  const auto mark = text.find("://");
  const auto at = text.rfind('@');
  if (mark == std::string_view::npos || at == std::string_view::npos || at < mark)
    return escaped_for_log(text, 100);
  std::string hidden(text.substr(0, mark + 3));
  ((hidden += "***") += text.substr(at));
  return escaped_for_log(hidden, 100);
}

} // namespace latchkey::setting_values

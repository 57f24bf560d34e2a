#include "gateway/proxy/rules/trace_context.hpp"

#include "protocol/ids.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace latchkey::proxy {
namespace {

// 3.2.2: "vv-" trace "-" parent "-" flags, all in lower-case hexadecimal digits.
constexpr std::size_t version_digits = 2;
constexpr std::size_t trace_at = 3;
constexpr std::size_t trace_digits = 32;
constexpr std::size_t parent_at = trace_at + trace_digits + 1;
constexpr std::size_t parent_digits = 16;
constexpr std::size_t flags_at = parent_at + parent_digits + 1;
constexpr std::size_t traceparent_chars = flags_at + 2;
constexpr int sampled_flag = 1;

bool are_digits(std::string_view text) noexcept {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) noexcept {
  return are_digits(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_traceparent(std::string_view text) noexcept {
  if (text.size() < traceparent_chars) return false;
  const auto version = text.substr(0, version_digits);
  if (!are_digits(version) || version == "ff") return false;
  // A later version may say more, behind another "-" (4.3); this one may not.
  if (text.size() > traceparent_chars && (version == "00" || text[traceparent_chars] != '-'))
    return false;
  return text[trace_at - 1] == '-' && text[parent_at - 1] == '-' && text[flags_at - 1] == '-' &&
         is_id(text.substr(trace_at, trace_digits)) &&
         is_id(text.substr(parent_at, parent_digits)) && are_digits(text.substr(flags_at, 2));
}

/// The value of the only traceparent; nothing when there is none, or more than one.
std::optional<std::string_view> only_traceparent(std::span<const http::header_view> headers) {
  std::optional<std::string_view> found;
  for (const auto& line : headers) {
    if (!http::equal_ignoring_case(line.name, "traceparent")) continue;
    if (found) return std::nullopt;
    found = line.value;
  }
  return found;
}

} // namespace

trace_context next_trace(std::span<const http::header_view> headers) {
  const auto parent_id = to_hex(random_bytes(parent_digits / 2));
  const auto given = only_traceparent(headers);
  if (!given || !is_traceparent(*given))
    return {"00-" + to_hex(random_bytes(trace_digits / 2)) + "-" + parent_id + "-01", false};
  const bool is_sampled = (hex_byte(given->substr(flags_at, 2)) & sampled_flag) != 0;
  std::string text = "00-";
  text.append(given->substr(trace_at, trace_digits)).append("-").append(parent_id);
  text.append(is_sampled ? "-01" : "-00");
  return {std::move(text), true};
}

} // namespace latchkey::proxy

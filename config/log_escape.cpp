// log_escape.cpp — text made safe for a log line.
#include "config/log.hpp"
#include "protocol/text/control_characters.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace latchkey {
namespace {

/// The bytes of the UTF-8 sequence at the front; 0 when the text begins with none.
std::size_t sequence_size(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return size <= text.size() && is_valid_utf8(text.substr(0, size)) ? size : 0;
}

/// C1 controls, line and paragraph separators, and characters that change the writing direction.
bool is_misleading(std::string_view sequence) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 2) return at(0) == 0xc2 && at(1) < 0xa0;
  if (sequence.size() != 3 || at(0) != 0xe2) return false;
  return (at(1) == 0x80 && at(2) >= 0xa8 && at(2) <= 0xae) ||
         (at(1) == 0x80 && (at(2) == 0x8e || at(2) == 0x8f)) ||
         (at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9);
}

void append_escaped(std::string& out, std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\\':
      out += "\\\\";
      break;
    default:
      ((out += "\\x") += digits[byte >> 4]) += digits[byte & 15];
    }
  }
}

} // namespace

std::string escaped_for_log(std::string_view text, std::size_t bytes_max) {
  std::string out;
  out.reserve(std::min(text.size(), bytes_max));
  while (!text.empty()) {
    const auto before = out.size();
    const auto size = sequence_size(text);
    const auto sequence = text.substr(0, std::max<std::size_t>(size, 1));
    const char first = text.front();
    const bool plain = size == 1 ? !is_control_character(first) && first != '\\'
                                 : size != 0 && !is_misleading(sequence);
    if (plain)
      out += sequence;
    else
      append_escaped(out, sequence);
    if (out.size() > bytes_max) {
      out.resize(before);
      return out += "...";
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

} // namespace latchkey

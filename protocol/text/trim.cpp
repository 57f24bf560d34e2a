#include "protocol/text/trim.hpp"

#include <utf8proc.h>

namespace latchkey {

namespace {

/// Unicode's property White_Space.
bool is_white_space(utf8proc_int32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// The bytes of the white space character that the text begins with; 0 when it begins with another.
std::size_t leading_space(std::string_view text) noexcept {
  utf8proc_int32_t c = -1;
  const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &c);
  return size > 0 && is_white_space(c) ? static_cast<std::size_t>(size) : 0;
}

std::size_t last_code_point_size(std::string_view text) noexcept {
  std::size_t size = 1;
  while (size < text.size() && size < 4 &&
         (static_cast<unsigned char>(text[text.size() - size]) & 0xC0U) == 0x80U)
    ++size;
  return size;
}

} // namespace

std::string_view trim_white_space(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto size = leading_space(text);
    if (size == 0) break;
    text.remove_prefix(size);
  }
  while (!text.empty()) {
    const auto size = last_code_point_size(text);
    if (leading_space(text.substr(text.size() - size)) == 0) break;
    text.remove_suffix(size);
  }
  return text;
}

} // namespace latchkey

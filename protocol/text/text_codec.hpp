// text_codec.hpp — bytes as text and text as JSON: base64url, hexadecimal, UTF-8, strings.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey {

/// RFC 4648, 5, without padding, as RFC 7515, 2 uses it.
std::string base64url_encode(std::string_view bytes);
void append_base64url(std::string& out, std::string_view bytes);

/// The number of bytes that `chars` characters of base64url encode.
constexpr std::size_t base64url_decoded_size(std::size_t chars) noexcept {
  return chars / 4 * 3 + (chars % 4 == 0 ? 0 : chars % 4 - 1);
}

/// Strict: the alphabet alone, no padding, no white space, unused bits zero; every value
/// has one text. Anything else is refused.
std::optional<std::string> base64url_decode(std::string_view text);
/// The same into `out`, which must hold `base64url_decoded_size(text.size())` bytes;
/// answers how many it wrote. Nothing is allocated.
std::optional<std::size_t> base64url_decode_to(std::string_view text,
                                               std::span<unsigned char> out) noexcept;

/// 0 to 15, or -1 for what is no hexadecimal digit of either case.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
/// The byte of the first two hexadecimal digits; -1 when there are no two.
constexpr int hex_byte(std::string_view text) noexcept {
  if (text.size() < 2) return -1;
  const int high = hex_digit(text[0]);
  const int low = hex_digit(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Lower case, two digits a byte.
std::string to_hex(std::string_view bytes);
/// Either case, an even number of digits, nothing else.
std::optional<std::string> from_hex(std::string_view text);

/// RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF.
bool is_valid_utf8(std::string_view text) noexcept;
/// `text` without a byte order mark at its beginning (U+FEFF in UTF-8), which says nothing there.
std::string_view without_byte_order_mark(std::string_view text) noexcept;
/// "UTF-16" or "UTF-32" when the text begins as one in that encoding does: with its byte order
/// mark, or with an ASCII character beside NULs. Empty for anything else.
std::string_view other_unicode_encoding(std::string_view text) noexcept;
/// `text` must be valid UTF-8.
std::size_t count_code_points(std::string_view text) noexcept;

/// Appends `text` as a JSON string, quotes included (RFC 8259, 7). What is not UTF-8 comes
/// out as U+FFFD, one for each maximal part, so the output is valid whatever comes in.
void append_json_string(std::string& out, std::string_view text);

} // namespace latchkey

// text_codec.cpp — strict decoders: one text for one value, and no exceptions.
#include "protocol/text/text_codec.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace latchkey {
namespace {

constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view hex_alphabet = "0123456789abcdef";
/// Set in a table's entry for a character outside the alphabet, and so in the union of
/// any group that holds one.
constexpr std::uint32_t outside = 0xFF00'0000U;

using symbol_table = std::array<std::uint32_t, 256>;

constexpr symbol_table make_base64url_table() {
  symbol_table table{};
  table.fill(outside);
  for (std::uint32_t i = 0; i < base64url_alphabet.size(); ++i)
    table[static_cast<unsigned char>(base64url_alphabet[i])] = i;
  return table;
}

constexpr symbol_table base64url_values = make_base64url_table();

std::uint32_t symbol(char c) {
  return base64url_values[static_cast<unsigned char>(c)];
}

struct decoded {
  bool valid;
  std::size_t size; // of the character, or of the part to replace; at least 1
};

/// Looks at the first character of a text that is not empty (Unicode, table 3-7).
decoded first_character(std::string_view text) noexcept {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned lead = byte(0);
  if (lead < 0x80) return {true, 1};
  std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {false, 1};
  unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < size; ++i) {
    if (i >= text.size() || byte(i) < lowest || byte(i) > highest) return {false, i};
    lowest = 0x80;
    highest = 0xBF;
  }
  return {true, size};
}

/// How many bytes at the front are ASCII, in steps of eight.
std::size_t ascii_run(std::string_view text) noexcept {
  std::size_t size = 0;
  while (text.size() - size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + size, sizeof(word));
    if ((word & 0x8080'8080'8080'8080U) != 0) break;
    size += 8;
  }
  return size;
}

/// True for what a JSON string may hold as it is, byte by byte: ASCII without controls,
/// quote and backslash.
constexpr auto plain_in_json = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c)
    table[c] = c != '"' && c != '\\';
  return table;
}();

void append_escape(std::string& out, char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out += "\\u00";
    out += hex_alphabet[static_cast<unsigned char>(c) >> 4U];
    out += hex_alphabet[static_cast<unsigned char>(c) & 15U];
  }
}

} // namespace

void append_base64url(std::string& out, std::string_view bytes) {
  auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[i])}; };
  std::size_t at = out.size();
  std::size_t whole = bytes.size() / 3;
  std::size_t rest = bytes.size() % 3;
  out.resize(at + whole * 4 + (rest == 0 ? 0 : rest + 1));
  char* to = out.data() + at;
  std::size_t from = 0;
  for (; from < whole * 3; from += 3, to += 4) {
    std::uint32_t group = byte(from) << 16U | byte(from + 1) << 8U | byte(from + 2);
    to[0] = base64url_alphabet[group >> 18U];
    to[1] = base64url_alphabet[(group >> 12U) & 63U];
    to[2] = base64url_alphabet[(group >> 6U) & 63U];
    to[3] = base64url_alphabet[group & 63U];
  }
  if (rest == 0) return;
  std::uint32_t group = byte(from) << 16U | (rest == 2 ? byte(from + 1) << 8U : 0U);
  to[0] = base64url_alphabet[group >> 18U];
  to[1] = base64url_alphabet[(group >> 12U) & 63U];
  if (rest == 2) to[2] = base64url_alphabet[(group >> 6U) & 63U];
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  append_base64url(text, bytes);
  return text;
}

std::optional<std::size_t> base64url_decode_to(std::string_view text,
                                               std::span<unsigned char> out) noexcept {
  std::size_t size = base64url_decoded_size(text.size());
  if (text.size() % 4 == 1 || out.size() < size) return std::nullopt;
  const char* from = text.data();
  const char* end = from + text.size() / 4 * 4;
  unsigned char* to = out.data();
  std::uint32_t seen = 0;
  for (; from != end; from += 4, to += 3) {
    std::uint32_t group =
        symbol(from[0]) << 18U | symbol(from[1]) << 12U | symbol(from[2]) << 6U | symbol(from[3]);
    seen |= symbol(from[0]) | symbol(from[1]) | symbol(from[2]) | symbol(from[3]);
    to[0] = static_cast<unsigned char>(group >> 16U);
    to[1] = static_cast<unsigned char>(group >> 8U);
    to[2] = static_cast<unsigned char>(group);
  }
  if (std::size_t rest = text.size() % 4; rest != 0) {
    std::uint32_t third = rest == 3 ? symbol(from[2]) : 0U;
    seen |= symbol(from[0]) | symbol(from[1]) | third;
    std::uint32_t group = symbol(from[0]) << 18U | symbol(from[1]) << 12U | third << 6U;
    to[0] = static_cast<unsigned char>(group >> 16U);
    if (rest == 3) to[1] = static_cast<unsigned char>(group >> 8U);
    std::uint32_t unused = rest == 3 ? 0xFFU : 0xFFFFU;
    if ((group & unused) != 0) return std::nullopt;
  }
  if ((seen & outside) != 0) return std::nullopt;
  return size;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  std::string bytes(base64url_decoded_size(text.size()), '\0');
  auto* data = reinterpret_cast<unsigned char*>(bytes.data());
  if (!base64url_decode_to(text, {data, bytes.size()})) return std::nullopt;
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    text += hex_alphabet[static_cast<unsigned char>(c) >> 4U];
    text += hex_alphabet[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int byte = hex_byte(text.substr(i));
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

bool is_valid_utf8(std::string_view text) noexcept {
  while (true) {
    text.remove_prefix(ascii_run(text));
    if (text.empty()) return true;
    auto next = first_character(text);
    if (!next.valid) return false;
    text.remove_prefix(next.size);
  }
}

std::string_view without_byte_order_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::string_view other_unicode_encoding(std::string_view text) noexcept {
  using namespace std::string_view_literals;
  const auto begins = [text](std::string_view with) { return text.starts_with(with); };
  const auto is_nul = [text](std::size_t at) { return at < text.size() && text[at] == '\0'; };
  if (begins("\xFF\xFE\0\0"sv) || begins("\0\0\xFE\xFF"sv)) return "UTF-32";
  if (begins("\xFF\xFE"sv) || begins("\xFE\xFF"sv)) return "UTF-16";
  if (text.size() < 4) return {};
  const bool is_wide = (is_nul(0) && is_nul(1) && is_nul(2) && !is_nul(3)) ||
                       (!is_nul(0) && is_nul(1) && is_nul(2) && is_nul(3));
  if (is_wide) return "UTF-32";
  const bool is_double = (is_nul(0) && !is_nul(1) && is_nul(2) && !is_nul(3)) ||
                         (!is_nul(0) && is_nul(1) && !is_nul(2) && is_nul(3));
  return is_double ? "UTF-16" : std::string_view{};
}

std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

void append_json_string(std::string& out, std::string_view text) {
  // Most texts are plain to their end: both quotes and what is between them in one go.
  std::size_t at = 0;
  while (at < text.size() && plain_in_json[static_cast<unsigned char>(text[at])])
    ++at;
  const auto begin = out.size();
  out.append(at + 2, '"');
  text.copy(out.data() + begin + 1, at);
  if (at == text.size()) return;
  out.pop_back();
  auto copied = at; // everything before it is in `out`
  while (at < text.size()) {
    if (plain_in_json[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    auto next = first_character(text.substr(at));
    if (!next.valid || next.size == 1) {
      out.append(text, copied, at - copied);
      if (next.valid) {
        append_escape(out, text[at]);
      } else {
        out += "\xEF\xBF\xBD";
      }
      copied = at + next.size;
    }
    at += next.size;
  }
  out.append(text, copied, text.size() - copied);
  out += '"';
}

} // namespace latchkey

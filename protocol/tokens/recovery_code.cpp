#include "protocol/tokens/recovery_code.hpp"

#include "protocol/ids.hpp"
#include "protocol/tokens/opaque_key.hpp"

namespace latchkey {

namespace {

// Crockford's base32: no i, l, o and u.
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t code_chars = 16;
constexpr std::size_t group_chars = 4;

/// The hash of a code without hyphens, apart from those of other tokens.
std::string hash_of(std::string_view code) {
  return hash_of_key("recovery code " + std::string{code});
}

std::string with_hyphens(std::string_view code) {
  std::string out;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i > 0 && i % group_chars == 0) out += '-';
    out += code[i];
  }
  return out;
}

char read_as(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'o') return '0';
  if (c == 'i' || c == 'l') return '1';
  return c;
}

} // namespace

new_recovery_codes make_recovery_codes() {
  new_recovery_codes made;
  for (std::size_t i = 0; i < recovery_codes_made; ++i) {
    std::string code;
    for (const unsigned char byte : random_bytes(code_chars))
      code += alphabet[byte % alphabet.size()]; // 32 divides 256
    made.hashes.push_back(hash_of(code));
    made.texts.emplace_back(with_hyphens(code));
  }
  return made;
}

std::optional<std::string> hash_of_recovery_code(std::string_view typed) {
  std::string code;
  for (const char c : typed) {
    if (c == ' ' || c == '-' || c == '\t') continue;
    const char digit = read_as(c);
    if (alphabet.find(digit) == std::string_view::npos || code.size() == code_chars)
      return std::nullopt;
    code += digit;
  }
  if (code.size() != code_chars) return std::nullopt;
  return hash_of(code);
}

} // namespace latchkey

#include "protocol/tokens/totp.hpp"

#include "protocol/ids.hpp"
#include "protocol/tokens/openssl_calls.hpp"

#include <array>
#include <cstdlib>
#include <liboath/oath.h>

namespace latchkey {

namespace {

constexpr std::int64_t drift_steps = 1;

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
}

/// Apps show "123 456" and "123-456".
std::string without_separators(std::string_view code) {
  std::string out;
  for (const char c : code)
    if (c != ' ' && c != '\t' && c != '-') out += c;
  return out;
}

} // namespace

secret make_totp_secret() {
  return secret{random_bytes(totp_secret_bytes)};
}

secret totp_secret_text(const secret& key) {
  char* text = nullptr;
  std::size_t size = 0;
  require(oath_base32_encode(key.reveal().data(), key.reveal().size(), &text, &size) == OATH_OK);
  std::string out{text, size};
  std::free(text);
  while (out.ends_with('='))
    out.pop_back();
  return secret{std::move(out)};
}

std::optional<secret> totp_secret_of_text(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  while (text.ends_with('='))
    text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : without_separators(text)) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto value = alphabet.find(upper);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5 | static_cast<std::uint32_t>(value)) & 0xFFF;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return secret{std::move(bytes)};
}

std::int64_t totp_step_at(time_point at) noexcept {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count() / totp_period_s;
}

std::string totp_code(const secret& key, std::int64_t step) {
  std::array<char, totp_digits + 1> code{};
  require(oath_hotp_generate(key.reveal().data(), key.reveal().size(),
                             static_cast<std::uint64_t>(step), totp_digits, false,
                             OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) == OATH_OK);
  return {code.data(), totp_digits};
}

std::optional<std::int64_t> matching_totp_step(const secret& key, std::string_view code,
                                               time_point now, std::int64_t used) {
  const auto typed = without_separators(code);
  const auto current = totp_step_at(now);
  std::optional<std::int64_t> found;
  for (auto step = current - drift_steps; step <= current + drift_steps; ++step)
    if (equal_in_constant_time(totp_code(key, step), typed) && step > used && !found) found = step;
  return found;
}

secret totp_uri(const secret& key, std::string_view issuer, std::string_view account) {
  std::string label;
  append_percent_encoded(label, issuer);
  std::string uri = "otpauth://totp/" + label + ':';
  append_percent_encoded(uri, account);
  uri += "?secret=";
  uri += totp_secret_text(key).reveal();
  uri += "&issuer=" + label;
  return secret{std::move(uri)};
}

} // namespace latchkey

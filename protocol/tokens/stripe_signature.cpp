#include "protocol/tokens/stripe_signature.hpp"

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/hmac.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace latchkey {
namespace {

constexpr std::size_t time_digits_max = 12; // past the year 30000

tl::unexpected<failure> refuse(const char* reason) {
  return fail(error_code::validation_error, std::string{stripe_signature_header}, reason);
}

/// Digits alone: no sign, no white space.
std::optional<std::int64_t> read_seconds(std::string_view text) {
  if (text.empty() || text.size() > time_digits_max ||
      text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

struct signed_time {
  std::string_view text; // what was signed, digit for digit
  std::int64_t seconds = 0;
  std::array<std::string_view, stripe_signatures_max> signatures{};
  std::size_t count = 0;
};

result<signed_time> read_header(std::string_view header) {
  if (header.empty()) return refuse("is required");
  if (header.size() > stripe_signature_header_bytes_max) return refuse("is too long");
  signed_time out;
  while (!header.empty()) {
    const auto end = std::min(header.find(','), header.size());
    const auto part = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    // Other schemes (v0 is for tests) prove nothing.
    if (part.starts_with("t=")) {
      const auto seconds = read_seconds(part.substr(2));
      if (!seconds || !out.text.empty()) return refuse("must have one time, in seconds");
      out.text = part.substr(2);
      out.seconds = *seconds;
    } else if (part.starts_with("v1=")) {
      if (out.count == out.signatures.size()) return refuse("has too many signatures");
      out.signatures[out.count++] = part.substr(3);
    }
  }
  if (out.text.empty()) return refuse("must have one time, in seconds");
  if (out.count == 0) return refuse("has no signature of the scheme v1");
  return out;
}

std::string expected_signature(std::string_view seconds, std::string_view body, const secret& key) {
  std::string message;
  message.reserve(seconds.size() + 1 + body.size());
  ((message += seconds) += '.') += body;
  return to_hex(bytes_of(hmac_sha256(key, message)));
}

} // namespace

result<void> check_stripe_signature(std::string_view header, std::string_view body,
                                    const secret& key, time_point now) {
  const auto parsed = read_header(header);
  if (!parsed) return fail(parsed.error());
  const auto expected = expected_signature(parsed->text, body, key);
  bool matches = false;
  for (std::size_t i = 0; i < parsed->count; ++i)
    matches |= equal_in_constant_time(parsed->signatures[i], expected);
  if (!matches) return refuse("does not match the body");
  // Only now: a stranger learns nothing of our clock.
  const auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (parsed->seconds < now_s - stripe_tolerance.count()) return refuse("is too old");
  if (parsed->seconds > now_s + stripe_tolerance.count()) return refuse("is of the future");
  return {};
}

std::string make_stripe_signature(std::string_view body, const secret& key, time_point at) {
  const auto seconds =
      std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  return "t=" + seconds + ",v1=" + expected_signature(seconds, body, key);
}

} // namespace latchkey

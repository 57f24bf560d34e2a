#include "protocol/text/header_value.hpp"

#include "protocol/text/login_name.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <string>

namespace latchkey {
namespace {

/// C0, DEL, and C1, which is C2 80 to C2 9F in UTF-8.
bool has_control_characters(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (next >= 0x80 && next <= 0x9F) return true;
  }
  return false;
}

} // namespace

result<void> check_header_value(std::string_view field, std::string_view value) {
  const auto refuse = [field](const char* why) {
    return fail(error_code::validation_error, std::string{field}, why);
  };
  if (!is_valid_utf8(value)) return refuse("is not UTF-8");
  if (has_control_characters(value)) return refuse("must not contain control characters");
  if (trim_white_space(value).size() != value.size())
    return refuse("must not begin or end with white space");
  return {};
}

} // namespace latchkey

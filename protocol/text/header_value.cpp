#include "protocol/text/header_value.hpp"

#include "protocol/text/control_characters.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/text/trim.hpp"

#include <string>

namespace latchkey {
namespace {

/// The control characters beyond ASCII: C2 80 to C2 9F in UTF-8.
bool has_c1_characters(std::string_view text) noexcept {
  for (auto at = text.find('\xC2'); at != std::string_view::npos; at = text.find('\xC2', at + 1)) {
    if (at + 1 == text.size()) return false;
    const auto next = static_cast<unsigned char>(text[at + 1]);
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
  if (has_c1_characters(value)) return refuse("must not contain control characters");
  if (auto plain = check_no_control_characters(field, value); !plain) return plain;
  if (trim_white_space(value).size() != value.size())
    return refuse("must not begin or end with white space");
  return {};
}

} // namespace latchkey

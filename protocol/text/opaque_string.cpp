#include "protocol/text/opaque_string.hpp"

#include <cstdlib>
#include <openssl/crypto.h>
#include <string>
#include <string_view>
#include <utf8proc.h>
#include <utility>

namespace latchkey {
namespace {

utf8proc_int32_t space_as_ascii(utf8proc_int32_t c, void*) {
  return utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ? ' ' : c;
}

bool is_ascii_text(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

} // namespace

secret opaque_string(const secret& password) {
  const auto text = password.reveal();
  if (is_ascii_text(text)) return password;
  utf8proc_uint8_t* mapped = nullptr;
  constexpr auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE); // NFC
  const auto size = utf8proc_map_custom(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                        static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                        options, space_as_ascii, nullptr);
  if (size < 0) return password;
  std::string out(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  OPENSSL_cleanse(mapped, out.size());
  std::free(mapped);
  return secret{std::move(out)};
}

} // namespace latchkey

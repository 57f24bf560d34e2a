#include "protocol/tokens/secret.hpp"

#include <openssl/crypto.h>

namespace latchkey {

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool operator==(const secret& a, const secret& b) noexcept {
  return equal_in_constant_time(a.text_, b.text_);
}

void secret::wipe(std::string& text) noexcept {
  // The whole capacity: a short string's bytes live inside the object itself.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

} // namespace latchkey

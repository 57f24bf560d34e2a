// openssl_calls.hpp — what calls of OpenSSL's take and may fail for; private to the library.
#pragma once

#include <cstdlib>
#include <string_view>

namespace latchkey {

/// What fails is memory or OpenSSL's own installation; no caller could go on.
inline void require(bool succeeded) {
  if (!succeeded) std::abort();
}

inline const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace latchkey

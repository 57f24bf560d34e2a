#include "protocol/tokens/sha256.hpp"

#include "protocol/tokens/openssl_calls.hpp"

#include <openssl/evp.h>

namespace latchkey {

std::string sha256(std::string_view bytes) {
  // Fetched once and kept until the process ends: threads may outlive static destructors.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  std::string digest(sha256_bytes, '\0');
  unsigned size = 0;
  require(algorithm != nullptr &&
          EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                     &size, algorithm, nullptr) == 1 &&
          size == sha256_bytes);
  return digest;
}

} // namespace latchkey

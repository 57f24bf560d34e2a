// hmac.hpp — HMAC-SHA256 and HKDF by OpenSSL, keyed once and used many times.
#pragma once

#include "protocol/tokens/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey {

using sha256_mac = std::array<unsigned char, 32>;

inline std::string_view bytes_of(const sha256_mac& mac) noexcept {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

/// A key that is used again and again. Each thread keeps a keyed context of the few keys
/// it used last, so a MAC costs no fetch, no lock and no key schedule. Copies share
/// those contexts; a context outlives its key until the thread ends or replaces it.
class hmac_sha256_key {
public:
  /// Any bytes but none at all (RFC 2104).
  explicit hmac_sha256_key(secret key);

  sha256_mac mac(std::string_view message) const;

private:
  secret key_;
  std::uint64_t id_; // of the key material, never used twice in a process
};

/// With a key that is used once.
sha256_mac hmac_sha256(const secret& key, std::string_view message);

/// RFC 5869: `size` bytes (1 to 8160) derived from `key` for the purpose that `info` names.
secret hkdf_sha256(const secret& key, std::string_view salt, std::string_view info,
                   std::size_t size);

} // namespace latchkey

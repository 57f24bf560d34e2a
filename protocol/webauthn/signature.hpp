// signature.hpp — signatures by OpenSSL under the algorithms that are offered; private to the
// library.
#pragma once

#include "protocol/webauthn/public_key.hpp"

#include <openssl/err.h>
#include <string_view>

namespace latchkey::webauthn {

/// Leaves OpenSSL's list of errors as it was: the thread's next user, TLS among them, would take
/// those of a wrong signature for its own.
class openssl_errors_dropped {
public:
  openssl_errors_dropped() noexcept { ERR_set_mark(); }
  ~openssl_errors_dropped() { ERR_pop_to_mark(); }
  openssl_errors_dropped(const openssl_errors_dropped&) = delete;
  openssl_errors_dropped& operator=(const openssl_errors_dropped&) = delete;
};

/// Whether the key is one for the algorithm: its type, its curve, its size.
bool suits(const evp_pkey_st* key, cose_algorithm algorithm) noexcept;

/// Whether `signature` is that of a key which `suits` the algorithm, over `message`.
bool is_signature(evp_pkey_st* key, cose_algorithm algorithm, std::string_view message,
                  std::string_view signature);

} // namespace latchkey::webauthn

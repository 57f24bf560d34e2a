// hmac.cpp — algorithms are fetched once a process; a fetch costs more than a MAC.
#include "protocol/tokens/hmac.hpp"

#include "protocol/tokens/openssl_calls.hpp"

#include <atomic>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string>

namespace latchkey {
namespace {

/// Keys a thread keeps contexts of: today's and yesterday's signing key, the refresh
/// master and room for a few more.
constexpr std::size_t contexts_per_thread_max = 8;

struct context_deleter {
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using context_ptr = std::unique_ptr<EVP_MAC_CTX, context_deleter>;

context_ptr keyed_context(std::string_view key) {
  // Kept until the process ends: threads may outlive static destructors.
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require(algorithm != nullptr && !key.empty());
  context_ptr context{EVP_MAC_CTX_new(algorithm)};
  char digest[] = "SHA256";
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_end()};
  require(context != nullptr);
  require(EVP_MAC_init(context.get(), octets(key), key.size(), params) == 1);
  return context;
}

sha256_mac finish(EVP_MAC_CTX* context, std::string_view message) {
  sha256_mac mac;
  std::size_t size = 0;
  require(EVP_MAC_update(context, octets(message), message.size()) == 1);
  require(EVP_MAC_final(context, mac.data(), &size, mac.size()) == 1 && size == mac.size());
  return mac;
}

struct cached_context {
  std::uint64_t key_id = 0;
  context_ptr context;
};

EVP_MAC_CTX* context_of_this_thread(std::uint64_t key_id, const secret& key) {
  thread_local std::array<cached_context, contexts_per_thread_max> cache;
  thread_local std::size_t oldest = 0;
  for (auto& entry : cache) {
    if (entry.key_id != key_id) continue;
    // Without a key it begins again with the one it has. That is what
    // EVP_MAC_CTX_dup would achieve, in 340 ns instead of 545 for a token of 410 bytes.
    require(EVP_MAC_init(entry.context.get(), nullptr, 0, nullptr) == 1);
    return entry.context.get();
  }
  auto& entry = cache[oldest];
  oldest = (oldest + 1) % cache.size();
  entry.context = keyed_context(key.reveal());
  entry.key_id = key_id;
  return entry.context.get();
}

std::uint64_t next_key_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

} // namespace

hmac_sha256_key::hmac_sha256_key(secret key) : key_(std::move(key)), id_(next_key_id()) {}

sha256_mac hmac_sha256_key::mac(std::string_view message) const {
  return finish(context_of_this_thread(id_, key_), message);
}

sha256_mac hmac_sha256(const secret& key, std::string_view message) {
  return finish(keyed_context(key.reveal()).get(), message);
}

secret hkdf_sha256(const secret& key, std::string_view salt, std::string_view info,
                   std::size_t size) {
  static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  require(algorithm != nullptr);
  std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{EVP_KDF_CTX_new(algorithm),
                                                                    &EVP_KDF_CTX_free};
  require(context != nullptr);
  char digest[] = "SHA256";
  // OpenSSL's parameters are not const, but it only reads these.
  auto octet_string = [](const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
  };
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                         octet_string(OSSL_KDF_PARAM_KEY, key.reveal()),
                         octet_string(OSSL_KDF_PARAM_INFO, info),
                         octet_string(OSSL_KDF_PARAM_SALT, salt), OSSL_PARAM_construct_end()};
  if (salt.empty()) params[3] = OSSL_PARAM_construct_end();
  std::string out(size, '\0');
  require(EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(),
                         params) == 1);
  return secret{std::move(out)};
}

} // namespace latchkey

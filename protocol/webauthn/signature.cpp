#include "protocol/webauthn/signature.hpp"

#include "protocol/tokens/openssl_calls.hpp"

#include <array>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string_view>

namespace latchkey::webauthn {
namespace {

constexpr std::string_view p256_name = "prime256v1"; // as OpenSSL calls P-256

bool is_on_p256(const EVP_PKEY* key) noexcept {
  std::array<char, 32> name{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
         std::string_view{name.data(), size} == p256_name;
}

bool has_a_good_size(const EVP_PKEY* key) noexcept {
  const int bits = EVP_PKEY_get_bits(key);
  return bits >= static_cast<int>(rsa_bits_min) && bits <= static_cast<int>(rsa_bits_max);
}

} // namespace

bool suits(const evp_pkey_st* key, cose_algorithm algorithm) noexcept {
  const openssl_errors_dropped errors;
  switch (algorithm) {
  case cose_algorithm::eddsa:
    return EVP_PKEY_is_a(key, "ED25519") == 1;
  case cose_algorithm::es256:
    return EVP_PKEY_is_a(key, "EC") == 1 && is_on_p256(key);
  case cose_algorithm::rs256:
    return EVP_PKEY_is_a(key, "RSA") == 1 && has_a_good_size(key);
  }
  return false;
}

bool is_signature(evp_pkey_st* key, cose_algorithm algorithm, std::string_view message,
                  std::string_view signature) {
  const openssl_errors_dropped errors;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free};
  // Ed25519 hashes in its own way; RSA's padding is PKCS#1 v1.5 unless it is told otherwise.
  const auto* digest = algorithm == cose_algorithm::eddsa ? nullptr : EVP_sha256();
  require(context != nullptr);
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message),
                          message.size()) == 1;
}

} // namespace latchkey::webauthn

#include "tests/support/soft_key.hpp"

#include "tests/support/cbor_writer.hpp"

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdexcept>

namespace latchkey::test {
namespace {

using webauthn::cose_algorithm;

void check_key_call(bool succeeded) {
  if (!succeeded) throw std::runtime_error(ERR_error_string(ERR_get_error(), nullptr));
}

EVP_PKEY* generated(cose_algorithm algorithm, unsigned rsa_bits) {
  switch (algorithm) {
  case cose_algorithm::eddsa:
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  case cose_algorithm::es256:
    return EVP_EC_gen("P-256");
  case cose_algorithm::rs256:
    return EVP_RSA_gen(rsa_bits);
  }
  return nullptr;
}

std::string number_of(EVP_PKEY* key, const char* name, std::size_t size_min) {
  BIGNUM* number = nullptr;
  check_key_call(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  const auto size = static_cast<std::size_t>(BN_num_bytes(number));
  std::string bytes(std::max(size, size_min), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(number);
  return bytes;
}

std::string raw_public_key(EVP_PKEY* key) {
  std::size_t size = 32;
  std::string bytes(size, '\0');
  check_key_call(
      EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1);
  return bytes;
}

} // namespace

soft_key soft_key::make(cose_algorithm algorithm, unsigned rsa_bits) {
  std::shared_ptr<EVP_PKEY> key{generated(algorithm, rsa_bits), &EVP_PKEY_free};
  check_key_call(key != nullptr);
  return {algorithm, std::move(key)};
}

soft_key soft_key::make_on_curve(const char* curve) {
  std::shared_ptr<EVP_PKEY> key{EVP_EC_gen(curve), &EVP_PKEY_free};
  check_key_call(key != nullptr);
  return {cose_algorithm::es256, std::move(key)};
}

std::string soft_key::cose() const {
  auto* key = key_.get();
  switch (algorithm_) {
  case cose_algorithm::eddsa:
    return cose_eddsa(raw_public_key(key));
  case cose_algorithm::es256:
    return cose_es256(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32),
                      number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
  case cose_algorithm::rs256:
    return cose_rs256(number_of(key, OSSL_PKEY_PARAM_RSA_N, 1),
                      number_of(key, OSSL_PKEY_PARAM_RSA_E, 1));
  }
  return {};
}

std::string soft_key::sign(std::string_view message) const {
  const auto* digest = algorithm_ == cose_algorithm::eddsa ? nullptr : EVP_sha256();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free};
  const auto* from = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  check_key_call(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
                 EVP_DigestSign(context.get(), nullptr, &size, from, message.size()) == 1);
  std::string signature(size, '\0');
  check_key_call(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                &size, from, message.size()) == 1);
  signature.resize(size);
  return signature;
}

// The labels are those of RFC 9053, section 7, and of RFC 8230, section 4.
std::string cose_es256(std::string_view x, std::string_view y) {
  return cbor_map({{cbor_number(1), cbor_number(2)},
                   {cbor_number(3), cbor_number(-7)},
                   {cbor_number(-1), cbor_number(1)},
                   {cbor_number(-2), cbor_bytes(x)},
                   {cbor_number(-3), cbor_bytes(y)}});
}

std::string cose_eddsa(std::string_view x) {
  return cbor_map({{cbor_number(1), cbor_number(1)},
                   {cbor_number(3), cbor_number(-8)},
                   {cbor_number(-1), cbor_number(6)},
                   {cbor_number(-2), cbor_bytes(x)}});
}

std::string cose_rs256(std::string_view modulus, std::string_view exponent) {
  return cbor_map({{cbor_number(1), cbor_number(3)},
                   {cbor_number(3), cbor_number(-257)},
                   {cbor_number(-1), cbor_bytes(modulus)},
                   {cbor_number(-2), cbor_bytes(exponent)}});
}

} // namespace latchkey::test

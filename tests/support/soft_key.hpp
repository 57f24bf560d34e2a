// soft_key.hpp — key pairs of an authenticator that is a program.
#pragma once

#include "protocol/webauthn/public_key.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::test {

/// Copies mean the same key. Whatever OpenSSL refuses is thrown as std::runtime_error.
class soft_key {
public:
  /// `rsa_bits` matters to RS256 alone.
  static soft_key make(webauthn::cose_algorithm algorithm, unsigned rsa_bits = 2048);

  /// One that signs as ES256 does, but on another curve: "P-384".
  static soft_key make_on_curve(const char* curve);

  webauthn::cose_algorithm algorithm() const noexcept { return algorithm_; }
  /// The public half as a COSE key (RFC 9052, section 7).
  std::string cose() const;
  /// As WebAuthn Level 3, section 6.5.5, has it.
  std::string sign(std::string_view message) const;
  evp_pkey_st* handle() const noexcept { return key_.get(); }

private:
  soft_key(webauthn::cose_algorithm algorithm, std::shared_ptr<evp_pkey_st> key)
      : algorithm_(algorithm), key_(std::move(key)) {}

  webauthn::cose_algorithm algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// COSE keys of any values, good ones or not.
std::string cose_es256(std::string_view x, std::string_view y);
std::string cose_eddsa(std::string_view x);
std::string cose_rs256(std::string_view modulus, std::string_view exponent);

} // namespace latchkey::test

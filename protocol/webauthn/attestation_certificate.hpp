// attestation_certificate.hpp — the certificate of a packed attestation (WebAuthn Level 3, section
// 8.2.1); private to the library.
#pragma once

#include "protocol/webauthn/public_key.hpp"

#include <memory>
#include <optional>
#include <string_view>

struct x509_st; // OpenSSL's X509

namespace latchkey::webauthn {

class attestation_certificate {
public:
  /// Of X.509 in DER, and nothing after it.
  static std::optional<attestation_certificate> parse(std::string_view der);

  /// Whether `signature` is its key's over `message`, and the key one for the algorithm.
  bool verify(cose_algorithm algorithm, std::string_view message, std::string_view signature) const;

  /// Version 3; a subject of a country, an organisation, the unit "Authenticator Attestation" and a
  /// name; no authority itself. When it names an AAGUID, that is `aaguid` and not critical.
  bool meets_requirements(std::string_view aaguid) const;

private:
  explicit attestation_certificate(std::shared_ptr<x509_st> certificate) noexcept
      : certificate_(std::move(certificate)) {}

  std::shared_ptr<x509_st> certificate_;
};

} // namespace latchkey::webauthn

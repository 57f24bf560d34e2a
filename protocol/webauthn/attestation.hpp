// attestation.hpp — what an authenticator says of its own make when it registers a credential
// (WebAuthn Level 3, sections 6.5 and 8): the formats "none" and "packed".
#pragma once

#include "protocol/webauthn/authenticator_data.hpp"
#include "protocol/webauthn/cbor.hpp"
#include "protocol/webauthn/public_key.hpp"
#include "protocol/webauthn/refusal.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace latchkey::webauthn {

/// Certificates in a statement, the authenticator's own first.
inline constexpr std::size_t attestation_certificates_max = 8;

enum class attestation_kind : std::uint8_t {
  none,
  self,  // signed with the credential's own key
  basic, // signed with a certificate's key; who issued the certificate is not asked
};

/// "none", "self" or "basic".
std::string_view to_string(attestation_kind kind) noexcept;

/// Section 6.5.4. All of it is part of what was parsed.
struct attestation_object {
  std::string_view format;
  cbor_item statement;
  std::string_view authenticator_data; // its bytes: see authenticator_data.hpp
};

/// `malformed_attestation_object` for anything but a map of "fmt", "attStmt" and "authData", each
/// of its type. `bytes` must outlive the result.
tl::expected<attestation_object, refusal> parse_attestation_object(std::string_view bytes);

/// What the statement proves of the credential in the authenticator's data (sections 8.2 and 8.7);
/// `signed_bytes` are the data and the client data's hash, one after the other.
///
/// `unknown_attestation` for another format, `bad_attestation` for a statement that its format does
/// not allow, for a signature that does not hold, and for a certificate that does not meet section
/// 8.2.1. Neither the certificate's issuer nor its time is looked at.
tl::expected<attestation_kind, refusal> check_attestation(const attestation_object& object,
                                                          const attested_credential& credential,
                                                          const public_key& key,
                                                          std::string_view signed_bytes);

} // namespace latchkey::webauthn

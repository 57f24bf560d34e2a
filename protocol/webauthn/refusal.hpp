// refusal.hpp — why a registration or an assertion of a passkey does not hold.
#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace latchkey::webauthn {

/// For the log and the audit log; the caller decides what a client is told.
enum class refusal : std::uint8_t {
  malformed_client_data,        // not the JSON of WebAuthn Level 3, section 5.8.1
  malformed_attestation_object, // not the CBOR of section 6.5.4
  malformed_authenticator_data, // not the bytes of section 6.1
  malformed_public_key,         // not a COSE key of its algorithm: its size, its point, its members
  wrong_type,                   // made for the other ceremony
  wrong_challenge,
  wrong_origin,
  cross_origin, // made in a frame of another site's page
  wrong_top_origin,
  wrong_rp_id,
  not_present,
  not_verified,
  backed_up_but_not_eligible,
  backup_changed, // the credential's backup eligibility is not that of its registration
  unknown_algorithm,
  unknown_attestation, // a format that is not understood here
  bad_attestation,     // its statement, its certificate or its signature is wrong
  long_credential_id,
  other_credential,
  no_user,
  other_user,
  wrong_signature,
  counter_went_back, // or stood still: there may be two copies of the private key
};

/// Its name as it stands above: "counter_went_back".
std::string_view to_string(refusal why) noexcept;

inline tl::unexpected<refusal> refuse(refusal why) {
  return tl::unexpected<refusal>(why);
}

} // namespace latchkey::webauthn

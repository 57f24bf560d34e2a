// json.hpp — ceremonies in JSON, as browsers read and write them.
//
// WebAuthn Level 3: what `PublicKeyCredential.toJSON` writes (section 5.1), and what
// `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read (sections 5.1.8 and 5.1.9).
#pragma once

#include "protocol/result.hpp"
#include "protocol/webauthn/ceremony.hpp"
#include "protocol/webauthn/options.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::webauthn {

inline constexpr std::size_t response_json_bytes_max = std::size_t{128} * 1024;

/// PublicKeyCredentialCreationOptionsJSON: no attestation is asked for, and whether the passkey can
/// be found without a name is (the extension credProps).
std::string to_json(const creation_options& options);
/// PublicKeyCredentialRequestOptionsJSON.
std::string to_json(const request_options& options);

/// The answer of a registration, RegistrationResponseJSON, or of an assertion,
/// AuthenticationResponseJSON. Members that repeat what the authenticator signs (`publicKey`,
/// `authenticatorData` of a registration) are not read, and unknown ones do not matter. Missing
/// `transports` are none, for older browsers do not tell them; a `userHandle` that is null or empty
/// is missing.
///
/// VALIDATION_ERROR with the member's path ("response.clientDataJSON", empty for the whole) for
/// what is missing or of a wrong type, for base64url with padding or in another form, and for an
/// `id` that is not that of `rawId`. Whether anything holds `verify_registration` and
/// `verify_assertion` say.
result<registration_response> parse_registration_response(std::string_view json);
result<assertion_response> parse_assertion_response(std::string_view json);

} // namespace latchkey::webauthn

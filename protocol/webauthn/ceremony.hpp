// ceremony.hpp — whether a browser's answer registers a passkey or proves the possession of one
// (WebAuthn Level 3, sections 7.1 and 7.2).
//
// What needs the store is left to the caller: that a challenge is used once and in time, that a new
// credential id is nobody's yet (section 7.1, step 26), and whose a used one is (7.2, steps 5
// and 6).
#pragma once

#include "protocol/webauthn/attestation.hpp"
#include "protocol/webauthn/public_key.hpp"
#include "protocol/webauthn/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace latchkey::webauthn {

/// What was asked for, and of whom. Ids, challenges, keys and signatures are bytes here; base64url
/// stands only in JSON (json.hpp).
struct expectations {
  std::string challenge;
  std::vector<std::string> origins; // "https://example.org": one of them, to the letter
  std::string rp_id;
  bool requires_user_verification = false;
  /// False for a passkey that a browser makes by the way, while its user signs in with a password
  /// (mediation "conditional"): nobody is asked then. It is for registrations alone.
  bool requires_user_presence = true;
  /// At an assertion by which the user is found (without a name given before).
  bool requires_user_handle = false;
  /// Whether the ceremony may take place in a frame of another site's page, and of which.
  bool allows_cross_origin = false;
  std::vector<std::string> top_origins = {};
  std::vector<cose_algorithm> algorithms{known_algorithms.begin(), known_algorithms.end()};
};

struct registration_response {
  std::string credential_id;
  std::string client_data_json;
  std::string attestation_object;
  std::vector<std::string> transports = {};
  std::optional<bool> is_discoverable = {}; // credProps.rk; nothing when the browser does not say
};

struct new_passkey {
  std::string credential_id;
  std::string public_key; // a COSE key, to be given back as it is
  cose_algorithm algorithm = cose_algorithm::es256;
  std::uint32_t sign_count = 0;
  std::string aaguid; // 16 bytes
  bool is_backup_eligible = false;
  bool is_backed_up = false;
  bool is_user_verified = false;
  attestation_kind attestation = attestation_kind::none;
  /// Those that section 5.8.4 names, as the browser says; they are not signed.
  std::vector<std::string> transports;
  std::optional<bool> is_discoverable; // as the browser says; it is not signed either
};

struct assertion_response {
  std::string credential_id;
  std::string client_data_json;
  std::string authenticator_data;
  std::string signature;
  std::optional<std::string> user_handle = {};
};

struct stored_passkey {
  std::string credential_id;
  std::string public_key;
  std::uint32_t sign_count = 0;
  std::optional<bool> is_backup_eligible = false; // nothing: not known
  /// Of the account that it belongs to; nothing: whichever another system has given it. Then the
  /// caller must have found the passkey among the account's own.
  std::optional<std::string> user_handle = std::string{};
};

struct used_passkey {
  std::uint32_t sign_count = 0; // to be stored in place of the old one
  bool is_backed_up = false;    // likewise
  bool is_user_verified = false;
  bool is_backup_eligible = false; // as it was stored, unless that was not known
};

/// The first step that fails decides the refusal.
tl::expected<new_passkey, refusal> verify_registration(const expectations& expected,
                                                       const registration_response& response);

/// The same for an assertion. A counter that is not greater than the stored one is refused unless
/// both are zero: `counter_went_back`.
tl::expected<used_passkey, refusal> verify_assertion(const expectations& expected,
                                                     const assertion_response& response,
                                                     const stored_passkey& passkey);

} // namespace latchkey::webauthn

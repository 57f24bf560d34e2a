// authenticator_data.hpp — what an authenticator says of a ceremony and signs (WebAuthn Level 3,
// section 6.1).
#pragma once

#include "protocol/webauthn/refusal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

namespace latchkey::webauthn {

inline constexpr std::size_t aaguid_bytes = 16;
inline constexpr std::size_t credential_id_bytes_max = 1023;

/// Section 6.5.1. All of it is part of what was parsed.
struct attested_credential {
  std::string_view aaguid; // 16 bytes, all zero when the model is not told
  std::string_view credential_id;
  std::string_view public_key; // a COSE key as it was written: see public_key.hpp
};

struct authenticator_data {
  std::string_view rp_id_hash;                      // 32 bytes
  bool is_user_present = false;                     // UP
  bool is_user_verified = false;                    // UV
  bool is_backup_eligible = false;                  // BE
  bool is_backed_up = false;                        // BS
  std::uint32_t sign_count = 0;                     // 0 from authenticators without a counter
  std::optional<attested_credential> attested = {}; // AT: at registration
  std::string_view extensions = {};                 // ED: a CBOR map; empty without
};

/// `malformed_authenticator_data` when its length, its flags and its CBOR do not agree to the byte,
/// `long_credential_id` for one of more than 1023 bytes, `backed_up_but_not_eligible` for BS
/// without BE. Reserved flags do not matter. `bytes` must outlive the result.
tl::expected<authenticator_data, refusal> parse_authenticator_data(std::string_view bytes);

} // namespace latchkey::webauthn

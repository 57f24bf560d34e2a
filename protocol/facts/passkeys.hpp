// passkeys.hpp — a user's passkeys (WebAuthn Level 3), and what changes them.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

struct passkey_record {
  std::uint64_t id = 0;
  user_id user;
  std::string name;          // its owner's word for it
  std::string credential_id; // base64url; of one user alone
  std::string public_key;    // base64url of the COSE key
  std::uint32_t sign_count = 0;
  std::string aaguid; // base64url of the authenticator's model
  std::vector<std::string> transports;
  bool is_backup_eligible = false; // its private key may leave the device that made it
  bool is_backed_up = false;       // and has
  /// A sign-in by password asks for it, or for another second factor. False for one that was made
  /// by the way: it is only another way in.
  bool is_second_factor = false;
  /// Registered with another system and imported: the authenticator knows its owner by that
  /// system's user handle. Whether its key may leave the device is not known until a use says that
  /// it may, if the other system did not.
  bool is_foreign = false;
  time_point created_at{};
  std::optional<time_point> last_used_at = {};
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them ------------------------------------------------

inline constexpr std::size_t passkeys_max = 20;                   // of one user
inline constexpr std::size_t credential_id_chars_max = 1364;      // of 1023 bytes
inline constexpr std::size_t passkey_public_key_chars_max = 1024; // RS256 with 4096 bits has 716
inline constexpr std::size_t aaguid_chars_max = 22;
inline constexpr std::size_t transports_chars_max = 100;
/// More passkeys of one user than any actor allows.
inline constexpr std::size_t passkeys_read_max = 64;

// -- facts -------------------------------------------------------------------------------
//
// As with the other factors (factors.hpp), what adds, changes or removes one names the version of
// the user's row and raises it.

/// Loses with CONFLICT (field "version"), USER001, and CONFLICT (field "credential") when somebody
/// has that credential id already (WebAuthn Level 3, section 7.1, step 26).
struct add_passkey {
  passkey_record passkey;
  std::int64_t based_on = 0;
};

/// Keeps what an authenticator said of itself. Loses with NOT_FOUND when the passkey is gone, and
/// with CONFLICT (field "sign_count") when its counter is not greater than the stored one, unless
/// both are zero. Leaves the version as it is.
struct use_passkey {
  std::uint64_t id = 0;
  user_id user;
  std::uint32_t sign_count = 0;
  bool is_backed_up = false;
  time_point at{};
  std::optional<bool> is_backup_eligible = {}; // when it was not known before
};

/// Loses with CONFLICT (field "version"), USER001 and NOT_FOUND.
struct change_passkey {
  std::uint64_t id = 0;
  user_id user;
  std::int64_t based_on = 0;
  std::optional<std::string> name = {};
  std::optional<bool> is_second_factor = {};
  time_point at{};
};

/// Loses with CONFLICT (field "version"), USER001 and NOT_FOUND.
struct remove_passkey {
  std::uint64_t id = 0;
  user_id user;
  std::int64_t based_on = 0;
  time_point at{};
};

} // namespace latchkey::storage

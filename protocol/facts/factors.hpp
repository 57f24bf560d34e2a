// factors.hpp — second factors: authenticator apps and recovery codes, and what is used once.
// Passkeys stand in passkeys.hpp.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/facts/passkeys.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// An authenticator app (RFC 6238).
struct totp_record {
  std::uint64_t id = 0;
  user_id user;
  std::string name;          // its owner's word for it
  std::string sealed_secret; // protocol/tokens/sealed.hpp, bound to its id
  time_point created_at{};
  std::optional<time_point> confirmed_at = {}; // a first code was right; no factor until then
  std::optional<time_point> last_used_at = {};
  std::int64_t last_step = 0; // the newest time step of which a code was used
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them ------------------------------------------------

inline constexpr std::size_t totp_max = 5; // confirmed, of one user
inline constexpr std::size_t factor_name_chars_max = 100;
inline constexpr std::size_t sealed_factor_chars_max = 512;
inline constexpr std::size_t challenge_chars_max = 64;
inline constexpr std::size_t recovery_codes_max = 100;
/// More authenticator apps of one user than any actor allows.
inline constexpr std::size_t totp_read_max = 64;

// -- facts -------------------------------------------------------------------------------
//
// What adds or removes a factor names the version of the user's row, as storage::update_user does,
// and raises it: a sign-in that has looked at other factors then loses (storage::create_session).

/// Begins to enrol an authenticator app, in the place of one of the user's that was never
/// confirmed. Loses with USER001 without its user, CONFLICT (field "id") when the id is taken.
struct enrol_totp {
  totp_record totp; // not confirmed
};

/// Makes it a factor. Loses with CONFLICT (field "version"), USER001, and NOT_FOUND when there is
/// none of that id that waits to be confirmed.
struct confirm_totp {
  std::uint64_t id = 0;
  user_id user;
  std::int64_t based_on = 0;
  std::int64_t step = 0; // of the first code
  time_point at{};
  bool is_used = true; // by that code; false for an imported one, which no code was shown of here
};

/// Uses the code of a time step, which works once. Loses with CONFLICT (field "code") when that
/// step, or a later one, was used before or the factor is gone.
struct use_totp {
  std::uint64_t id = 0;
  user_id user;
  std::int64_t step = 0;
  time_point at{};
};

/// Removes an authenticator app; with the user's last factor the recovery codes go too. Loses with
/// CONFLICT (field "version"), USER001, and NOT_FOUND when the user has no such factor.
struct remove_totp {
  std::uint64_t id = 0;
  user_id user;
  std::int64_t based_on = 0;
  time_point at{};
};

/// Replaces the recovery codes, used and unused. Loses with CONFLICT (field "version") and USER001;
/// leaves the version as it is.
struct put_recovery_codes {
  user_id user;
  std::int64_t based_on = 0;
  std::vector<std::string> code_hashes; // base64url
  time_point at{};
};

/// Uses a recovery code, which works once. Loses with CONFLICT (field "code") when it is none of
/// the user's, or was used before.
struct use_recovery_code {
  user_id user;
  std::string code_hash;
  time_point at{};
};

/// Removes all factors of a user and the recovery codes, forgets wrong codes and when a factor was
/// due, and raises the version of the row by one. Loses with CONFLICT (field "version") and
/// USER001.
struct remove_factors {
  user_id user;
  std::int64_t based_on = 0;
  time_point at{};
};

/// Uses a challenge, which works once. Loses with AUTH003 when it was used before. At `at`,
/// challenges that are not good any more are forgotten.
struct spend_challenge {
  std::string id;     // base64url
  time_point until{}; // it is good
  time_point at{};
};

/// Adds to user_record::factor_failures_in_a_row; with `count` 0 there are none any more. Leaves
/// `version` as it is.
struct count_factor_failures {
  user_id user;
  std::int64_t count = 1;
};

/// Sets user_record::second_factor_due_at unless it is set already. Leaves `version` as it is;
/// changes nothing when the user does not exist.
struct begin_factor_grace {
  user_id user;
  time_point due_at{};
};

// -- queries -----------------------------------------------------------------------------

/// All second factors of a user, oldest first, those that are not confirmed too.
struct list_factors {
  struct answer {
    std::vector<totp_record> totp;
    std::vector<passkey_record> passkeys;
    std::size_t recovery_codes = 0;      // that were made
    std::size_t recovery_codes_left = 0; // that were not used
  };
  user_id user;
};

/// A passkey of that user by its credential.
struct find_passkey {
  using answer = std::optional<passkey_record>;
  user_id user;
  std::string credential_id; // base64url
};

/// The hashes of a user's recovery codes that were not used.
struct list_recovery_codes {
  struct answer {
    std::vector<std::string> code_hashes;
  };
  user_id user;
};

} // namespace latchkey::storage

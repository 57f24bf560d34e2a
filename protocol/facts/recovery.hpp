// recovery.hpp — account recovery: the passphrase and the tokens that work once.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace latchkey {

/// What a token allows. A token that was mailed also proves that its bearer reads the address.
enum class token_purpose : std::uint8_t { mailed_reset, passphrase_reset, email_verification };

/// A token that allows one change of password ("API Reference", Account Recovery) or verifies an
/// address.
struct reset_token_record {
  std::uint64_t id = 0;
  token_purpose purpose = token_purpose::mailed_reset;
  user_id user;
  std::string secret_hash; // base64url of SHA-256
  time_point created_at{};
  time_point expires_at{};
  std::optional<time_point> used_at;
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t passphrase_hash_chars_max = 255;

// -- facts -------------------------------------------------------------------------------

/// Sets or replaces the hash of the recovery passphrase (a PHC string).
struct set_recovery {
  user_id user;
  secret passphrase_hash;
  time_point at{};
};

/// Removes the recovery passphrase, if there is one.
struct remove_recovery {
  user_id user;
};

/// Adds a token. Loses with USER001 without its user, CONFLICT (field "id") when the id is taken.
struct add_reset_token {
  reset_token_record token;
};

/// Marks a token as used; of several at once exactly one wins. Loses with AUTH003 when the token is
/// unknown, used or expired, or has another user, hash or purpose.
struct use_reset_token {
  std::uint64_t id = 0;
  user_id user;
  std::string secret_hash;
  time_point at{};
  token_purpose purpose = token_purpose::mailed_reset;
};

/// Marks all unused tokens of a user as used: after the owner has proved to be the owner in another
/// way, or when the tokens were mailed to an address that the user no longer has.
struct use_up_reset_tokens {
  /// Which of the user's tokens.
  enum class kind : std::uint8_t {
    every_token,
    resets,           // tokens that verify the address stay valid
    passphrase_resets // mailed tokens stay valid too
  };
  user_id user;
  time_point at{};
  kind which = kind::every_token;
};

// -- queries -----------------------------------------------------------------------------

/// The PHC string of the recovery passphrase.
struct find_recovery {
  using answer = std::optional<secret>;
  user_id user;
};

/// Finds used and expired tokens too; the caller looks at the record.
struct find_reset_token {
  using answer = std::optional<reset_token_record>;
  std::uint64_t id = 0;
};

} // namespace latchkey::storage

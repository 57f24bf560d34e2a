// api_keys.hpp — the API keys of users.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// An API key. The key itself is shown once and kept as a hash (protocol/tokens/opaque_key.hpp).
struct api_key_record {
  std::uint64_t id = 0; // never 0; random; 16 hexadecimal digits in JSON
  user_id user;
  std::string name;
  std::string prefix;      // the first characters of the key, to tell keys apart
  std::string secret_hash; // base64url of SHA-256
  std::vector<std::string> scopes;
  time_point created_at{};
  std::optional<time_point> expires_at;
  std::optional<time_point> last_used_at; // may lag behind
  std::optional<time_point> revoked_at;
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t key_name_chars_max = 100;
inline constexpr std::size_t key_prefix_chars_max = 32;

// -- facts -------------------------------------------------------------------------------

/// Adds a key. Loses with USER001 without its user; SUB002 (field "api_keys") when the user has
/// `max` keys that are neither revoked nor expired, however many are added at once; CONFLICT (field
/// "id") when the id is taken; AUTH003 when `session` has ended. Removes some of the user's oldest
/// revoked and expired keys.
struct add_api_key {
  api_key_record key;
  std::size_t max = 0;
  std::optional<session_id> session = {}; // in which the key is made; unset: in none
};

/// Revokes a key. Loses with NOT_FOUND when the user has no such key or it is revoked.
struct revoke_api_key {
  std::uint64_t id = 0;
  user_id user;
  time_point at{};
};

/// Revokes every key of the user.
struct revoke_api_keys_of {
  user_id user;
  time_point at{};
};

/// Sets the time of a key's last use; may be lost.
struct touch_api_key {
  std::uint64_t id = 0;
  time_point at{};
};

// -- queries -----------------------------------------------------------------------------

/// How many keys of a user are read at most.
inline constexpr std::size_t api_keys_read_max = 1'000'000;

/// The user's keys that are neither revoked nor expired, oldest first.
struct list_api_keys {
  using answer = std::vector<api_key_record>;
  user_id user;
  time_point now{};
};

} // namespace latchkey::storage

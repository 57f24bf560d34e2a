// services.hpp — services that integrate with this one, and their keys.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

/// A service that integrates with this one: its scopes and its rate limit.
struct service_record {
  std::string id; // 1 to 64 of [A-Za-z0-9._-]
  std::vector<std::string> scopes;
  std::uint32_t rate_count = 0;    // requests in a window; 0: RATE_LIMIT_SERVICE
  std::uint32_t rate_window_s = 0; // 0 with a count of 0
  time_point created_at{};
  time_point updated_at{};
};

/// One of a service's keys, kept as a hash.
struct service_key_record {
  uuid id;
  std::string service;
  std::string prefix;   // the first characters of the key or of its hash, to tell keys apart
  std::string key_hash; // base64url of SHA-256 over the whole key
  time_point created_at{};
  std::optional<time_point> last_used_at; // may lag behind
  std::optional<time_point> revoked_at;
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t service_chars_max = 64;

// -- facts -------------------------------------------------------------------------------

/// Adds a service or replaces its scopes and rate; `created_at` stays.
struct put_service {
  service_record service;
};

/// Adds a key. Loses with NOT_FOUND without its service, CONFLICT (field "key") when the hash
/// exists, CONFLICT (field "id") when the id is taken.
struct add_service_key {
  service_key_record key;
};

/// Revokes a key. Loses with NOT_FOUND when it does not exist or is revoked.
struct revoke_service_key {
  uuid id;
  time_point at{};
};

/// Sets the time of a key's last use; may be lost.
struct touch_service_key {
  uuid id;
  time_point at{};
};

// -- queries -----------------------------------------------------------------------------

/// All services and their keys.
struct list_services {
  struct answer {
    std::vector<service_record> services;
    std::vector<service_key_record> keys; // revoked ones too
  };
};

} // namespace latchkey::storage

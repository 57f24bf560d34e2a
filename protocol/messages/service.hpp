// messages/service.hpp — what is said to the password hasher, the key ring and the audit log.
#pragma once

#include "protocol/jwt.hpp"
#include "protocol/records.hpp"

#include <memory>

namespace latchkey::messages {

/// Hash a new password.
struct hash_password {
  secret password;
  time_point deadline{};
};
struct hashed {
  secret phc;
};

/// Compare a password with a stored hash. An empty `phc` costs the same and never
/// matches: it stands for a user that does not exist.
struct verify_password {
  secret password;
  secret phc;
  time_point deadline{};
};
struct verdict {
  bool matches = false;
  secret rehashed; // not empty: it matches, and this is its hash at today's cost
};

/// Sign the claims with the current key.
struct sign_access {
  access_claims claims;
};
struct signed_token {
  secret token;
};

/// Write the entry. The answer comes after COMMIT.
struct record_audit {
  audit_record entry;
  time_point deadline{};
};
struct recorded {};

} // namespace latchkey::messages

// messages/service.hpp — what is said to the password hasher, the key ring and the audit log.
#pragma once

#include "protocol/facts/records.hpp"
#include "protocol/messages/account.hpp"
#include "protocol/messages/done.hpp"
#include "protocol/tokens/jwt.hpp"

#include <atomic>
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
/// matches: it stands for a user that does not exist. So does one that is compared for nothing: it
/// costs what the stored hash costs.
struct verify_password {
  secret password;
  secret phc;
  time_point deadline{};
  bool rehashes = true; // one that matches at another cost than today's is hashed anew
  bool is_for_nothing = false;
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

/// The same for a service's token ("API Reference", Generate Service Token). VALIDATION_ERROR
/// (field "scopes") when it would be longer than any that is looked at.
struct sign_service {
  service_claims claims;
};

/// Add or change a role, or take it away; every request after the answer goes by it. Errors
/// as the facts of the same names; CONFLICT (field "name") for a built-in one.
struct put_role {
  role_record role;
  bool is_new = false;
  author who;
  time_point deadline{};
};
struct delete_role {
  std::string name;
  author who;
  time_point deadline{};
};
struct role_stored {
  role_record role;
};

/// Look whether roles, services or keys were changed by somebody else.
struct refresh_registry {};

/// Mail has become durable: send what is due.
struct mail_waiting {};
/// The mailer's own timer. Only the one that was set last counts.
struct mail_timer {
  std::uint64_t number = 0;
};
/// Hand this mail over; give up at once when `called_off` becomes true. The transport logs what
/// it is told by others.
struct send_mail {
  mail_record mail;
  std::shared_ptr<const std::atomic<bool>> called_off;
};
struct mail_attempted {
  bool sent = false;
  bool is_final = false; // not sent, and it never will be
};

/// Write the entry. The answer comes after COMMIT.
struct record_audit {
  audit_record entry;
  time_point deadline{};
};

} // namespace latchkey::messages

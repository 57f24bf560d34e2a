// messages/service.hpp — messages to the password hasher, the key ring, the registry, the mailer
// and the audit log.
#pragma once

#include "protocol/facts/audit.hpp"
#include "protocol/facts/mails.hpp"
#include "protocol/facts/roles.hpp"
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

/// Compare a password with a stored hash. An empty `phc`, for a user who does not exist, costs what
/// a hash at today's cost does and never matches. With `is_for_nothing` the comparison costs what
/// `phc` costs and never matches.
struct verify_password {
  secret password;
  secret phc;
  time_point deadline{};
  bool rehashes = true; // hash a matching password anew when its cost is not today's
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

/// Sign a service's token ("API Reference", Generate Service Token). VALIDATION_ERROR (field
/// "scopes") when it would be longer than any token that is accepted.
struct sign_service {
  service_claims claims;
};

/// Add, change or remove a role; it is in force for every request after the answer. Errors as the
/// facts storage::add_role, update_role and remove_role; CONFLICT (field "name") for a built-in
/// one.
struct put_role {
  role_record role;
  bool is_new = false;
  messages::author author;
  time_point deadline{};
};
struct delete_role {
  std::string name;
  messages::author author;
  time_point deadline{};
};
struct role_stored {
  role_record role;
};

/// Read again roles, services and keys, which another process may have changed.
struct refresh_registry {};

/// A mail has become durable: send what is due.
struct mail_waiting {};
/// The mailer's own timer. Only the one that was set last counts.
struct mail_timer {
  std::uint64_t number = 0;
};
/// Hand this mail over; give up at once when `called_off` becomes true. The transport logs the
/// replies of the mail server.
struct send_mail {
  mail_record mail;
  std::shared_ptr<const std::atomic<bool>> called_off;
};
enum class mail_outcome : unsigned char {
  not_sent, // it may be tried again
  sent,
  refused, // for good
};
struct mail_attempted {
  mail_outcome outcome = mail_outcome::not_sent;
};

/// Write the entry. The answer comes after COMMIT.
struct record_audit {
  audit_record entry;
  time_point deadline{};
};

} // namespace latchkey::messages

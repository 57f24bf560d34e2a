// audit_entry.hpp — how every line of the audit log begins.
#pragma once

#include "protocol/messages/account.hpp"

#include <string>
#include <utility>

namespace latchkey {

/// An entry with an id of its own, its time, and where the request came from (`client` is
/// empty when no request did it). `reason` says why or how it happened, and is never empty: which
/// proof, which key, which fields. The caller adds whom it is about.
inline audit_record audit_entry(std::string action, std::string reason, time_point at,
                                const messages::client_info& client = {}) {
  audit_record entry;
  entry.id = make_uuid(at);
  entry.at = at;
  entry.action = std::move(action);
  entry.reason = std::move(reason);
  entry.address = client.address;
  entry.request_id = client.request_id;
  entry.route = client.route;
  entry.began = client.began;
  return entry;
}

/// The same about a user, with who did it.
inline audit_record audit_entry(std::string action, std::string reason, time_point at,
                                const messages::author& author, const user_id& user) {
  auto entry = audit_entry(std::move(action), std::move(reason), at, author.client);
  entry.user = user;
  entry.by = author.by;
  return entry;
}

} // namespace latchkey

// event_log.hpp — one line of the log for each event that an operator asks about afterwards: who
// came in, who was refused and why, what ended, who was given what.
//
// What is durable is told by the persistence actor, once for all, from the audit entries of what
// it has committed. What leaves no entry (an answer that refuses) is told by the edge.
#pragma once

#include "protocol/facts/audit.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <string_view>

namespace latchkey {

/// Never a secret in any of it. What is empty, nil or not set is left out of the line.
struct event {
  std::string_view name;   // an audit action, or "refused"
  std::string_view code;   // of a refusal: "AUTH001"
  std::string_view reason; // free words
  user_id user;            // whom it is about
  std::string_view by;     // audit_record::by
  std::string_view address;
  std::string_view request_id;
  std::string_view route;                        // "POST /auth/token"
  std::chrono::steady_clock::time_point began{}; // of the request, for its duration until now
};

/// At INFO: `event=user.signed_in user=… by=… address=… request=… route="POST /auth/token"
/// duration_ms=12 reason="…"`. Whatever a client may have chosen stands in quotes.
void log_event(const event& logged);

/// The line for an audit entry that has become durable. Refusals are left to the edge, which tells
/// of all of them, audited or not.
void log_audited(const audit_record& entry);

} // namespace latchkey

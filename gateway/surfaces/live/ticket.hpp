// live/ticket.hpp — a ticket, with which a page opens a live socket without its token in the URL:
// sealed text that names a session, valid for half a minute and, by the session's record, once.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace latchkey::gateway::live {

inline constexpr std::chrono::seconds ticket_ttl{30};
inline constexpr std::size_t ticket_bytes_max = 512;

struct ticket {
  session_id session;
  user_id user;
  std::uint64_t number = 0;          // by which the session knows it
  std::int64_t token_expires_at = 0; // of the token that it was asked for with; seconds
  std::int64_t good_until = 0;       // seconds since the epoch
};

/// The text of the ticket, at most `ticket_bytes_max` bytes, sealed under `key`.
secret write_ticket(const secret& key, const ticket& t);
/// AUTH003 (field "ticket") for what is none, AUTH002 for one whose time, or whose token's, is
/// over.
result<ticket> read_ticket(const secret& key, std::string_view text, time_point now);

} // namespace latchkey::gateway::live

// live/frames.hpp — messages as they travel on a live socket ("Auth Service Internal API
// Documentation", Message Format): those of clients, read strictly, and those to them.
#pragma once

#include "gateway/live/ws/frame.hpp"
#include "gateway/request/input/input.hpp"
#include "protocol/messages/live.hpp"
#include "protocol/permission.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::gateway::live {

inline constexpr std::size_t message_id_bytes_max = 128;
inline constexpr std::size_t message_type_bytes_max = 64;

/// A message of a client. It has its `id`, if that could be read, even when the rest is wrong.
struct client_message {
  std::string type;
  std::string id;    // as it is stored and given to the frames below: a number as "#" and its
                     // digits, a text as it is, with a "#" at its beginning doubled; empty: none
  input data;        // its members; none when there was no `data`
  result<void> form; // VALIDATION_ERROR when it is no message
};

/// Reads the text of one message; never fails: `form` says what is wrong with it.
client_message read_message(std::string_view text);

/// "pong" to a "ping".
ws::frame pong(std::string_view correlation_id);
/// "ack": the request was carried out. `members` are those of `data`, as JSON ("\"a\":1,…"); empty:
/// none.
ws::frame ack(std::string_view correlation_id, std::string_view members);
/// "error", with the code and words of the one table.
ws::frame error(std::string_view correlation_id, const failure& problem);
/// "workflow_status".
ws::frame status(const messages::workflow_statuses& statuses,
                 const messages::workflow_status& shown);
/// "session_revoked"; the socket is closed after it.
ws::frame session_revoked(std::string_view reason);
/// "session_expiring": the token ends at that time, in seconds since the epoch.
ws::frame session_expiring(std::int64_t expires_at);
/// "permissions_changed".
ws::frame permissions_changed(std::string_view role, const permission_set& permissions);
/// "subscription_changed".
ws::frame subscription_changed(std::string_view tier, std::string_view status);
/// "server_stopping": the socket is closed after it; the client waits for so long before it opens
/// another.
ws::frame server_stopping(std::chrono::milliseconds reconnect_in);

} // namespace latchkey::gateway::live

// websocket_handshake.hpp — the opening handshake of RFC 6455 on the server's side: checks a
// request and answers it. Frames are read and written in gateway/live/ws.
#pragma once

#include "gateway/http/connection/takeover.hpp"
#include "gateway/http/message/request.hpp"
#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace latchkey::http {

/// What became of a check. Views of the request and static text.
struct websocket_handshake {
  /// None, or validation_error, method_not_allowed, upgrade_required (another version).
  error_code refusal = error_code::none;
  std::string_view field = {};  // the header that is at fault; empty for the request itself
  std::string_view reason = {}; // why it is refused, for the client
  std::string_view key = {};    // Sec-WebSocket-Key

  bool is_good() const noexcept { return refusal == error_code::none; }
  unsigned status() const noexcept { return is_good() ? 101 : status_of(refusal); }
  failure as_failure() const { return {refusal, std::string(field), std::string(reason)}; }
};

/// RFC 6455, section 4.2.1: GET over HTTP/1.1, `websocket` among Upgrade, `Upgrade` among
/// Connection, one Sec-WebSocket-Key that stands for 16 bytes, one Sec-WebSocket-Version that is
/// 13, and subprotocols that are tokens. Authorization and Origin are the caller's to check.
websocket_handshake check_websocket(const request& in);

/// Gives the status of a refusal to an answer that says why, in the surface's own words (see
/// as_failure()); a 426 also says what would be right (RFC 6455, section 4.4), a 405 what is
/// allowed.
void refuse_websocket(const websocket_handshake& checked, response& answer);

/// The 101 for a good handshake; an empty `subprotocol` is not sent (RFC 6455, section 4.2.2).
response accept_websocket(const websocket_handshake& checked, std::string_view subprotocol,
                          takeover taken_by);

/// Sec-WebSocket-Accept for a key: base64 of SHA-1, 28 characters. Empty when OpenSSL has none.
std::string websocket_accept_of(std::string_view key);

/// The first of the client's subprotocols, in its order, that is one of `ours` (compared as
/// bytes); empty: none.
std::string_view select_subprotocol(const request& in, std::span<const std::string_view> ours);

/// A subprotocol that begins so carries an access token, for browsers cannot set Authorization.
inline constexpr std::string_view bearer_subprotocol = "bearer.";

/// What follows `prefix` in the first subprotocol that begins so; empty: none. Such
/// a one carries a value and is never selected.
std::string_view subprotocol_value(const request& in, std::string_view prefix);

} // namespace latchkey::http

// close_code.hpp — why a WebSocket is closed (RFC 6455, 7.4.1; codes from 4000 are our own).
#pragma once

#include <cstdint>

namespace latchkey::ws {

enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,     // the server stops
  protocol_error = 1002, // RFC 6455 was not followed
  not_text = 1003,       // a binary message: all of ours are JSON texts
  bad_text = 1007,       // no UTF-8
  policy = 1008,         // too long silent, or too many messages
  too_big = 1009,        // a message over the limit
  revoked = 4001,        // the session has ended
  token_expired = 4002,  // and no fresh one came by `authenticate`
  slow_consumer = 4003,  // what waits to be sent is over the limit
};

} // namespace latchkey::ws

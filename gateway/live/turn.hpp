// live/turn.hpp — one message of a live socket until it is answered.
#pragma once

#include "gateway/live/frames.hpp"
#include "gateway/live/socket_registry.hpp"
#include "gateway/request/principal.hpp"

#include <chrono>
#include <cstdint>

namespace latchkey::gateway::live {

/// It names its socket by number, for that may close meanwhile.
struct turn {
  socket_registry& sockets;
  std::uint64_t socket;
  principal caller;
  client_message message;
  std::chrono::steady_clock::time_point deadline;

  reactor_edge& edge() { return sockets.edge(); }
};

/// The frame that answers; nullptr where the statuses that follow are the answer.
using reply = result<ws::frame>;

} // namespace latchkey::gateway::live

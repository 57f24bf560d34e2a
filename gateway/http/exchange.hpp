// exchange.hpp — one request while it is answered: what a handler is given.
#pragma once

#include "gateway/http/body/request_body.hpp"
#include "gateway/http/client_presence.hpp"
#include "gateway/http/message/request.hpp"
#include "gateway/http/router.hpp"
#include "protocol/ids.hpp"
#include "protocol/rate_limit.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace latchkey::gateway {
class reactor_edge;
}

namespace latchkey::http {

enum class server_life : unsigned char {
  serving,
  stopping, // it accepts nothing more; what is in flight is answered
  closed,   // no handler begins any more
};

struct exchange {
  const request& in;
  const route* matched = nullptr; // nullptr in hooks, for a path or method without a route
  std::uint32_t route_index = no_route;
  path_params params = {};
  std::chrono::steady_clock::time_point deadline{}; // answer before it
  rate_verdict rate = {};                           // shown in headers when it has a limit
  // For the log, as soon as the caller, or the user that the request is about, is known:
  user_id user = {};                       // nil: not known
  std::string service = {};                // empty: none
  std::string client_address = {};         // the peer's, or what a trusted proxy says it is
  gateway::reactor_edge* edge = nullptr;   // http_server_options::edge: one a reactor
  request_body* body = nullptr;            // for routes with `streams_body`: instead of in.body
  const server_life* server = nullptr;     // of the one that serves it; see is_stopping()
  const client_presence* client = nullptr; // nullptr in hooks

  /// Whether the server drains by now: it ends this connection after the answer, so nothing
  /// that lasts longer, an upgrade above all, should begin.
  bool is_stopping() const noexcept { return server && *server != server_life::serving; }
};

} // namespace latchkey::http

// exchange.hpp — one request on its way to an answer: what a handler is given.
#pragma once

#include "gateway/http/body/request_body.hpp"
#include "gateway/http/message/request.hpp"
#include "gateway/http/router.hpp"
#include "protocol/ids.hpp"
#include "protocol/rate_limit.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace latchkey::http {

struct exchange {
  const request& in;
  const route* matched = nullptr; // nullptr in hooks, for a path or method without a route
  std::uint32_t route_index = no_route;
  path_params params = {};
  std::chrono::steady_clock::time_point deadline{}; // answer before it
  rate_verdict rate = {};                           // told in headers when it has a limit
  // For the log, as soon as it is known whom the request is about or of:
  user_id user = {};               // nil: not known
  std::string service = {};        // empty: none
  std::string client_address = {}; // the peer's, or what a trusted proxy says it is
  void* app = nullptr;             // http_server_options::app: the composition's own, one a reactor
  request_body* body = nullptr;    // in handlers of routes with `streams_body`: instead of in.body
  const bool* stopping = nullptr;  // of the server; see is_stopping()
  /// For handlers that wait for long: whether `connection` has lost its peer, as far as that
  /// shows without reading.
  bool (*has_peer_gone)(const void* connection) noexcept = nullptr;
  const void* connection = nullptr;

  /// Whether the server drains by now: it ends this connection after the answer, and nothing
  /// that is to last longer, an upgrade above all, should begin.
  bool is_stopping() const noexcept { return stopping && *stopping; }
};

} // namespace latchkey::http

// http_server.hpp — the HTTP side of one reactor: a listener, its connections and their
// counts. Every member is called on the reactor's thread, or before it runs.
#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/limits.hpp"
#include "gateway/http/message/cors.hpp"
#include "gateway/http/router.hpp"
#include "gateway/reactor/timer_wheel.hpp"
#include "protocol/result.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace latchkey::http {

/// An answered request, for the metrics and the access log.
struct finished_request {
  std::uint32_t route_index = no_route; // no_route: no such path or method, or not HTTP
  std::string_view route_name;          // the route's name; "" without a route
  method verb = method::other;
  unsigned status = 0;
  std::chrono::nanoseconds duration{}; // from its headers to its answer's bytes; of a
                                       // streamed one to those of its head
  std::string_view request_id;
  std::string_view peer_address;
};

/// Plain functions of the composition; each may be empty. They must not throw.
struct http_hooks {
  std::function<void(const finished_request&)> on_finished;
  /// A handler threw; `reason` is for the log, never for the client. Or
  /// its answer's source did, or a takeover.
  std::function<void(const exchange&, std::string_view reason)> on_exception;
  /// Accepting a connection threw; the server goes on accepting. `reason` is for the log.
  std::function<void(std::string_view reason)> on_accept_failed;
  /// Asked once a request is read, before its handler, and for paths without a route: an
  /// answer given here is the answer.
  std::function<std::optional<response>(exchange&)> admit;
  /// The same, after that, of a request that no handler gets, for want of a route or because of its
  /// body's coding (rate limits).
  std::function<awaitable<std::optional<response>>(exchange&)> charge;
  /// Told instead of a request that is answered before that: one that is refused for want of
  /// room, or that broke HTTP or a limit. May note in the exchange what `decorate` looks at.
  std::function<void(exchange&)> on_refused;
  /// A connection was closed because its peer left too much unread while all together left more
  /// than `http_limits::unsent_bytes_max`.
  std::function<void(std::string_view peer_address)> on_unread;
  /// The same of a peer that had sent most of a body and not all of it
  /// (`http_limits::unfinished_bytes_max`).
  std::function<void(std::string_view peer_address)> on_unfinished;
  /// May add headers to every answer.
  std::function<void(const exchange&, response&)> decorate;
  /// Renders the server's own failures (404, 405, 413, 500, 503 …). The route is nullptr where
  /// there is none. Empty: the envelope of error_body.hpp.
  std::function<response(const failure&, const request&, const route*)> render_error;
};

/// What a server is made of; `routes` must be set, the rest has defaults.
struct http_server_options {
  std::shared_ptr<const router> routes;
  http_limits limits;
  http_hooks hooks;
  origin_list allowed_origins;
  std::string allowed_headers = latchkey::http::allowed_headers(); // of those origins' pages
  const clock_source* clock = &system_clock_source();
  std::shared_ptr<boost::asio::ssl::context> tls; // at first; nullptr: plain HTTP
  gateway::reactor_edge* edge = nullptr;          // becomes exchange::edge
};

/// Listens on one port, routes requests to handlers, and drains its connections at the end.
class http_server {
public:
  http_server(boost::asio::io_context& io, timer_wheel& wheel, http_server_options options);
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  /// Stops accepting and closes every connection. Coroutines end with what they wait for
  /// or with their io_context; no hook and no handler begins for them any more, so `edge` may
  /// go next.
  ~http_server();

  /// Binds and listens (SO_REUSEPORT, so that each reactor can bind the same port): who
  /// connects waits for `accept()`. `address` is numeric; port 0 takes a free one. INTERNAL_ERROR
  /// whose reason names the address and the system's error.
  result<void> listen(const std::string& address, std::uint16_t port);

  /// Begins to accept. After listen(), once.
  void accept();

  /// The bound port; 0 before listen().
  std::uint16_t port() const noexcept;

  /// Connections accepted from now on speak TLS by this one; those that are open keep theirs. Only
  /// for a server that had one from the start.
  void use_tls(std::shared_ptr<boost::asio::ssl::context> tls);

  /// Stops accepting, closes idle connections, lets requests in flight finish with
  /// `Connection: close`, and streamed answers to their end; then calls `drained` once, on this
  /// reactor.
  void stop(std::function<void()> drained = {});

  /// Closes every connection's socket now: for when draining has taken too long. No handler
  /// begins afterwards; what a streamed answer waits for is cancelled.
  void close_all();

  /// From any thread. Connections that were taken over are none of these.
  std::size_t connections() const noexcept;
  std::size_t in_flight() const noexcept; // handlers that have not answered; not those
                                          // whose answer is being streamed

  struct core;

private:
  std::shared_ptr<core> core_;
};

} // namespace latchkey::http

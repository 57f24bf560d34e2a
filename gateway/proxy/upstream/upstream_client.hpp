// upstream_client.hpp — how a reactor calls upstreams: kept connections, waiting, deadlines and
// retries.
#pragma once

#include "gateway/http/body/body_source.hpp"
#include "gateway/http/body/request_body.hpp"
#include "gateway/http/client_presence.hpp"
#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/http/message/request.hpp"
#include "gateway/proxy/upstream/upstream_set.hpp"
#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::proxy {

/// Bounds of one client.
struct upstream_limits {
  std::size_t calls_max = 64;       // under way at one upstream, each with a connection of its own
  std::size_t waiting_max = 1'024;  // for one of those, at one upstream; more are refused
  std::size_t idle_max = 16;        // connections to one upstream that are kept for later
  std::size_t upgraded_max = 1'024; // connections that were given away after a 101
  std::chrono::milliseconds idle_for{30'000};
  std::chrono::milliseconds connect_max{5'000}; // a TLS handshake included
};

inline constexpr int upstream_retries_max = 2;

/// One request. What it views must stay until the call has answered.
struct upstream_call {
  using deadline_point = std::chrono::steady_clock::time_point;

  std::size_t upstream = 0; // index into `proxy_table::upstreams`
  http::method method = http::method::get;
  std::string_view target;  // origin-form, the upstream's base path included
  std::string_view headers; // "Name: value\r\n" …, without Host, Connection and the framing
  std::string_view body;    // all of it, or else
  http::request_body* pieces = nullptr; // its failure is the call's
  bool asks_for_websocket = false;      // a 101 is an answer then
  /// For the head of the answer. What is waited for `pieces` comes on top of it: that is the
  /// client's time. But they must all have come by then.
  deadline_point deadline{};
  std::chrono::milliseconds silence_max{30'000}; // between two pieces of its body
  /// Asked now and then while the call waits for the answer's head: when the client has gone, the
  /// call ends with `std::system_error`.
  const http::client_presence* client = nullptr;
  std::shared_ptr<void> held; // until the answer's body has ended
};

/// The head of an upstream's answer, and its body to come.
class upstream_answer {
public:
  struct state;
  explicit upstream_answer(std::shared_ptr<state> all) noexcept;
  upstream_answer(upstream_answer&&) noexcept;
  upstream_answer& operator=(upstream_answer&&) noexcept;
  ~upstream_answer(); // a body that nobody took: its connection is closed

  unsigned status() const noexcept;
  /// Views that are good as long as this and whatever it has given away.
  std::span<const http::header_view> headers() const noexcept;
  /// The first of that name, in any case; empty when there is none.
  std::string_view header(std::string_view name) const noexcept;

  /// All of the body, when it came with the head, or there is none; asked once.
  std::optional<std::string> whole_body();
  /// Else the body. Its silence, its early end and what is no HTTP are failures (GW001, GW002). For
  /// the answer to HEAD it only says the size.
  std::unique_ptr<http::body_source> take_body();

  /// The connection of a 101, with what came after the head. `keep` is to be held as long
  /// as it is in use.
  struct upgraded {
    http::taken_connection connection;
    std::shared_ptr<void> keep;
  };
  upgraded take_connection();

private:
  std::shared_ptr<state> state_;
};

/// One or more a reactor. Everything here is used on the reactor's thread alone.
class upstream_client {
public:
  upstream_client(boost::asio::io_context& io, timer_wheel& wheel,
                  std::shared_ptr<upstream_set> upstreams, const upstream_limits& limits = {});
  /// As `close`.
  ~upstream_client();
  upstream_client(const upstream_client&) = delete;
  upstream_client& operator=(const upstream_client&) = delete;

  /// Sends the request and returns the head of the answer, whatever its status.
  ///
  /// GW001: nobody is configured, the breaker is open, too many wait, it cannot be reached, it
  /// broke off, or its answer is no HTTP/1.x or too long (see identity_headers.hpp). GW002: no
  /// head until the deadline. The failure of `pieces`, and REQUEST_TIMEOUT when they take too long:
  /// neither is the upstream's, nor is what it does about a body that it waits for. A call is no
  /// longer the breaker's probe once its client is waited for, and may become it again when its
  /// body has been sent. GET, HEAD, PUT, DELETE and OPTIONS are sent again, at most twice,
  /// when no byte of an answer has come and the body is whole or was not begun. A kept
  /// connection that the upstream has closed meanwhile is no failure.
  /// std::system_error (operation_aborted) when the client is closed or the coroutine cancelled.
  awaitable<result<upstream_answer>> call(upstream_call call);

  const upstream_set& upstreams() const noexcept;
  /// What is under way ends, bodies that were taken included.
  void close();

  struct core;

private:
  std::shared_ptr<core> core_;
};

} // namespace latchkey::proxy

// upstream_connection.hpp — one connection to an upstream, plain or TLS, with a deadline for
// everything that it does; private to the proxy.
#pragma once

#include "config/metrics/metrics.hpp"
#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/proxy/upstream/address_lookup.hpp"
#include "gateway/proxy/upstream/upstream.hpp"
#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace latchkey::proxy {

/// Read and not yet parsed: the longest head, or a piece of a body.
inline constexpr std::size_t upstream_input_bytes_max = 64UL * 1024;
inline constexpr std::size_t upstream_read_bytes = 16UL * 1024;

class upstream_connection final : private timer_wheel::entry {
public:
  using deadline_point = std::chrono::steady_clock::time_point;
  using error = boost::system::error_code;

  upstream_connection(boost::asio::io_context& io, timer_wheel& wheel, gauge& open);
  ~upstream_connection();
  upstream_connection(const upstream_connection&) = delete;
  upstream_connection& operator=(const upstream_connection&) = delete;

  /// Tries the addresses one after another; with a TLS context shakes hands too.
  awaitable<error> open(const address_lookup::endpoints& addresses, const upstream& target,
                        boost::asio::ssl::context* tls);
  /// Both texts in full.
  awaitable<error> write(std::string_view first, std::string_view second);
  /// Some more to the end of `input()`; no_buffer_space when that is full.
  awaitable<error> read();
  boost::beast::flat_buffer& input() noexcept { return input_; }

  /// From then on it is closed. `never` takes that back.
  void end_at(deadline_point deadline);
  void end_never() noexcept { cancel(); }
  bool has_expired() const noexcept { return has_expired_; }
  void close() noexcept;

  /// Where it leads, once it is open.
  const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }
  /// Whether bytes, or the peer's end, have come that nobody has read.
  bool is_readable() noexcept;
  /// For the pool: it was used before.
  bool is_reused = false;

  /// Gives it away, with what was read; this one is closed then.
  http::taken_connection release();

private:
  static void on_expired(entry& e) noexcept;
  http::tcp_socket& socket() noexcept { return tls_ ? tls_->next_layer() : socket_; }
  awaitable<error> connect(const address_lookup::endpoints& addresses);
  void count_open();
  void count_closed();

  timer_wheel& wheel_;
  gauge& open_;
  boost::asio::ip::tcp::endpoint peer_;
  http::tcp_socket socket_; // moves into the TLS stream
  std::unique_ptr<http::tls_stream> tls_;
  boost::beast::flat_buffer input_{upstream_input_bytes_max};
  std::array<boost::asio::const_buffer, 2> output_;
  bool is_counted_ = false;
  bool has_expired_ = false;
};

} // namespace latchkey::proxy

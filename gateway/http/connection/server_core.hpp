// server_core.hpp — what a server's connections share: options, counts and the list that draining
// walks through. Belongs to one reactor; other threads read nothing but the counts.
#pragma once

#include "gateway/http/connection/http_server.hpp"
#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/message/response.hpp"
#include "gateway/reactor/awaitable.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::http {

using tcp_acceptor = boost::asio::basic_socket_acceptor<tcp, reactor_executor>;
using clock_timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      reactor_executor>;

class http_connection;

/// A number that one reactor changes and any thread may read.
class reactor_count {
public:
  void operator++() noexcept { value_.store(*this + 1, std::memory_order_relaxed); }
  void operator--() noexcept { value_.store(*this - 1, std::memory_order_relaxed); }
  operator std::size_t() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::size_t> value_{0};
};

struct http_server::core : std::enable_shared_from_this<core> {
  core(boost::asio::io_context& context, timer_wheel& timers, http_server_options with)
      : io(context), wheel(timers), options(std::move(with)), date(*options.clock),
        acceptor(context), backoff(context) {}

  result<void> listen(const std::string& address, std::uint16_t port);
  void accept();
  awaitable<> accept_loop();
  awaitable<bool> accept_one();
  void on_accepted(tcp_socket socket, const tcp::endpoint& peer);
  void stop(std::function<void()> on_drained);
  void close_all();

  void add(http_connection& connection) noexcept;
  void remove(http_connection& connection) noexcept;
  void tell_if_drained();
  /// So many bytes of an answer to `connection` wait for its peer now. Over `unsent_bytes_max` the
  /// connections with most of them are closed, this one perhaps.
  void count_unsent(http_connection& connection, std::size_t bytes) noexcept;
  /// The same of what has come of a body while the rest is waited for: `unfinished_bytes_max`.
  void count_unfinished(http_connection& connection, std::size_t bytes) noexcept;

  boost::asio::io_context& io;
  timer_wheel& wheel;
  const http_server_options options;
  std::shared_ptr<boost::asio::ssl::context> tls = options.tls; // the newest; nullptr: plain HTTP
  date_cache date;
  /// What becomes of a connection. Tests put something else here.
  std::function<void(tcp_socket, const tcp::endpoint&)> take = [this](tcp_socket socket,
                                                                      const tcp::endpoint& peer) {
    on_accepted(std::move(socket), peer);
  };
  tcp_acceptor acceptor;
  clock_timer backoff; // while descriptors are exhausted
  std::uint16_t bound_port = 0;
  http_connection* first = nullptr; // of the list of connections
  std::size_t unsent_bytes = 0;     // of all of them
  std::size_t unfinished_bytes = 0;
  reactor_count connections;
  reactor_count in_flight;
  bool accepting = false;
  server_life life = server_life::serving; // only ever goes on
  std::function<void()> drained;

  bool is_stopping() const noexcept { return life != server_life::serving; }
  bool is_closed() const noexcept { return life == server_life::closed; }
};

/// Runs one connection from its first byte to its last.
awaitable<> serve(std::shared_ptr<http_server::core> core, tcp_socket socket, tcp::endpoint peer,
                  bool refuses);

} // namespace latchkey::http

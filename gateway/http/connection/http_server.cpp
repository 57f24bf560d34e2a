#include "gateway/http/connection/http_server.hpp"

#include "gateway/http/connection/http_connection.hpp"
#include "gateway/http/connection/server_core.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <sys/socket.h>

namespace latchkey::http {
namespace {

constexpr std::chrono::milliseconds exhausted_pause{100};
constexpr int backlog = 4096; // the system's own maximum caps it

bool is_exhaustion(const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::not_enough_memory || error == errc::no_buffer_space;
}

} // namespace

result<void> http_server::core::listen(const std::string& address, std::uint16_t port) {
  auto name = address + ":" + std::to_string(port);
  auto broken = [&name](const boost::system::error_code& error) {
    return fail(error_code::internal_error, {},
                "cannot listen on " + name + ": " + error.message());
  };
  boost::system::error_code error;
  auto parsed = boost::asio::ip::make_address(address, error);
  if (error) return broken(error);
  tcp::endpoint endpoint(parsed, port);
  acceptor.open(endpoint.protocol(), error);
  if (error) return broken(error);
  int on = 1;
  // TCP_NODELAY is inherited by the sockets that are accepted.
  if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
      ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
    return broken({errno, boost::system::system_category()});
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) return broken(error);
  bound_port = acceptor.local_endpoint(error).port();
  return {};
}

void http_server::core::accept() {
  accepting = true;
  boost::asio::co_spawn(
      io, [self = shared_from_this()] { return self->accept_loop(); }, boost::asio::detached);
}

/// False when there is nothing to be had at present.
awaitable<bool> http_server::core::accept_one() {
  boost::system::error_code error;
  tcp::endpoint peer;
  auto token = boost::asio::redirect_error(use_awaitable, error);
  tcp_socket socket = co_await acceptor.async_accept(peer, token);
  if (!error) take(std::move(socket), peer);
  co_return !is_exhaustion(error);
}

awaitable<> http_server::core::accept_loop() {
  auto self = shared_from_this();
  while (!is_stopping()) {
    bool goes_on = false;
    try {
      goes_on = co_await accept_one();
    } catch (const std::exception& failed) {
      // One connection is lost, not this reactor's share of all that come.
      if (options.hooks.on_accept_failed) options.hooks.on_accept_failed(failed.what());
    }
    if (goes_on || is_stopping()) continue;
    // The connection stays in the backlog; trying again at once would spin.
    boost::system::error_code ignored;
    backoff.expires_after(exhausted_pause);
    co_await backoff.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
  }
  accepting = false;
  tell_if_drained();
}

void http_server::core::on_accepted(tcp_socket socket, const tcp::endpoint& peer) {
  const auto& limits = options.limits;
  const int descriptor = socket.native_handle();
  if (is_stopping() || descriptor >= limits.descriptors_max ||
      connections >= limits.connections_max + limits.refusals_max)
    return;
  auto refuses = connections >= limits.connections_max || descriptor >= limits.descriptors_full;
  boost::asio::co_spawn(io, serve(shared_from_this(), std::move(socket), peer, refuses),
                        boost::asio::detached);
}

void http_server::core::stop(std::function<void()> on_drained) {
  drained = std::move(on_drained);
  life = std::max(life, server_life::stopping);
  boost::system::error_code ignored;
  acceptor.close(ignored);
  backoff.cancel();
  for (auto* connection = first; connection; connection = connection->next)
    connection->drain();
  tell_if_drained();
}

void http_server::core::close_all() {
  life = server_life::closed;
  for (auto* connection = first; connection; connection = connection->next)
    connection->close_socket();
}

void http_server::core::add(http_connection& connection) noexcept {
  connection.next = first;
  if (first) first->previous = &connection;
  first = &connection;
  ++connections;
}

namespace {

/// Closes the connections that hold most of a kind, until all together hold no more than `max`.
void close_those_with_most(http_connection* first, std::size_t http_connection::*own,
                           std::size_t& all, std::size_t max,
                           const std::function<void(std::string_view)>& on_closed) {
  while (all > max) {
    auto* most = first;
    for (auto* other = first; other; other = other->next)
      if (other->*own > most->*own) most = other;
    all -= std::exchange(most->*own, 0);
    if (on_closed) on_closed(most->peer_address());
    most->close_socket();
  }
}

} // namespace

void http_server::core::count_unsent(http_connection& connection, std::size_t bytes) noexcept {
  unsent_bytes = unsent_bytes - connection.unsent_bytes + bytes;
  connection.unsent_bytes = bytes;
  close_those_with_most(first, &http_connection::unsent_bytes, unsent_bytes,
                        options.limits.unsent_bytes_max, options.hooks.on_unread);
}

void http_server::core::count_unfinished(http_connection& connection, std::size_t bytes) noexcept {
  unfinished_bytes = unfinished_bytes - connection.unfinished_bytes + bytes;
  connection.unfinished_bytes = bytes;
  close_those_with_most(first, &http_connection::unfinished_bytes, unfinished_bytes,
                        options.limits.unfinished_bytes_max, options.hooks.on_unfinished);
}

void http_server::core::remove(http_connection& connection) noexcept {
  unsent_bytes -= connection.unsent_bytes;
  unfinished_bytes -= connection.unfinished_bytes;
  if (connection.previous) connection.previous->next = connection.next;
  if (connection.next) connection.next->previous = connection.previous;
  if (first == &connection) first = connection.next;
  --connections;
  tell_if_drained();
}

void http_server::core::tell_if_drained() {
  if (!is_stopping() || accepting || connections > 0 || !drained) return;
  boost::asio::post(io, std::exchange(drained, {}));
}

awaitable<> serve(std::shared_ptr<http_server::core> core, tcp_socket socket, tcp::endpoint peer,
                  bool refuses) {
  http_connection connection(std::move(core), std::move(socket), peer, refuses);
  co_await connection.run();
}

http_server::http_server(boost::asio::io_context& io, timer_wheel& wheel,
                         http_server_options options)
    : core_(std::make_shared<core>(io, wheel, std::move(options))) {}

http_server::~http_server() {
  core_->stop({});
  core_->close_all();
}

result<void> http_server::listen(const std::string& address, std::uint16_t port) {
  return core_->listen(address, port);
}

void http_server::accept() {
  core_->accept();
}

std::uint16_t http_server::port() const noexcept {
  return core_->bound_port;
}

void http_server::use_tls(std::shared_ptr<boost::asio::ssl::context> tls) {
  core_->tls = std::move(tls);
}

void http_server::stop(std::function<void()> drained) {
  core_->stop(std::move(drained));
}

void http_server::close_all() {
  core_->close_all();
}

std::size_t http_server::connections() const noexcept {
  return core_->connections;
}

std::size_t http_server::in_flight() const noexcept {
  return core_->in_flight;
}

} // namespace latchkey::http

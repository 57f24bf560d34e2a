#include "gateway/proxy/upstream/upstream_connection.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <poll.h>
#include <string>
#include <utility>

namespace latchkey::proxy {
namespace {

namespace asio = boost::asio;

bool is_address(const std::string& host) {
  boost::system::error_code is_name;
  asio::ip::make_address(host, is_name);
  return !is_name;
}

} // namespace

upstream_connection::upstream_connection(asio::io_context& io, timer_wheel& wheel, gauge& open)
    : entry(&upstream_connection::on_expired), wheel_(wheel), open_(open), socket_(io) {}

upstream_connection::~upstream_connection() {
  close();
}

void upstream_connection::on_expired(entry& e) noexcept {
  auto& self = static_cast<upstream_connection&>(e);
  self.has_expired_ = true;
  self.close();
}

void upstream_connection::close() noexcept {
  error ignored;
  socket().close(ignored);
  cancel();
  count_closed();
}

void upstream_connection::count_open() {
  if (!std::exchange(is_counted_, true)) open_.add(1);
}

void upstream_connection::count_closed() {
  if (std::exchange(is_counted_, false)) open_.add(-1);
}

void upstream_connection::end_at(deadline_point deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  wheel_.schedule(*this, std::max(left, deadline_point::duration::zero()));
}

awaitable<upstream_connection::error>
upstream_connection::connect(const address_lookup::endpoints& addresses) {
  error last = asio::error::host_not_found;
  for (const auto& address : addresses) {
    if (has_expired_) break;
    error ignored;
    socket_.close(ignored);
    auto token = asio::redirect_error(use_awaitable, last);
    co_await socket_.async_connect(address, token);
    peer_ = address;
    if (!last) break;
  }
  if (has_expired_) last = asio::error::timed_out;
  co_return last;
}

awaitable<upstream_connection::error>
upstream_connection::open(const address_lookup::endpoints& addresses, const upstream& target,
                          asio::ssl::context* tls) {
  error failed = co_await connect(addresses);
  if (failed) co_return failed;
  count_open();
  error ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (tls == nullptr) co_return failed;
  tls_ = std::make_unique<http::tls_stream>(std::move(socket_), *tls);
  tls_->set_verify_callback(asio::ssl::host_name_verification(target.host), failed);
  if (!failed && !is_address(target.host) &&
      SSL_set_tlsext_host_name(tls_->native_handle(), target.host.c_str()) != 1)
    failed = asio::error::invalid_argument;
  if (failed) co_return failed;
  auto token = asio::redirect_error(use_awaitable, failed);
  co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
  co_return failed;
}

awaitable<upstream_connection::error> upstream_connection::write(std::string_view first,
                                                                 std::string_view second) {
  error failed;
  output_[0] = asio::buffer(first.data(), first.size());
  output_[1] = asio::buffer(second.data(), second.size());
  auto token = asio::redirect_error(use_awaitable, failed);
  if (tls_)
    co_await asio::async_write(*tls_, output_, token);
  else
    co_await asio::async_write(socket_, output_, token);
  co_return failed;
}

awaitable<upstream_connection::error> upstream_connection::read() {
  error failed;
  const auto free = input_.max_size() - input_.size();
  if (free == 0) co_return asio::error::no_buffer_space;
  // What is quiet holds little; what has begun to talk is read in larger pieces.
  constexpr std::size_t quiet_bytes = 2048;
  const auto wanted = input_.capacity() == 0 ? quiet_bytes : upstream_read_bytes;
  const auto room = input_.prepare(std::min(free, wanted));
  auto token = asio::redirect_error(use_awaitable, failed);
  std::size_t count = 0;
  if (tls_)
    count = co_await tls_->async_read_some(room, token);
  else
    count = co_await socket_.async_read_some(room, token);
  input_.commit(count);
  co_return failed;
}

bool upstream_connection::is_readable() noexcept {
  if (input_.size() > 0) return true;
  pollfd peer{socket().native_handle(), POLLIN | POLLRDHUP, 0};
  return ::poll(&peer, 1, 0) != 0;
}

http::taken_connection upstream_connection::release() {
  cancel();
  count_closed();
  const auto rest = input_.data();
  std::string received{static_cast<const char*>(rest.data()), rest.size()};
  error ignored;
  const auto peer = socket().remote_endpoint(ignored);
  return {std::move(socket_), std::move(tls_), std::move(received), peer.address().to_string()};
}

} // namespace latchkey::proxy

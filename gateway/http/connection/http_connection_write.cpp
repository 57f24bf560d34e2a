// http_connection_write.cpp — answers out: at once when the socket takes them, else under a
// deadline; and an end that lets the peer read the last one.
#include "gateway/http/connection/http_connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

namespace latchkey::http {
namespace {

constexpr std::size_t kept_output_bytes_max = std::size_t{4} * 1024;

} // namespace

/// True when nothing is left to write. Errors come out of write_rest().
bool http_connection::write_now() {
  if (output_.empty()) return true;
  if (tls_) return false;
  boost::system::error_code error;
  while (sent_ < output_.size() && !error)
    sent_ += socket_.write_some(boost::asio::buffer(output_.data() + sent_, output_.size() - sent_),
                                error);
  if (sent_ < output_.size()) return false;
  drop_output();
  return true;
}

/// Once all of it is written.
void http_connection::drop_output() {
  sent_ = 0;
  output_.clear();
  if (output_.capacity() > kept_output_bytes_max) std::string{}.swap(output_);
}

/// A peer that was too slow to ask has its one span already, see on_read_failed().
void http_connection::enter_last(phase next_phase, timer_wheel::clock::duration at_most) {
  if (timed_out_)
    phase_ = next_phase;
  else
    enter(next_phase, at_most);
}

/// False: the peer has gone or was too slow.
awaitable<bool> http_connection::write_rest() {
  enter_last(phase::sending, core_->options.limits.send_max);
  core_->count_unsent(*this, output_.size() - sent_);
  boost::system::error_code error;
  auto rest = boost::asio::buffer(output_.data() + sent_, output_.size() - sent_);
  if (tls_)
    co_await boost::asio::async_write(*tls_, rest,
                                      boost::asio::redirect_error(use_awaitable, error));
  else
    co_await boost::asio::async_write(socket_, rest,
                                      boost::asio::redirect_error(use_awaitable, error));
  core_->count_unsent(*this, 0);
  if (error) co_return false;
  if (!timed_out_) cancel();
  phase_ = phase::handling;
  drop_output();
  co_return true;
}

awaitable<bool> http_connection::flush() {
  if (write_now()) co_return true;
  co_return co_await write_rest();
}

/// A socket closed over unread input resets the connection, and the peer may lose the last
/// answer with it. So: say the end, and read on until the peer has said it too, for a while.
awaitable<> http_connection::linger() {
  enter_last(phase::lingering, core_->options.limits.linger_max);
  boost::system::error_code error;
  if (tls_) co_await tls_->async_shutdown(boost::asio::redirect_error(use_awaitable, error));
  socket().shutdown(tcp_socket::shutdown_send, error);
  std::size_t dropped = 0;
  while (!error && dropped < core_->options.limits.linger_bytes_max) {
    input_.consume(input_.data().size());
    auto room = input_.prepare(input_buffer::bytes_max);
    auto buffer = boost::asio::buffer(room.data, room.size);
    dropped += co_await socket().async_read_some(buffer,
                                                 boost::asio::redirect_error(use_awaitable, error));
  }
}

} // namespace latchkey::http

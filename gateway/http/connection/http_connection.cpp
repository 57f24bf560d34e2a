#include "gateway/http/connection/http_connection.hpp"

#include "gateway/http/body/body_stream.hpp"
#include "gateway/http/body/incoming_body.hpp"
#include "gateway/http/connection/tls.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace latchkey::http {

http_connection::http_connection(std::shared_ptr<http_server::core> core, tcp_socket socket,
                                 const tcp::endpoint& peer, bool refuses)
    : entry(&http_connection::on_expired), core_(std::move(core)), socket_(std::move(socket)),
      peer_address_(peer.address().to_string()), parser_(core_->options.limits), refuses_(refuses) {
  if (core_->tls) tls_ = std::make_unique<tls_stream>(std::move(socket_), *core_->tls);
  parser_.in().peer_address = peer_address_;
  parser_.in().is_tls = tls_ != nullptr;
  core_->add(*this);
}

http_connection::~http_connection() {
  if (body_) body_->detach(); // the reactor ends around both
  core_->remove(*this);
}

void http_connection::drain() noexcept {
  auto waits = phase_ == phase::idle || phase_ == phase::receiving || phase_ == phase::handshaking;
  if (waits && !has_begun_) close_socket();
}

void http_connection::close_socket() noexcept {
  boost::system::error_code ignored;
  // Where nothing of an answer is under way the end is an orderly one.
  const bool waits = phase_ == phase::idle || (phase_ == phase::receiving && !has_begun_);
  if (tls_ && waits) send_close_notify(*tls_);
  socket().close(ignored);
  if (stream_) stream_->cancel();
}

void http_connection::enter(phase next_phase, timer_wheel::clock::duration at_most) {
  phase_ = next_phase;
  core_->wheel.schedule(*this, at_most);
}

void http_connection::on_expired(timer_wheel::entry& e) noexcept {
  auto& self = static_cast<http_connection&>(e);
  if (self.phase_ == phase::handling) return;                // a handler has its own deadline
  if (self.phase_ == phase::streaming && !self.has_gone()) { // so has a source
    self.enter(phase::streaming, self.core_->options.limits.stream_check);
    return;
  }
  if (self.phase_ != phase::receiving) {
    self.close_socket();
    return;
  }
  // The coroutine says 408 before it ends.
  self.timed_out_ = true;
  boost::system::error_code ignored;
  self.socket().cancel(ignored);
  // TLS that has just read a part of what it needs reads anew.
  self.enter(phase::receiving, timer_wheel::clock::duration::zero());
}

awaitable<> http_connection::run() {
  boost::system::error_code ignored;
  socket().non_blocking(true, ignored);
  // The handshake and the first request are on one clock.
  enter(tls_ ? phase::handshaking : phase::receiving, core_->options.limits.receive_max);
  if (tls_) {
    if (!co_await handshake()) co_return;
    phase_ = phase::receiving;
  }
  co_await converse();
}

awaitable<bool> http_connection::handshake() {
  boost::system::error_code error;
  co_await tls_->async_handshake(boost::asio::ssl::stream_base::server,
                                 boost::asio::redirect_error(use_awaitable, error));
  co_return !error;
}

/// Requests in, answers out, until one side has had enough.
awaitable<> http_connection::converse() {
  // No switch: g++ 12 loses its way when a coroutine suspends inside one.
  bool is_alive = true;
  while (keep_alive_ && is_alive && !core_->is_closed()) {
    auto step = parse();
    if (step == received::ready) {
      is_alive = co_await answer_request();
      if (is_alive && output_.size() >= core_->options.limits.coalesced_output_bytes_max)
        is_alive = co_await flush();
    } else if (step == received::need_more) {
      if (!write_now()) is_alive = co_await write_rest();
      if (core_->is_stopping() && !has_begun_) is_alive = false;
      if (is_alive) is_alive = co_await fill();
    } else if (step == received::wants_continue) {
      is_continued_ = true;
      output_.append("HTTP/1.1 100 Continue\r\n\r\n");
    } else {
      answer_refusal(parser_.refusal());
    }
  }
  if (!is_alive || core_->is_closed()) co_return;
  is_alive = co_await flush();
  if (is_alive) co_await linger();
}

/// Reads what there is, under the deadline of the phase. False: the connection is over.
awaitable<bool> http_connection::fill() {
  boost::system::error_code error;
  auto missing = std::min<std::uint64_t>(parser_.body_bytes_missing(), input_buffer::bytes_max);
  auto room = input_.prepare(static_cast<std::size_t>(missing));
  if (room.size == 0) co_return false; // limits larger than the buffer's own
  await_bytes();
  core_->count_unfinished(*this, reads_body_ ? parser_.body_bytes_held() : 0);
  const std::size_t count = co_await read_some(room, error);
  core_->count_unfinished(*this, 0);
  input_.commit(count);
  if (error || timed_out_) co_return on_read_failed();
  has_begun_ = true;
  co_return true;
}

awaitable<std::size_t> http_connection::read_some(input_buffer::room room,
                                                  boost::system::error_code& error) {
  auto buffer = boost::asio::buffer(room.data, room.size);
  auto token = boost::asio::redirect_error(use_awaitable, error);
  return tls_ ? tls_->async_read_some(buffer, token) : socket_.async_read_some(buffer, token);
}

/// A new connection's first request has been on the clock since it was accepted, a later
/// one's is from its first byte.
void http_connection::await_bytes() {
  if (phase_ == phase::receiving) return;
  if (has_begun_)
    enter(phase::receiving, core_->options.limits.receive_max);
  else
    enter(phase::idle, core_->options.limits.idle_max);
}

/// Whether there is anything left to say.
bool http_connection::on_read_failed() {
  if (!timed_out_ || !has_begun_ || core_->is_closed()) return false;
  answer_refusal(error_code::request_timeout);
  // One span for the 408 and for the peer to read it.
  enter(phase::sending, core_->options.limits.linger_max);
  return true;
}

http_connection::received http_connection::parse() {
  auto step = progress::need_more;
  std::size_t used = 0;
  if (!reads_body_) {
    step = parser_.read_header(input_.data(), used);
    input_.consume(used);
    if (step == progress::need_more) return received::need_more;
    if (step == progress::complete) step = begin_body();
  }
  if (step == progress::need_more && reads_body_) {
    step = parser_.read_body(input_.data(), used);
    input_.consume(used);
    if (step == progress::complete) reads_body_ = false;
  }
  if (step == progress::complete) return received::ready;
  if (step == progress::refused) return received::refused;
  auto asks = parser_.in().expects_continue && !is_continued_ && input_.empty();
  return asks ? received::wants_continue : received::need_more;
}

/// Routes as soon as the headers are there, since the route may limit the body, or read it
/// itself. A client that asks before it sends is told at once when nothing will take its body.
progress http_connection::begin_body() {
  auto& in = parser_.in();
  in.received_at = std::chrono::steady_clock::now();
  match_ = core_->options.routes->find(in.method, in.path);
  auto bytes_max = core_->options.limits.body_bytes_max;
  if (match_.found && match_.found->body_bytes_max > 0) bytes_max = match_.found->body_bytes_max;
  const bool is_streamed = match_.found && match_.found->streams_body;
  auto step = parser_.begin_body(bytes_max, is_streamed);
  reads_body_ = step == progress::need_more;
  auto is_refused = !match_.found && in.method != method::options;
  if (reads_body_ && (is_streamed || (in.expects_continue && is_refused)))
    return progress::complete;
  return step;
}

} // namespace latchkey::http

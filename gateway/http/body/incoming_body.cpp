#include "gateway/http/body/incoming_body.hpp"

#include "gateway/http/connection/http_connection.hpp"
#include "gateway/http/message/error_body.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace latchkey::http {
namespace {

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

[[noreturn]] void throw_aborted() {
  throw boost::system::system_error(boost::asio::error::operation_aborted);
}

} // namespace

/// While the client is waited for, on the clock.
class incoming_body::question {
public:
  explicit question(incoming_body& body) : body_(body), began_at_(timer_wheel::clock::now()) {
    const auto& core = *body.connection_->core_;
    if (body.counted_ >= input_buffer::bytes_max) {
      body.counted_ = 0;
      body.patience_ = core.options.limits.receive_max;
    }
    body.waits_ = waiting::for_client;
    core.wheel.schedule(body, std::max(body.patience_, timer_wheel::clock::duration::zero()));
  }
  question(const question&) = delete;
  question& operator=(const question&) = delete;
  ~question() {
    body_.cancel();
    body_.patience_ -= timer_wheel::clock::now() - began_at_;
    body_.waits_ = waiting::none;
    body_.wake_.cancel();
  }

private:
  incoming_body& body_;
  timer_wheel::clock::time_point began_at_;
};

incoming_body::incoming_body(http_connection& connection)
    : entry(&incoming_body::on_expired), connection_(&connection),
      size_(connection.parser_.body_size()),
      wake_(connection.core_->io, clock_timer::time_point::max()),
      patience_(connection.core_->options.limits.receive_max) {}

awaitable<result<std::string_view>> incoming_body::next() {
  const auto kept = shared_from_this(); // the asker's connection may go meanwhile
  result<std::string_view> given = std::string_view{};
  if (is_asked()) throw_aborted();
  piece_.clear();
  while (true) {
    if (is_over_ || connection_->core_->is_closed()) throw_aborted();
    const auto step = take();
    if (!piece_.empty() || step != progress::need_more) break;
    co_await fill();
  }
  if (piece_.empty() && refusal_ != error_code::none)
    given = fail(refusal_of(refusal_));
  else
    given = std::string_view(piece_);
  co_return given;
}

/// Out of what has been read from the connection.
progress incoming_body::take() {
  if (refusal_ != error_code::none) return progress::refused;
  if (!connection_->reads_body_) return progress::complete;
  std::size_t used = 0;
  const auto step = connection_->parser_.read_piece(connection_->input_.data(), piece_, used);
  connection_->input_.consume(used);
  if (step == progress::complete) connection_->reads_body_ = false;
  if (step == progress::refused) refusal_ = connection_->parser_.refusal();
  return step;
}

awaitable<> incoming_body::fill() {
  auto& connection = *connection_;
  const question asked(*this);
  const bool is_awaited = connection.parser_.in().expects_continue && !connection.is_continued_ &&
                          connection.input_.empty() && !has_answer_;
  if (is_awaited) co_await say_continue();
  const auto missing =
      std::min<std::uint64_t>(connection.parser_.body_bytes_missing(), input_buffer::bytes_max);
  const auto room = connection.input_.prepare(static_cast<std::size_t>(missing));
  boost::system::error_code error;
  const auto count = co_await connection.read_some(room, error);
  connection.input_.commit(count);
  counted_ += count;
  if (timed_out_)
    refusal_ = error_code::request_timeout;
  else if (error == boost::asio::error::operation_aborted)
    throw_aborted();
  else if (error || count == 0) // 0: limits larger than the buffer's own
    refusal_ = error_code::bad_request;
}

awaitable<> incoming_body::say_continue() {
  auto& connection = *connection_;
  connection.is_continued_ = true;
  waits_ = waiting::for_continue;
  boost::system::error_code error;
  const auto line = boost::asio::buffer(continue_line);
  auto token = boost::asio::redirect_error(use_awaitable, error);
  if (connection.tls_)
    co_await boost::asio::async_write(*connection.tls_, line, token);
  else
    co_await boost::asio::async_write(connection.socket_, line, token);
  if (error) connection.close_socket(); // nothing can be sent after half a line
  waits_ = waiting::for_client;
  wake_.cancel();
}

awaitable<> incoming_body::begin_answer() {
  has_answer_ = true;
  while (is_continuing())
    co_await wait();
}

awaitable<> incoming_body::end() {
  is_over_ = true;
  if (is_asked()) give_up();
  while (is_asked())
    co_await wait();
  connection_ = nullptr;
}

void incoming_body::detach() noexcept {
  is_over_ = true;
  connection_ = nullptr;
  cancel();
}

awaitable<> incoming_body::wait() {
  boost::system::error_code ignored;
  co_await wake_.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
}

void incoming_body::on_expired(timer_wheel::entry& e) noexcept {
  auto& self = static_cast<incoming_body&>(e);
  if (!self.is_over_) self.timed_out_ = true;
  self.give_up();
}

/// Lets the question end without an answer; again and again, since TLS that has just read a part
/// of what it needs reads anew.
void incoming_body::give_up() noexcept {
  boost::system::error_code ignored;
  // The client can get another answer only while it has none.
  if (!is_over_ && (has_answer_ || is_continuing()))
    connection_->close_socket();
  else
    connection_->socket().cancel(ignored);
  connection_->core_->wheel.schedule(*this, timer_wheel::clock::duration::zero());
}

} // namespace latchkey::http

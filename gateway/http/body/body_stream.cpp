#include "gateway/http/body/body_stream.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/redirect_error.hpp>
#include <charconv>
#include <exception>

namespace latchkey::http {

body_stream::body_stream(boost::asio::io_context& io, std::unique_ptr<body_source> source,
                         body_framing framing, std::shared_ptr<const void> kept)
    : io_(io), kept_(std::move(kept)), source_(std::move(source)),
      wake_(io, clock_timer::time_point::max()), framing_(framing) {
  if (framing_ == body_framing::counted) remaining_ = source_->size().value_or(0);
}

void body_stream::ask() {
  has_given_ = false;
  // Given only now, when nothing of that coroutine is left: it looks at the signal to its end.
  auto done = [self = shared_from_this()](const std::exception_ptr&) {
    self->has_given_ = true;
    self->wake_.cancel();
  };
  boost::asio::co_spawn(io_, pull(),
                        boost::asio::bind_cancellation_slot(stop_.slot(), std::move(done)));
}

awaitable<> body_stream::pull() {
  piece_ = fail(error_code::internal_error);
  try {
    auto next = source_->next();
    piece_ = co_await std::move(next);
  } catch (const std::exception& error) {
    exception_ = error.what();
  } catch (...) {
    exception_ = "not a std::exception";
  }
}

awaitable<> body_stream::wait() {
  boost::system::error_code ignored;
  co_await wake_.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
}

void body_stream::cancel() {
  // On the reactor, where it is at once; and never after this has gone.
  boost::asio::dispatch(io_, [self = shared_from_this()] {
    if (!self->has_given_) self->stop_.emit(boost::asio::cancellation_type::terminal);
  });
  wake_.cancel();
}

bool body_stream::is_broken() const noexcept {
  if (!piece_) return true;
  if (framing_ != body_framing::counted) return false;
  return piece_->empty() ? remaining_ > 0 : piece_->size() > remaining_;
}

const body_stream::buffers& body_stream::frame() {
  buffers_ = {};
  buffers_[1] = boost::asio::buffer(piece_->data(), piece_->size());
  if (framing_ == body_framing::counted) remaining_ -= piece_->size();
  if (framing_ != body_framing::chunked) return buffers_;
  auto* begin = chunk_line_.data();
  auto* end = std::to_chars(begin, begin + chunk_line_.size() - 2, piece_->size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  buffers_[0] = boost::asio::buffer(begin, static_cast<std::size_t>(end - begin));
  buffers_[2] = boost::asio::buffer("\r\n", 2);
  return buffers_;
}

std::string_view body_stream::trailer() const noexcept {
  return framing_ == body_framing::chunked ? "0\r\n\r\n" : "";
}

} // namespace latchkey::http

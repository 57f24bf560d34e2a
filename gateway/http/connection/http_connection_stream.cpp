// http_connection_stream.cpp — answers that are more than a text: a body that comes piece by
// piece, and a connection that somebody else goes on with.
#include "gateway/http/body/body_stream.hpp"
#include "gateway/http/connection/http_connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <exception>
#include <poll.h>

namespace latchkey::http {
namespace {

/// Sets a pointer to what lives shorter than the pointer.
template <class T>
class borrowed {
public:
  borrowed(T*& pointer, T& target) noexcept : pointer_(pointer) { pointer_ = &target; }
  borrowed(const borrowed&) = delete;
  borrowed& operator=(const borrowed&) = delete;
  ~borrowed() { pointer_ = nullptr; }

private:
  T*& pointer_;
};

} // namespace

/// What follows the head. False: this connection is over.
awaitable<bool> http_connection::go_on(const exchange& x, response& answer, body_framing framing) {
  bool is_alive = co_await flush();
  if (!is_alive || core_->is_closed()) co_return false;
  if (answer.taken_by) {
    hand_over(x, std::move(answer.taken_by));
    co_return false;
  }
  auto body = std::make_shared<body_stream>(core_->io, std::move(answer.source), framing, body_);
  const borrowed kept(stream_, *body);
  while (is_alive) {
    is_alive = co_await await_piece(*body);
    if (!is_alive || body->is_end() || body->is_broken()) break;
    is_alive = co_await write_piece(*body);
  }
  if (!is_alive) co_return false;
  if (body->is_broken()) co_return break_off(x, *body, framing);
  output_.append(body->trailer());
  co_return true;
}

/// The source may take as long as it likes; the peer is looked at meanwhile.
awaitable<bool> http_connection::await_piece(body_stream& body) {
  enter(phase::streaming, core_->options.limits.stream_check);
  body.ask();
  while (!body.has_given() && !core_->is_closed())
    co_await body.wait();
  cancel();
  phase_ = phase::handling;
  co_return !core_->is_closed() && socket().is_open();
}

awaitable<bool> http_connection::write_piece(body_stream& body) {
  enter(phase::sending, core_->options.limits.send_max);
  boost::system::error_code error;
  // Never at once: a quick source and a quick peer must not keep the reactor to themselves.
  const auto& bytes = body.frame();
  if (body.owns_pieces()) core_->count_unsent(*this, boost::asio::buffer_size(bytes));
  if (tls_)
    co_await boost::asio::async_write(*tls_, bytes,
                                      boost::asio::redirect_error(use_awaitable, error));
  else
    co_await boost::asio::async_write(socket_, bytes,
                                      boost::asio::redirect_error(use_awaitable, error));
  core_->count_unsent(*this, 0);
  cancel();
  phase_ = phase::handling;
  co_return !error && !core_->is_closed();
}

/// The source has failed after the head: the client must not take what it has for the whole.
bool http_connection::break_off(const exchange& x, const body_stream& body, body_framing framing) {
  if (!body.exception().empty()) on_exception(x, body.exception());
  keep_alive_ = false;
  if (framing != body_framing::until_close) return true; // the length or the last chunk is missing
  // An orderly end would be the body's.
  boost::system::error_code ignored;
  socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
  close_socket();
  return false;
}

/// The peer has reset the connection or ended what it sends. Bytes that were not read yet,
/// encrypted ones too, may still lie before that end.
bool http_connection::has_gone() const noexcept {
  auto& open = const_cast<tcp_socket&>(socket()); // whose handle is not const
  pollfd peer{open.native_handle(), POLLRDHUP, 0};
  return ::poll(&peer, 1, 0) == 1;
}

void http_connection::hand_over(const exchange& x, takeover taken_by) {
  cancel();
  taken_connection given{std::move(socket_), std::move(tls_), std::string(input_.data()),
                         peer_address_};
  try {
    taken_by(std::move(given));
  } catch (const std::exception& error) {
    on_exception(x, error.what());
  } catch (...) {
    on_exception(x, "not a std::exception");
  }
}

} // namespace latchkey::http

#include "gateway/proxy/upstream/read_ahead.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

namespace latchkey::proxy {

read_ahead::read_ahead(boost::asio::io_context& io, http::request_body& body)
    : io_(io), body_(body.shared_from_this()), wake_(io) {}

/// Asks for the next piece, in a coroutine of its own.
void read_ahead::ask() {
  is_asked_ = true;
  auto self = std::static_pointer_cast<read_ahead>(shared_from_this());
  boost::asio::co_spawn(
      io_, [self]() -> awaitable<> { co_await self->pull(); }, boost::asio::detached);
}

awaitable<> read_ahead::pull() {
  try {
    const auto piece = co_await body_->next();
    if (!piece) {
      source_ = source::is_wrong;
      wrong_ = piece.error();
    } else if (piece->empty()) {
      source_ = source::has_ended;
    } else {
      held_.append(*piece);
    }
  } catch (const std::exception&) {
    source_ = source::is_aborted;
  }
  is_asked_ = false;
  wake_.cancel();
}

awaitable<> read_ahead::wait(deadline_point deadline) {
  boost::system::error_code ignored;
  wake_.expires_at(deadline);
  if (is_asked_) co_await wake_.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
}

void read_ahead::throw_if_aborted() const {
  if (source_ == source::is_aborted)
    throw boost::system::system_error(boost::asio::error::operation_aborted);
}

awaitable<result<bool>> read_ahead::gather(std::size_t bytes_max, deadline_point deadline) {
  while (source_ == source::has_more && held_.size() <= bytes_max) {
    if (!is_asked_) ask();
    co_await wait(deadline);
    throw_if_aborted();
    if (is_asked_ && std::chrono::steady_clock::now() >= deadline) break;
  }
  if (source_ == source::is_wrong) co_return fail(wrong_);
  co_return source_ == source::has_ended&& held_.size() <= bytes_max;
}

awaitable<result<std::string_view>> read_ahead::next() {
  result<std::string_view> given = std::string_view{};
  while (held_.empty() && source_ == source::has_more) {
    throw_if_aborted();
    if (!is_asked_) ask();
    co_await wait(deadline_point::max());
  }
  throw_if_aborted();
  if (held_.empty() && source_ == source::is_wrong) {
    given = fail(wrong_);
    co_return given;
  }
  given_ = std::exchange(held_, {});
  given = std::string_view{given_};
  co_return given;
}

} // namespace latchkey::proxy

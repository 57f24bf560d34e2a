// turn_queue.hpp — coroutines of one reactor that wait for a turn, in order, each up to a
// deadline; private to the proxy.
#pragma once

#include "gateway/http/connection/server_core.hpp"
#include "gateway/reactor/awaitable.hpp"

#include <boost/asio/redirect_error.hpp>
#include <chrono>
#include <cstddef>
#include <list>

namespace latchkey::proxy {

class turn_queue {
public:
  /// One that waits. Made, waited with, and gone before the queue is.
  class place {
  public:
    place(turn_queue& owner, boost::asio::io_context& io) : owner_(owner), timer_(io) {
      at_ = owner_.places_.insert(owner_.places_.end(), this);
    }
    ~place() {
      if (!was_called_) owner_.places_.erase(at_);
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// Whether it was called before the deadline.
    awaitable<bool> wait_until(std::chrono::steady_clock::time_point deadline) {
      boost::system::error_code ignored;
      timer_.expires_at(deadline);
      if (!was_called_)
        co_await timer_.async_wait(boost::asio::redirect_error(use_awaitable, ignored));
      co_return was_called_;
    }
    bool was_called() const noexcept { return was_called_; }

  private:
    friend class turn_queue;
    turn_queue& owner_;
    http::clock_timer timer_;
    std::list<place*>::iterator at_;
    bool was_called_ = false;
  };

  bool empty() const noexcept { return places_.empty(); }
  /// Whoever has waited longest; nobody may wait.
  place* first() const noexcept { return places_.empty() ? nullptr : places_.front(); }
  void call(place& one) {
    places_.erase(one.at_);
    one.was_called_ = true;
    one.timer_.cancel();
  }
  void call_all() {
    while (auto* one = first())
      call(*one);
  }

private:
  std::list<place*> places_;
};

} // namespace latchkey::proxy

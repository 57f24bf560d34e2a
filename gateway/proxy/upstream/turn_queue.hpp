// turn_queue.hpp — coroutines of one reactor that wait for their turn, in order, each up to a
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
  /// The slot of one coroutine that waits. The queue must outlive it.
  class slot {
  public:
    slot(turn_queue& owner, boost::asio::io_context& io) : owner_(owner), timer_(io) {
      at_ = owner_.slots_.insert(owner_.slots_.end(), this);
    }
    ~slot() {
      if (!was_called_) owner_.slots_.erase(at_);
    }
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;

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
    std::list<slot*>::iterator at_;
    bool was_called_ = false;
  };

  bool empty() const noexcept { return slots_.empty(); }
  /// The slot that has waited longest; nullptr when none waits.
  slot* first() const noexcept { return slots_.empty() ? nullptr : slots_.front(); }
  void call(slot& waiting) {
    slots_.erase(waiting.at_);
    waiting.was_called_ = true;
    waiting.timer_.cancel();
  }
  void call_all() {
    while (auto* waiting = first())
      call(*waiting);
  }

private:
  std::list<slot*> slots_;
};

} // namespace latchkey::proxy

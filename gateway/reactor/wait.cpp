#include "gateway/reactor/wait.hpp"

#include <boost/asio/async_result.hpp>
#include <caf/make_counted.hpp>
#include <optional>
#include <utility>

namespace latchkey::gateway {
namespace {

template <class Handler>
class waiting_coroutine final : public waiter, private timer_wheel::entry {
public:
  explicit waiting_coroutine(Handler handler)
      : entry(&waiting_coroutine::on_deadline), handler_(std::move(handler)) {}

  void wait_until(timer_wheel& timers, std::chrono::steady_clock::time_point deadline) {
    timers.schedule(*this, deadline - std::chrono::steady_clock::now());
  }
  bool is_waiting() const noexcept override { return handler_.has_value(); }
  void finish() override {
    if (!handler_) return;
    cancel();
    auto handler = std::move(*handler_);
    handler_.reset();
    std::move(handler)();
  }

private:
  static void on_deadline(entry& e) noexcept {
    // The coroutine that continues may let go of the last reference.
    const waiter_ptr keep{&static_cast<waiting_coroutine&>(e)};
    keep->finish();
  }

  std::optional<Handler> handler_;
};

} // namespace

awaitable<> wait_for(timer_wheel& timers, std::chrono::steady_clock::time_point deadline,
                     const wait_start& start) {
  auto begin = [&timers, &start, deadline](auto handler) {
    using coroutine = waiting_coroutine<decltype(handler)>;
    const auto waiting = caf::make_counted<coroutine>(std::move(handler));
    if (!start(waiting)) return;
    if (waiting->is_waiting()) waiting->wait_until(timers, deadline);
  };
  using token = decltype(use_awaitable);
  return boost::asio::async_initiate<token, void()>(begin, use_awaitable);
}

} // namespace latchkey::gateway

// wait.hpp — a coroutine of a reactor waits until somebody says so, or until its deadline.
#pragma once

#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <caf/intrusive_ptr.hpp>
#include <caf/ref_counted.hpp>
#include <chrono>
#include <functional>

namespace latchkey::gateway {

/// A coroutine that waits. Whoever will end the wait holds it; when the last lets go of it before,
/// the coroutine is destroyed.
class waiter : public caf::ref_counted {
public:
  /// Whether the coroutine still waits: neither was it continued nor has its deadline passed.
  virtual bool is_waiting() const noexcept = 0;
  /// Continues it, unless it waits no more. The caller's other work comes before: the coroutine may
  /// destroy what it has started.
  virtual void finish() = 0;
};
using waiter_ptr = caf::intrusive_ptr<waiter>;
/// Passes the waiter on to whoever will end the wait. False: nobody will.
using wait_start = std::function<bool(const waiter_ptr&)>;

/// Calls `start` and comes back when the wait was ended or `deadline` has passed. When `start`
/// returns false the coroutine is destroyed. `start` has to outlive the wait.
awaitable<> wait_for(timer_wheel& timers, std::chrono::steady_clock::time_point deadline,
                     const wait_start& start);

} // namespace latchkey::gateway

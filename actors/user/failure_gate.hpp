// failure_gate.hpp — how many wrong secrets of an account are compared in a window: exactly as
// many as its limit says, however many come at once.
//
// One is taken from the limit before each comparison and stays taken when the secret was wrong.
// When none is left while some are still being compared, the next ones wait, for one of those
// may be right; when none is left and none is being compared, the account is locked and nothing
// is compared. The limiter keeps the windows, so an actor that leaves memory forgets none. Where
// several nodes share them, the failures and the comparisons of all count.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"

#include <caf/scheduled_actor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace latchkey {

/// Wrong secrets since the last right one, whatever windows they fell into.
struct failures_in_a_row {
  std::int64_t count = 0;
  std::uint32_t session_policy::*max = nullptr; // 0: no such limit
  std::function<void()> on_wrong;               // after one was counted
};

/// Used by one actor. When it is destroyed, or its actor shuts down, those that still wait are
/// dropped without an answer (see turnstile.hpp).
class failure_gate {
  struct core;

public:
  static constexpr std::size_t waiting_max = 256;

  /// A secret that may be compared. If neither is called, nothing was compared.
  class comparison {
  public:
    comparison(std::weak_ptr<core> gate, time_point window)
        : gate_(std::move(gate)), window_(window) {}
    ~comparison() { settle(outcome::none); }
    comparison(const comparison&) = delete;
    comparison& operator=(const comparison&) = delete;
    /// The secret was right: the account's failures are forgotten.
    void right() { settle(outcome::right); }
    void wrong() { settle(outcome::wrong); }

  private:
    friend core;
    enum class outcome : unsigned char { none, right, wrong };
    void settle(outcome result) noexcept;
    std::weak_ptr<core> gate_;
    time_point window_; // that it was taken from, by the steady clock
  };
  /// Null: the account is locked; compare with nothing.
  using pass = std::shared_ptr<comparison>;
  using go_on = std::function<void(pass)>;

  /// `owner` uses it; `key` names the account and the kind of secret; `limit` is looked up each
  /// time. With `in_a_row`, nothing is compared once that many have been wrong in a row either.
  failure_gate(caf::scheduled_actor* owner, actor_env_ptr env, std::string key,
               rate_limit session_policy::*limit,
               std::shared_ptr<failures_in_a_row> in_a_row = nullptr);
  ~failure_gate();
  failure_gate(const failure_gate&) = delete;
  failure_gate& operator=(const failure_gate&) = delete;

  /// `co_await` gives a `result<pass>`: OVERLOADED when `waiting_max` wait already.
  auto enter() {
    auto begin = [this](go_on go) { return enter(std::move(go)); };
    return called_back<pass, decltype(begin)>{std::move(begin)};
  }
  /// Calls `go` at once, or when it is known whether one is left. False, and `go` is dropped,
  /// when `waiting_max` wait already. An exception out of `go` is logged.
  bool enter(go_on go);
  /// All are there again, but for those that are being compared right now, and none are in a row.
  void forget();

private:
  std::shared_ptr<core> core_;
};

} // namespace latchkey

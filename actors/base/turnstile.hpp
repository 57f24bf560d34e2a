// turnstile.hpp — conversations of one actor that must not overlap wait here for one another.
//
// Shared turns pass beside each other (sign-ins that open sessions), an exclusive one passes alone
// (whatever changes the user and ends sessions). All pass in the order in which they came, so
// neither kind starves.
#pragma once

#include "actors/base/conversation.hpp"

#include <caf/abstract_actor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace latchkey {

/// Used by one actor. When it is destroyed, those that still wait are dropped without an answer; so
/// they are when the actor shuts down, for CAF then drops the closures that hold turns, one by one,
/// out of the very list that a conversation which went on would add to.
class turnstile {
public:
  static constexpr std::size_t waiting_max = 256;

  enum class kind : bool { shared, exclusive };
  /// Ends with its last copy, wherever that is. The next then goes on: at once, or when the
  /// conversation that is running pauses.
  using turn = std::shared_ptr<void>;
  using go_on = std::function<void(turn)>;

  /// `owner` outlives it; null: a test's, which never shuts down.
  explicit turnstile(const caf::abstract_actor* owner = nullptr);
  ~turnstile();
  turnstile(const turnstile&) = delete;
  turnstile& operator=(const turnstile&) = delete;

  /// `co_await` gives a `result<turn>`: OVERLOADED when `waiting_max` wait already.
  auto enter(kind type) {
    auto begin = [this, type](go_on go) { return enter(type, std::move(go)); };
    return called_back<turn, decltype(begin)>{std::move(begin)};
  }
  auto shared() { return enter(kind::shared); }
  auto exclusive() { return enter(kind::exclusive); }

  /// Calls `go` with its turn, at once or when those before are through. False, and `go` is
  /// dropped, when `waiting_max` wait already. An exception out of `go` is logged.
  bool enter(kind type, go_on go);

private:
  struct core;
  std::shared_ptr<core> core_;
};

} // namespace latchkey

// turnstile.hpp — conversations of one actor that must not overlap wait here for one another.
//
// Some pass together (sign-ins that open sessions), others alone (whatever changes the user
// and ends sessions). All pass in the order in which they came, so neither kind starves.
#pragma once

#include <caf/abstract_actor.hpp>
#include <cstddef>
#include <functional>
#include <memory>

namespace latchkey {

/// Used by one actor. When it goes, whoever still waits is dropped unheard; so it is when the actor
/// shuts down, for CAF then drops the closures that hold turns, one by one, out of the very list
/// that a conversation which went on would add to.
class turnstile {
public:
  static constexpr std::size_t waiting_max = 256;

  enum class kind : bool { together, alone };
  /// Ends with its last copy, wherever that is; the next then goes on at once.
  using turn = std::shared_ptr<void>;
  using go_on = std::function<void(turn)>;

  /// `of` outlives it; null: nobody's, who never shuts down.
  explicit turnstile(const caf::abstract_actor* of = nullptr);
  ~turnstile();
  turnstile(const turnstile&) = delete;
  turnstile& operator=(const turnstile&) = delete;

  /// Calls `go` with its turn, at once or when those before are through. False, and `go` is
  /// dropped, when `waiting_max` wait already. An exception out of `go` is logged.
  bool enter(kind how, go_on go);

private:
  struct core;
  std::shared_ptr<core> core_;
};

} // namespace latchkey

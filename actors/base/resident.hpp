// resident.hpp — what users, sessions, subscriptions and workflows have in common: an actor is in
// memory as long as it is used, and a shard of the directory knows its handle.
//
// An actor never ends by itself. It tells the directory first, and from then on answers "gone" to
// whoever asks: they ask the directory again, which may load another actor of the same id. So there
// are never two at work on one id.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <memory>
#include <utility>

namespace latchkey {

/// A base of such an actor's state, which has `self` and `env` too.
class resident {
public:
  /// After a COMMIT of unknown outcome the store is asked again so often, until it tells what it
  /// has done.
  static constexpr std::chrono::seconds in_doubt_retry{1};
  /// An actor that is to end looks so often whether everybody has been answered.
  static constexpr std::chrono::seconds end_retry{1};

  enum class residence : unsigned char {
    in_memory,
    leaving, // the directory is being told
    left,    // the directory has forgotten it; it answers those who have asked and ends
    removed, // the same, for its row is gone
  };

  time_point last_used{};    // by the steady clock
  std::uint64_t read_in = 0; // the epoch of trust (memory_trust.hpp) in which its row was read

  bool is_leaving() const noexcept { return residence_ != residence::in_memory; }
  /// Whether all that is left is to answer those who have asked.
  bool is_ending() const noexcept {
    return residence_ == residence::left || residence_ == residence::removed;
  }
  bool is_removed() const noexcept { return residence_ == residence::removed; }
  /// Its row is gone; everybody is sent back to the directory.
  void set_removed() noexcept { residence_ = residence::removed; }

  /// Each conversation holds one; the actor does not leave before the last is gone.
  std::shared_ptr<const void> presence() {
    auto held = presence_.lock();
    if (!held) {
      held = std::make_shared<const char>();
      presence_ = held;
    }
    return held;
  }
  bool has_conversations() noexcept {
    if (!presence_.expired()) return true;
    presence_.reset(); // a weak pointer holds what it was made of
    return false;
  }

  /// Whether nobody has used it for so long at the time of that sweep.
  bool is_unused(const messages::sweep& sweep, std::chrono::seconds idle) const noexcept {
    return sweep.now >= last_used + idle;
  }

  /// Tells the directory with that message (`leave_…`) and ends when it has answered. If it does
  /// not, the actor stays, unless its row is gone.
  template <class Self, class Leave>
  void leave(Self* self, const directory_actor& directory, Leave message) {
    if (!is_removed()) residence_ = residence::leaving;
    converse(self, nullptr, leave_directory(self, directory, std::move(message)));
  }
  /// Ends the actor, or reminds it by a sweep when a conversation is open still. For those that
  /// are `is_ending`.
  template <class Self>
  void end_when_answered(Self* self) {
    if (has_conversations())
      self->delayed_send(self, end_retry, messages::sweep{});
    else
      self->quit();
  }

  /// Reminds the actor, by a sweep without a time, to ask the store again. Once, however often it
  /// is called before the reminder is taken.
  template <class Self>
  void remind_of_doubt(Self* self) {
    if (!std::exchange(has_reminder_, true))
      self->delayed_send(self, in_doubt_retry, messages::sweep{});
  }
  void take_reminder() noexcept { has_reminder_ = false; }

private:
  template <class Self, class Leave>
  task<> leave_directory(Self* self, directory_actor directory, Leave message) {
    const auto reply = co_await ask(std::move(directory), std::move(message));
    if (!is_removed()) residence_ = reply ? residence::left : residence::in_memory;
    if (reply) end_when_answered(self);
  }

  std::weak_ptr<const void> presence_;
  residence residence_ = residence::in_memory;
  bool has_reminder_ = false;
};

/// Whether what that resident remembers is as the store has it. For a server that is alone it is.
template <class State>
bool is_current(const State& state) {
  const auto& env = *state.env;
  return !env.cluster || env.trust->counts(state.read_in, env.steady_now());
}

namespace detail {

template <class State, class Reply, class Message>
task<Reply> handled(State* state, task<Reply> (State::*method)(Message), Message message) {
  return (state->*method)(std::move(message));
}
template <class State, class Reply, class Message>
task<Reply> handled(State* state, caf::result<Reply> (State::*method)(Message&), Message message) {
  co_return to_result((state->*method)(message));
}

template <auto Method, class Reply, class State, class Message>
task<Reply> handled_when_read(State* state, Message message) {
  const auto read = co_await state->reread();
  if (!read) co_return read.error();
  co_return co_await handled(state, Method, std::move(message));
}

template <auto Method, class State, class Handler, class Message, class Reply>
auto accepting_of(State* state, caf::result<Reply> (Handler::*)(Message&) const) {
  return [state](Message& message) -> caf::result<Reply> {
    if (state->is_leaving()) return gone();
    state->last_used = state->env->steady_now();
    if constexpr (requires { state->reread(); })
      if (!is_current(*state))
        return answer_with(state, handled_when_read<Method, Reply>(state, std::move(message)));
    return handler<Method>(state)(message);
  };
}

} // namespace detail

/// A `handler` of a resident that answers "gone" when the actor is about to leave; otherwise the
/// message counts as a use. One that can `reread()` its row does so first when its memory does not
/// count.
template <auto Method, class State>
auto accepting(State* state) {
  return detail::accepting_of<Method>(state, &decltype(handler<Method>(state))::operator());
}

/// Asks the actor that the directory finds with `find` (`find_user{id}`, …). When that is about to
/// leave, the directory is asked for its successor. The last error otherwise; that the actor is
/// gone is INTERNAL_ERROR.
template <class Find, class Message>
task<reply_of<reply_of<directory_actor, Find>, Message>> ask_resident(directory_actor directory,
                                                                      Find find, Message message) {
  for (int attempt = 1;; ++attempt) {
    auto found = co_await ask(directory, find);
    if (!found) co_return found.error();
    auto reply = co_await ask_raw(*found, message);
    if (reply) co_return std::move(*reply);
    if (!is_gone(reply.error()) || attempt == resident_attempts_max)
      co_return to_failure(reply.error());
    find.gone = found->id();
  }
}

} // namespace latchkey

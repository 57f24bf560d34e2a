// conversation.hpp — handlers of actors that are coroutines: they ask other actors and wait for
// their turn where a callback would stand, and read from top to bottom.
//
//   task<messages::done> user_state::on_confirm_email(messages::confirm_email request) {
//     auto turn = co_await turns->exclusive();
//     if (!turn) co_return turn.error();
//     auto written = co_await ask(env->writer_for(record.id), std::move(commit));
//     if (!written) co_return written.error();
//     co_return messages::done{};
//   }
//
// Rules for their authors:
// - A handler takes its message by value: CAF's message is gone at the first `co_await`.
// - Whatever was looked at before a `co_await` may be otherwise after it: other messages were
//   handled meanwhile. References into maps, and pointers that a handler may reset, do not survive.
// - A frame may be destroyed instead of being continued, and then after the actor's state: CAF
//   destroys the state first, then the handlers of open requests. No destructor of a local may
//   touch the state, so there are no scope guards on its members. A turn and a pass know this.
// - For g++ 12: no brace-initialised aggregate and no lambda inside a `co_await` expression, no
//   `co_await` inside `?:` or `switch`.
#pragma once

#include "actors/base/ask.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/task.hpp"
#include "actors/base/waiting.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace latchkey {

/// What keeps the actor of that state in memory while a conversation is open; null when nothing
/// has to.
template <class State>
std::shared_ptr<const void> presence_of(State& state) {
  if constexpr (requires { state.presence(); })
    return state.presence();
  else
    return nullptr;
}

/// What a handler returns that leaves the answer to a coroutine; `self` is a member of the state.
/// What has to follow the answer on its way, a state does in `on_answered()`.
template <class State, class Reply>
caf::result<Reply> answer_with(State* state, task<Reply> root) {
  promise<Reply> answer{state->self};
  const auto give = [state, answer](result<Reply> outcome) {
    if (outcome)
      answer.deliver(std::move(*outcome));
    else
      answer.fail(outcome.error());
    if constexpr (requires { state->on_answered(); }) state->on_answered();
  };
  converse(state->self, presence_of(*state), std::move(root), give);
  return answer;
}

/// For `handler`: those that are coroutines.
template <auto Method, class State, class Message, class Reply>
auto handler_of(State* state, task<Reply> (State::*)(Message)) {
  return [state](Message& message) -> caf::result<Reply> {
    try {
      return answer_with(state, (state->*Method)(std::move(message)));
    } catch (const std::exception& e) {
      log_error(State::name, "failed to handle a message: ", e.what());
      return to_error(error_code::internal_error); // a promise that was made has answered the same
    }
  };
}

template <auto Method, class State, class Message>
auto handler_of(State* state, task<void> (State::*)(Message)) {
  return [state](Message& message) {
    try {
      converse(state->self, presence_of(*state), (state->*Method)(std::move(message)));
    } catch (const std::exception& e) {
      log_error(State::name, "failed to handle a notice: ", e.what());
    }
  };
}

} // namespace latchkey

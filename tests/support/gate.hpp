// gate.hpp — an actor in front of another of the same interface, which holds questions or
// answers back until a test releases them, and remembers every question.
#pragma once

#include "actors/base/behave.hpp"
#include "protocol/interfaces.hpp"
#include "tests/support/signature.hpp"

#include <any>
#include <caf/actor_system.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace latchkey::test {

enum class holding : std::uint8_t { nothing, questions, answers };

/// What a test and its gate share. All on one thread.
struct gate_control {
  holding holds = holding::nothing;
  std::size_t held = 0;
  std::vector<std::any> questions;
};

/// Let the index-th of what is held go on.
struct release_held {
  std::size_t index = 0;
};

template <class Handle>
struct gate_state {
  static inline const char* name = "gate";
  using actor = typename Handle::template extend<notice<release_held>>;

  typename actor::pointer self = nullptr;
  Handle behind;
  std::shared_ptr<gate_control> control;
  std::deque<std::function<void()>> held;

  template <class Reply, class Message>
  caf::result<Reply> pass(Message& question) {
    promise<Reply> answer{self};
    control->questions.emplace_back(question);
    auto forward = [this, answer, question] {
      request_from(
          self, behind, question,
          [this, answer](Reply& reply) {
            hold_if(holding::answers, [answer, reply] { answer.deliver(reply); });
          },
          [this, answer](caf::error& error) {
            hold_if(holding::answers, [answer, error] { answer.deliver(error); });
          });
    };
    hold_if(holding::questions, std::move(forward));
    return answer;
  }

  void release(std::size_t index) {
    auto next = std::move(held.at(index));
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
    control->held = held.size();
    next();
  }

private:
  void hold_if(holding kind, std::function<void()> next) {
    if (control->holds != kind) return next();
    held.push_back(std::move(next));
    control->held = held.size();
  }
};

template <class Signature, class Handle>
auto gate_handler(gate_state<Handle>* state) {
  using in = typename signature<Signature>::in;
  using out = typename signature<Signature>::out;
  if constexpr (signature<Signature>::is_answered)
    return [state](in& question) { return state->template pass<out>(question); };
  else
    return [](in&) {}; // only the actor behind the gate sends it, and to itself
}

template <class... Signatures>
auto gate_behavior(gate_state<caf::typed_actor<Signatures...>>* state) ->
    typename gate_state<caf::typed_actor<Signatures...>>::actor::behavior_type {
  return {gate_handler<Signatures>(state)...,
          [state](release_held& message) { state->release(message.index); }};
}

/// The test's side of a gate.
template <class Handle>
class gate {
public:
  /// Spawns it in front of `behind`.
  void open(caf::actor_system& system, Handle behind) {
    using state = gate_state<Handle>;
    const auto run = [](typename state::actor::template stateful_pointer<state> self,
                        Handle receiver, std::shared_ptr<gate_control> control) {
      install_default_handlers(self);
      self->state.self = self;
      self->state.behind = std::move(receiver);
      self->state.control = std::move(control);
      return gate_behavior(&self->state);
    };
    system_ = &system;
    actor_ = system.spawn(run, std::move(behind), control_);
    handle_ = actor_;
  }

  /// What askers are given.
  const Handle& handle() const { return handle_; }
  void hold_questions() { control_->holds = holding::questions; }
  void hold_answers() { control_->holds = holding::answers; }
  /// Holds nothing more; what is held stays so.
  void hold_nothing() { control_->holds = holding::nothing; }
  std::size_t held() const { return control_->held; }
  /// How many questions have come by.
  std::size_t seen() const { return control_->questions.size(); }
  template <class Message>
  const Message& question(std::size_t index) const {
    return std::any_cast<const Message&>(control_->questions.at(index));
  }
  /// Null when that question was another.
  template <class Message>
  const Message* question_if(std::size_t index) const {
    return std::any_cast<Message>(&control_->questions.at(index));
  }
  /// Lets the index-th of what is held go on and runs until nobody has anything to do.
  void release(std::size_t index = 0) {
    caf::anon_send(actor_, release_held{index});
    static_cast<caf::scheduler::test_coordinator&>(system_->scheduler()).run();
  }
  void end() {
    if (!actor_) return;
    caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
    actor_ = nullptr;
    handle_ = nullptr;
  }

private:
  caf::actor_system* system_ = nullptr;
  typename gate_state<Handle>::actor actor_;
  Handle handle_;
  std::shared_ptr<gate_control> control_ = std::make_shared<gate_control>();
};

} // namespace latchkey::test

LATCHKEY_LOCAL_MESSAGE(latchkey::test::release_held)

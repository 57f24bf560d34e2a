// behave.hpp — what every actor here has in common: quiet handlers, promises that are
// always kept, and handlers that turn an exception into an answer.
#pragma once

#include "config/log.hpp"
#include "protocol/caf_compat.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace latchkey {

/// CAF's defaults print messages, passwords included, to stdout and end the actor at
/// an error; ours do neither.
inline void install_default_handlers(caf::scheduled_actor* self) {
  self->set_default_handler(caf::drop);
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  self->set_exception_handler([](caf::scheduled_actor* actor, std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      log_critical(actor->name(), "ends after an exception: ", e.what());
    } catch (...) {
      log_critical(actor->name(), "ends after an unknown exception");
    }
    return caf::error{caf::sec::runtime_error};
  });
}

/// Whether the actor is on its way out and must not ask anybody any more. Null: no actor, never.
inline bool is_shutting_down(const caf::abstract_actor* actor) {
  return actor != nullptr && actor->getf(caf::abstract_actor::is_shutting_down_flag);
}

/// An answer that is owed. Copies share the debt; when the last goes without having
/// paid, the asker gets INTERNAL_ERROR (CAF 0.17 would leave it waiting for ever).
template <class T>
class promise {
public:
  template <class Self>
  explicit promise(Self* self)
      : debt_(std::make_shared<debt>(self->template make_response_promise<T>())) {}

  void deliver(T value) const {
    if (debt_->pay()) debt_->owed.deliver(std::move(value));
  }
  /// That somebody else is gone is not for the asker: it would take this actor for gone.
  void deliver(caf::error error) const {
    if (is_gone(error)) error = to_error(error_code::internal_error);
    if (debt_->pay()) debt_->owed.deliver(std::move(error));
  }
  void fail(error_code code) const { deliver(to_error(code)); }
  void fail(const failure& f) const { deliver(to_error(f)); }

  /// What the handler that took the question returns.
  operator caf::result<T>() const { return debt_->owed; } // NOLINT: meant to be implicit

private:
  struct debt {
    explicit debt(caf::typed_response_promise<T> p) : owed(std::move(p)) {}
    ~debt() {
      if (open) owed.deliver(to_error(error_code::internal_error));
    }
    debt(const debt&) = delete;
    debt& operator=(const debt&) = delete;
    bool pay() { return std::exchange(open, false); }
    caf::typed_response_promise<T> owed;
    bool open = true;
  };
  std::shared_ptr<debt> debt_;
};

/// For `handler`.
template <auto Method, class State, class Message, class Reply>
auto handler_of(State* state, caf::result<Reply> (State::*)(Message&)) {
  return [state](Message& message) -> caf::result<Reply> {
    try {
      return (state->*Method)(message);
    } catch (const std::exception& e) {
      log_error(State::name, "failed to handle a message: ", e.what());
      return to_error(error_code::internal_error);
    }
  };
}

template <auto Method, class State, class Message>
auto handler_of(State* state, void (State::*)(Message&)) {
  return [state](Message& message) {
    try {
      (state->*Method)(message);
    } catch (const std::exception& e) {
      log_error(State::name, "failed to handle a notice: ", e.what());
    }
  };
}

/// The handler of the message that `Method`, a member of `State`, takes: a plain function, or a
/// coroutine (conversation.hpp). Without an answer it handles a notice, which nobody waits for. An
/// exception, which only a library can raise, is an answer too and does not end the actor.
///
/// It holds the pointer alone: every session, user and workflow in memory has one for each message.
template <auto Method, class State>
auto handler(State* state) {
  return handler_of<Method>(state, Method);
}

} // namespace latchkey

// reactor_actor.hpp — the actor of a reactor, and ask(): how a coroutine that serves a socket asks
// actors.
#pragma once

#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/reactor.hpp"
#include "gateway/reactor/wait.hpp"
#include "protocol/caf_compat.hpp"

#include <caf/extend.hpp>
#include <caf/mixin/behavior_changer.hpp>
#include <caf/mixin/requester.hpp>
#include <caf/mixin/sender.hpp>
#include <caf/scheduled_actor.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace latchkey::gateway {
class reactor_actor;
}

namespace caf {
template <>
class behavior_type_of<latchkey::gateway::reactor_actor> {
public:
  using type = behavior;
};
} // namespace caf

namespace latchkey::gateway {

/// An actor that lives on one reactor for good: whatever is sent to it is handled there,
/// between socket events. Only that reactor's thread may use it. One that is asked
/// something derives from it.
class reactor_actor : public caf::extend<caf::scheduled_actor, reactor_actor>::with<
                          caf::mixin::sender, caf::mixin::requester, caf::mixin::behavior_changer> {
public:
  using signatures = caf::none_t;
  using behavior_type = caf::behavior;

  reactor_actor(caf::actor_config& cfg, reactor& home);

  const char* name() const override { return "reactor"; }
  void launch(caf::execution_unit* unit, bool lazy, bool hide) override;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* unit) override;
  void enqueue(caf::strong_actor_ptr source, caf::message_id id, caf::message content,
               caf::execution_unit* unit) override;

  /// What it answers; called once, when it is launched.
  virtual caf::behavior answers();

  /// Before anything is sent or delivered in its name from a coroutine or a socket's handler.
  void speak() { context(&home_); }

  /// A message has its turn.
  void handle(reactor* unit, caf::mailbox_element_ptr element);

  /// Ends it at once: coroutines that wait for an answer are destroyed, on the reactor but
  /// not from here, and none continues. Not to be called by a coroutine that asks.
  void close();

  reactor& home() noexcept { return home_; }

  /// Sends `message` and continues with the answer; with TIMEOUT when `deadline` passes
  /// first. The coroutine continues on this reactor.
  template <class Handle, class Message>
  awaitable<raw_reply<reply_of<Handle, Message>>>
  ask_raw(const Handle& receiver, Message message, std::chrono::steady_clock::time_point deadline) {
    using reply = reply_of<Handle, Message>;
    std::optional<raw_reply<reply>> outcome;
    const auto send = [this, &receiver, &message, &outcome](const waiter_ptr& waiting) {
      if (getf(is_terminated_flag)) return false;
      speak();
      request_from(
          this, receiver, std::move(message),
          [waiting, &outcome](reply& answer) {
            if (waiting->is_waiting()) outcome.emplace(std::move(answer));
            waiting->finish();
          },
          [waiting, &outcome](caf::error& error) {
            if (waiting->is_waiting())
              outcome.emplace(tl::unexpected<caf::error>(std::move(error)));
            waiting->finish();
          });
      return true;
    };
    const wait_start start = std::cref(send); // which needs no memory
    co_await wait_for(home_.timers(), deadline, start);
    if (outcome) co_return std::move(*outcome);
    co_return tl::unexpected<caf::error>(to_error(error_code::timeout));
  }

  /// The same with the error as a `failure`.
  template <class Handle, class Message>
  awaitable<result<reply_of<Handle, Message>>> ask(const Handle& receiver, Message message,
                                                   std::chrono::steady_clock::time_point deadline) {
    auto reply = co_await ask_raw(receiver, std::move(message), deadline);
    if (!reply) co_return fail(to_failure(reply.error()));
    co_return std::move(*reply);
  }

private:
  reactor& home_;
};

} // namespace latchkey::gateway

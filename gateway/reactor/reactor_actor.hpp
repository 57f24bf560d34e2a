// reactor_actor.hpp — the actor of a reactor, and ask(): how a coroutine that serves a socket asks
// actors.
#pragma once

#include "gateway/reactor/awaitable.hpp"
#include "gateway/reactor/reactor.hpp"
#include "protocol/caf_compat.hpp"

#include <boost/asio/async_result.hpp>
#include <caf/extend.hpp>
#include <caf/intrusive_ptr.hpp>
#include <caf/mixin/behavior_changer.hpp>
#include <caf/mixin/requester.hpp>
#include <caf/mixin/sender.hpp>
#include <caf/ref_counted.hpp>
#include <caf/scheduled_actor.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
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

/// What an actor of interface `Handle` answers to `Message`.
template <class Handle, class Message>
using reply_of = std::tuple_element_t<
    0, typename caf::response_type<typename Handle::signatures, Message>::tuple_type>;

/// How a question ended: the answer, or CAF's error as it stands.
template <class Reply>
using raw_reply = tl::expected<Reply, caf::error>;

/// One question that waits for its answer or its deadline, whichever is first. The
/// reply's handlers hold it; what comes second finds nobody waiting.
template <class Reply, class Handler>
class pending_question final : public caf::ref_counted, private timer_wheel::entry {
public:
  explicit pending_question(Handler handler)
      : entry(&pending_question::on_deadline), handler_(std::move(handler)) {}

  void wait_until(timer_wheel& timers, std::chrono::steady_clock::time_point deadline) {
    timers.schedule(*this, deadline - std::chrono::steady_clock::now());
  }

  void complete(raw_reply<Reply> reply) {
    if (!handler_) return;
    cancel();
    auto handler = std::move(*handler_);
    handler_.reset();
    std::move(handler)(std::move(reply));
  }

private:
  static void on_deadline(entry& e) noexcept {
    // The coroutine that continues may let go of the last reference.
    caf::intrusive_ptr<pending_question> keep{&static_cast<pending_question&>(e)};
    keep->complete(tl::unexpected<caf::error>(to_error(error_code::timeout)));
  }

  std::optional<Handler> handler_;
};

/// An actor that lives on one reactor for good: whatever is sent to it is handled there,
/// between socket events. It must be client_message through on that reactor's thread alone. One
/// that is asked something derives from it.
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
    auto start = [this, &receiver, &message, deadline](auto handler) {
      using pending = pending_question<reply, decltype(handler)>;
      auto waiting = caf::make_counted<pending>(std::move(handler));
      if (getf(is_terminated_flag)) return; // nobody waits any more
      waiting->wait_until(home_.timers(), deadline);
      speak();
      request(receiver, no_timeout, std::move(message))
          .then([waiting](reply& answer) { waiting->complete(std::move(answer)); },
                [waiting](caf::error& error) {
                  waiting->complete(tl::unexpected<caf::error>(std::move(error)));
                });
    };
    using token = decltype(use_awaitable);
    co_return co_await boost::asio::async_initiate<token, void(raw_reply<reply>)>(start,
                                                                                  use_awaitable);
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

// actor_lookup.hpp — how coroutines of a reactor ask actors: by handle, or by the id of what the
// actor keeps.
#pragma once

#include "actors/base/actor_env.hpp"
#include "gateway/reactor/generation_cache.hpp"
#include "gateway/reactor/reactor_actor.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <cstddef>
#include <utility>

namespace latchkey::gateway {

/// One a reactor, used on its thread alone.
class actor_lookup {
public:
  using deadline_point = std::chrono::steady_clock::time_point;

  /// Handles remembered of each kind, twice over at most (generation_cache). A handle keeps the
  /// memory of its actor, so handles of actors that have ended are dropped within seconds.
  static constexpr std::size_t handles_max = 16384;

  actor_lookup(caf::actor_system& system, reactor& home, actor_env_ptr env);
  /// As `close`.
  ~actor_lookup();
  actor_lookup(const actor_lookup&) = delete;
  actor_lookup& operator=(const actor_lookup&) = delete;

  /// On the reactor's thread. Coroutines that still wait for an answer are destroyed;
  /// questions from now on are never answered.
  void close();

  /// One question, one answer, or TIMEOUT at the deadline.
  template <class Handle, class Message>
  awaitable<result<reply_of<Handle, Message>>> ask(const Handle& receiver, Message message,
                                                   deadline_point deadline) {
    return actor_->ask(receiver, std::move(message), deadline);
  }

  /// Asks the actor of the session, the user or the subscription, wherever it is. An actor that
  /// left memory meanwhile is looked up again.
  template <class Message>
  awaitable<result<reply_of<session_actor, Message>>> ask_session(session_id id, Message message,
                                                                  deadline_point deadline) {
    return ask_resident<messages::find_session>(sessions_, id, std::move(message), deadline);
  }
  template <class Message>
  awaitable<result<reply_of<user_actor, Message>>> ask_user(user_id id, Message message,
                                                            deadline_point deadline) {
    return ask_resident<messages::find_user>(users_, id, std::move(message), deadline);
  }
  template <class Message>
  awaitable<result<reply_of<subscription_actor, Message>>>
  ask_subscription(user_id id, Message message, deadline_point deadline) {
    return ask_resident<messages::find_subscription>(subscriptions_, id, std::move(message),
                                                     deadline);
  }
  /// Asks the workflow's actor. `Find` looks it up; make_workflow may also make it. NOT_FOUND when
  /// there is no such workflow.
  template <class Find = messages::find_workflow, class Message>
  awaitable<result<reply_of<workflow_actor, Message>>> ask_workflow(workflow_id id, Message message,
                                                                    deadline_point deadline) {
    return ask_resident<Find>(workflows_, id, std::move(message), deadline);
  }

  /// Whether the actor of the session, or of the user, is in memory: asking it costs no read.
  awaitable<bool> is_in_memory(session_id id, deadline_point deadline) {
    return find_in_memory<messages::find_session>(sessions_, id, deadline);
  }
  awaitable<bool> is_in_memory(user_id id, deadline_point deadline) {
    return find_in_memory<messages::find_user>(users_, id, deadline);
  }

  /// Tells the session's actor and does not wait. `is_outdated` is called before a notice is sent
  /// later than at once: true drops the notice.
  template <class Predicate>
  void unwatch_session(session_id id, messages::unwatch notice, Predicate is_outdated) {
    actor_->speak();
    if (const auto* known = sessions_.find(id)) {
      actor_->send(*known, std::move(notice));
      return;
    }
    // A session that is watched is in memory, so this loads nothing.
    request_from(
        actor_, env_->directory_for(id), messages::find_session{id},
        [this, notice = std::move(notice), is_outdated](session_actor& found) {
          if (!is_outdated()) actor_->send(found, notice);
        },
        [](caf::error&) {});
  }

  /// The deadline as actors take it: by the one clock.
  time_point deadline_for_actors(deadline_point deadline) const;

private:
  /// The timer of drop_ended().
  struct turn : timer_wheel::entry {
    explicit turn(actor_lookup& lookup) : entry(&turn::on_expired), owner(lookup) {}
    static void on_expired(timer_wheel::entry& e) noexcept;
    actor_lookup& owner;
  };

  /// Drops some handles of actors that have ended, and runs again while there are handles.
  void drop_ended();
  void schedule_drop();

  template <class Find, class Id, class Handle, class Message>
  awaitable<result<reply_of<Handle, Message>>> ask_resident(generation_cache<Id, Handle>& known,
                                                            Id id, Message message,
                                                            deadline_point deadline) {
    Find question{id};
    for (int i = 0; i < resident_attempts_max; ++i) {
      Handle receiver;
      if (auto* handle = known.find(id)) {
        receiver = *handle;
      } else {
        auto found = co_await actor_->ask(env_->directory_for(id), question, deadline);
        if (!found) co_return fail(std::move(found.error()));
        receiver = *found;
        known.put(id, receiver);
        schedule_drop();
      }
      auto reply = co_await actor_->ask_raw(receiver, message, deadline);
      if (reply) co_return std::move(*reply);
      if (!is_gone(reply.error())) co_return fail(to_failure(reply.error()));
      question.gone = receiver.id();
      known.erase(id);
    }
    co_return fail(error_code::internal_error);
  }

  template <class Find, class Id, class Handle>
  awaitable<bool> find_in_memory(generation_cache<Id, Handle>& known, Id id,
                                 deadline_point deadline) {
    if (known.find(id)) co_return true;
    Find question{id};
    question.if_in_memory = true;
    const auto found = co_await actor_->ask(env_->directory_for(id), question, deadline);
    if (!found) co_return false;
    known.put(id, *found);
    schedule_drop();
    co_return true;
  }

  reactor& home_;
  actor_env_ptr env_;
  caf::strong_actor_ptr actor_owner_;
  reactor_actor* actor_;
  bool is_closed_ = false;
  generation_cache<session_id, session_actor> sessions_{handles_max};
  generation_cache<user_id, user_actor> users_{handles_max};
  generation_cache<user_id, subscription_actor> subscriptions_{handles_max};
  generation_cache<workflow_id, workflow_actor> workflows_{handles_max};
  turn drops_{*this};
};

} // namespace latchkey::gateway

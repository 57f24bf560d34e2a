// one_guest.hpp — a resident with one handler of each form, and the directory that it tells and
// that finds it, as several tests need them.
#pragma once

#include "actors/base/resident.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/stub.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace latchkey::test {

/// What a test shares with its residents and their directory.
struct guest_book {
  int departures = 0;                      // of which the directory was told
  error_code refusal = error_code::none;   // of the directory, to those who tell it
  int reminders = 0;                       // of a doubt
  std::vector<subscription_actor> present; // one a question; the last again and again
  std::vector<std::uint64_t> gone;         // what was said with each question
};
using shared_book = std::shared_ptr<guest_book>;

/// A resident with one handler of each form.
struct guest_state : resident {
  static inline const char* name = "guest";

  subscription_actor::pointer self = nullptr;
  actor_env_ptr env;
  directory_actor directory;
  shared_book book;
  std::int64_t number = 0;

  /// A conversation that is open until the reader has answered.
  task<messages::subscription_view> on_describe(messages::describe_subscription request) {
    messages::read question{storage::find_subscription{}, request.deadline};
    const auto found = co_await ask(env->readers.front(), std::move(question));
    if (!found) co_return found.error();
    co_return messages::subscription_view{};
  }
  caf::result<messages::spent> on_spend(messages::spend& request) {
    if (request.amount < 0) return to_error(failure{error_code::conflict, "amount"});
    return messages::spent{number};
  }
  caf::result<messages::subscription_view> on_change(messages::change_subscription&) {
    remind_of_doubt(self);
    return messages::subscription_view{};
  }
  void on_owner_removed(messages::owner_removed&) {
    set_removed();
    leave(self, directory, messages::leave_subscription{});
  }
  void on_sweep(messages::sweep& sweep) {
    if (is_ending()) return end_when_answered(self);
    if (sweep.now == time_point{}) {
      take_reminder();
      ++book->reminders;
      return;
    }
    if (is_leaving() || has_conversations() || !is_unused(sweep, env->policy.memory_idle)) return;
    leave(self, directory, messages::leave_subscription{});
  }
};

inline subscription_actor::behavior_type
guest(subscription_actor::stateful_pointer<guest_state> self, directory_actor directory,
      actor_env_ptr env, shared_book book, std::int64_t number) {
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->directory = std::move(directory);
  state->book = std::move(book);
  state->number = number;
  state->last_used = state->env->steady_now();
  return stub<subscription_actor>(
      self, accepting<&guest_state::on_describe>(state), accepting<&guest_state::on_spend>(state),
      accepting<&guest_state::on_change>(state), handler<&guest_state::on_owner_removed>(state),
      handler<&guest_state::on_sweep>(state));
}

inline directory_actor::behavior_type reception(directory_actor::pointer self,
                                                const shared_book& book) {
  return stub<directory_actor>(
      self,
      [book](messages::find_subscription& request) -> caf::result<subscription_actor> {
        book->gone.push_back(request.gone);
        if (book->present.empty()) return to_error(error_code::user_not_found);
        return book->present[std::min(book->gone.size(), book->present.size()) - 1];
      },
      [book](messages::leave_subscription&) -> caf::result<messages::done> {
        ++book->departures;
        if (book->refusal != error_code::none) return to_error(book->refusal);
        return messages::done{};
      });
}

struct one_guest : actor_fixture {
  shared_book book = std::make_shared<guest_book>();
  gate<directory_actor> receptions; // in front of the guests' directory
  subscription_actor actor;
  std::shared_ptr<bool> has_ended = std::make_shared<bool>(false); // the actor

  one_guest() {
    receptions.open(system(), spawn(reception, book));
    actor = check_in(1);
    actor->attach_functor([ended = has_ended](const caf::error&) { *ended = true; });
  }
  ~one_guest() { receptions.end(); }

  subscription_actor check_in(std::int64_t number) {
    return spawn(guest, receptions.handle(), shared_env(), book, number);
  }
  messages::describe_subscription describing() const { return {soon()}; }
  messages::spend spending(std::int64_t amount = 1) const {
    return {"projects", amount, {}, soon()};
  }
  std::chrono::seconds idle() { return env().policy.memory_idle; }

  template <class Notice>
  void notify(Notice message) {
    caf::anon_send(actor, std::move(message));
    run();
  }
  void sweep() { notify(messages::sweep{clock.steady()}); }
  void remove_row() { notify(messages::owner_removed{}); }
  /// Unused for the whole time, it tells its directory, which does not answer yet.
  void start_to_leave() {
    receptions.hold_questions();
    clock.move(idle());
    sweep();
    receptions.hold_nothing();
  }
};

} // namespace latchkey::test

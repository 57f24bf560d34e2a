// Being in memory as long as one is used: who stays, who leaves and how, and how askers find the
// successor.
#include "actors/base/resident.hpp"

#include "tests/support/actor_fixture.hpp"
#include "tests/support/stub.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <utility>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

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

subscription_actor::behavior_type guest(subscription_actor::stateful_pointer<guest_state> self,
                                        directory_actor directory, actor_env_ptr env,
                                        shared_book book, std::int64_t number) {
  auto* state = &self->state;
  state->self = self;
  state->env = std::move(env);
  state->directory = std::move(directory);
  state->book = std::move(book);
  state->number = number;
  state->last_used = state->env->steady_now();
  return stub<subscription_actor>(
      self, accepting(state, &guest_state::on_describe), accepting(state, &guest_state::on_spend),
      accepting(state, &guest_state::on_change), handler(state, &guest_state::on_owner_removed),
      handler(state, &guest_state::on_sweep));
}

directory_actor::behavior_type reception(directory_actor::pointer self, const shared_book& book) {
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

/// Asks whatever resident the directory finds.
struct asker_state {
  static inline const char* name = "asker";

  subscription_actor::pointer self = nullptr;
  directory_actor directory;

  task<messages::spent> on_spend(messages::spend request) {
    const messages::find_subscription owner;
    auto spent = co_await ask_resident(directory, owner, std::move(request));
    if (!spent) co_return spent.error();
    co_return *spent;
  }
};

subscription_actor::behavior_type asker(subscription_actor::stateful_pointer<asker_state> self,
                                        directory_actor directory) {
  self->state.self = self;
  self->state.directory = std::move(directory);
  return stub<subscription_actor>(self, handler(&self->state, &asker_state::on_spend));
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

// -- staying ----------------------------------------------------------------------------------

TEST(Resident, LeavesWhenItWasUnusedForTheWholeTimeAndNotBefore) {
  one_guest f;
  f.clock.move(f.idle() - 1us);
  f.sweep();
  EXPECT_EQ(f.book->departures, 0);
  EXPECT_FALSE(*f.has_ended);
  f.clock.move(1us);
  f.sweep();
  EXPECT_EQ(f.book->departures, 1);
  EXPECT_TRUE(*f.has_ended);
}

TEST(Resident, IsUsedByAQuestionToAPlainHandler) {
  one_guest f;
  f.clock.move(1us);
  EXPECT_TRUE(f.ask(f.actor, f.spending()));
  f.clock.move(f.idle() - 1us);
  f.sweep();
  EXPECT_FALSE(*f.has_ended);
}

TEST(Resident, IsUsedByAQuestionToACoroutine) {
  one_guest f;
  f.clock.move(1us);
  EXPECT_TRUE(f.ask(f.actor, f.describing()));
  f.clock.move(f.idle() - 1us);
  f.sweep();
  EXPECT_FALSE(*f.has_ended);
}

TEST(Resident, StaysUntilTheLastConversationIsOver) {
  one_guest f;
  f.reads.hold_questions();
  const auto first = f.begin(f.actor, f.describing());
  const auto second = f.begin(f.actor, f.describing());
  f.clock.move(f.idle());
  f.sweep();
  f.reads.release();
  f.sweep();
  EXPECT_EQ(f.book->departures, 0);
  f.reads.release();
  EXPECT_TRUE(first.answered());
  EXPECT_TRUE(second.answered());
  f.sweep();
  EXPECT_EQ(f.book->departures, 1);
}

// -- leaving ----------------------------------------------------------------------------------

TEST(Resident, IsGoneForWhoeverAsksWhileItsDirectoryIsTold) {
  one_guest f;
  f.start_to_leave();
  EXPECT_FALSE(*f.has_ended);
  EXPECT_TRUE(f.begin(f.actor, f.spending()).is_gone());
  EXPECT_TRUE(f.begin(f.actor, f.describing()).is_gone());
}

TEST(Resident, EndsOnceItsDirectoryHasForgottenIt) {
  one_guest f;
  f.start_to_leave();
  f.sweep();
  EXPECT_EQ(f.receptions.held(), 1u); // it has been told once
  EXPECT_FALSE(*f.has_ended);
  f.receptions.release();
  EXPECT_TRUE(*f.has_ended);
  EXPECT_TRUE(f.begin(f.actor, f.spending()).is_gone());
}

TEST(Resident, IsThereAgainWhenItsDirectoryDoesNotForgetIt) {
  one_guest f;
  f.book->refusal = error_code::overloaded;
  f.start_to_leave();
  f.receptions.release();
  EXPECT_FALSE(*f.has_ended);
  EXPECT_TRUE(f.ask(f.actor, f.spending()));
  EXPECT_TRUE(f.ask(f.actor, f.describing()));
}

TEST(Resident, WithoutItsRowStaysGoneWhateverItsDirectoryAnswers) {
  one_guest f;
  f.book->refusal = error_code::overloaded;
  f.remove_row();
  EXPECT_EQ(f.book->departures, 1);
  EXPECT_FALSE(*f.has_ended);
  EXPECT_TRUE(f.begin(f.actor, f.spending()).is_gone());
  f.sweep();
  EXPECT_TRUE(*f.has_ended);
}

TEST(Resident, AnswersThoseWhoHaveAskedBeforeItEnds) {
  one_guest f;
  f.reads.hold_questions();
  const auto question = f.begin(f.actor, f.describing());
  f.remove_row();
  EXPECT_EQ(f.book->departures, 1);
  EXPECT_TRUE(f.begin(f.actor, f.describing()).is_gone());
  f.advance(resident::end_retry);
  EXPECT_FALSE(*f.has_ended);
  f.reads.release();
  EXPECT_TRUE(question.answer());
  f.advance(resident::end_retry);
  EXPECT_TRUE(*f.has_ended);
}

// -- doubt ------------------------------------------------------------------------------------

TEST(Resident, IsRemindedOfADoubtOnceHoweverOftenItAsksForThat) {
  one_guest f;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(f.ask(f.actor, messages::change_subscription{}));
  f.advance(resident::in_doubt_retry - 1us);
  EXPECT_EQ(f.book->reminders, 0);
  f.advance(1us);
  EXPECT_EQ(f.book->reminders, 1);
  f.advance(2 * resident::in_doubt_retry);
  EXPECT_EQ(f.book->reminders, 1);
}

TEST(Resident, IsRemindedAgainOfALaterDoubt) {
  one_guest f;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(f.ask(f.actor, messages::change_subscription{}));
    f.advance(resident::in_doubt_retry);
    EXPECT_EQ(f.book->reminders, i);
  }
}

// -- asking -----------------------------------------------------------------------------------

struct one_asker : one_guest {
  subscription_actor asking = spawn(asker, receptions.handle());

  result<messages::spent> spend(std::int64_t amount = 1) { return ask(asking, spending(amount)); }
};

using said_gone = std::vector<std::uint64_t>;

TEST(AskResident, AsksTheOneThatTheDirectoryFinds) {
  one_asker f;
  f.book->present = {f.check_in(7)};
  EXPECT_EQ(f.spend().value().used, 7);
  EXPECT_EQ(f.book->gone, said_gone{0});
}

TEST(AskResident, AsksTheSuccessorOfOneThatIsAboutToLeave) {
  one_asker f;
  f.start_to_leave();
  f.book->present = {f.actor, f.check_in(8)};
  EXPECT_EQ(f.spend().value().used, 8);
  EXPECT_EQ(f.book->gone, (said_gone{0, f.actor.id()}));
  f.receptions.release();
}

TEST(AskResident, AsksTheSuccessorOfOneThatHasEnded) {
  one_asker f;
  f.remove_row();
  ASSERT_TRUE(*f.has_ended);
  f.book->present = {f.actor, f.actor, f.check_in(8)};
  EXPECT_EQ(f.spend().value().used, 8);
  EXPECT_EQ(f.book->gone, (said_gone{0, f.actor.id(), f.actor.id()}));
}

TEST(AskResident, PassesOnThatThereIsNone) {
  one_asker f;
  EXPECT_EQ(code_of(f.spend()), error_code::user_not_found);
  EXPECT_EQ(f.book->gone.size(), 1u);
}

TEST(AskResident, PassesOnARefusalWithoutAskingAgain) {
  one_asker f;
  f.book->present = {f.actor};
  const auto refused = f.spend(-1);
  EXPECT_EQ(code_of(refused), error_code::conflict);
  EXPECT_EQ(refused.error().field, "amount");
  EXPECT_EQ(f.book->gone.size(), 1u);
}

TEST(AskResident, GivesUpOnADirectoryThatKnowsOnlyThoseWhoAreGone) {
  one_asker f;
  f.remove_row();
  f.book->present = {f.actor};
  const auto question = f.begin(f.asking, f.spending());
  EXPECT_FALSE(question.is_gone()); // its own asker would take it for gone
  EXPECT_EQ(code_of(question.answer()), error_code::internal_error);
  EXPECT_EQ(f.book->gone.size(), std::size_t{resident_attempts_max});
}

} // namespace
} // namespace latchkey::test

// How askers find the successor of a resident that has left memory.
#include "tests/actors/base/one_guest.hpp"

namespace latchkey::test {
namespace {

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
  return stub<subscription_actor>(self, handler<&asker_state::on_spend>(&self->state));
}

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

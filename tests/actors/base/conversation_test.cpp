// Handlers that are coroutines: what they answer, and what becomes of their frames when the actor
// ends.
#include "actors/base/conversation.hpp"

#include "tests/actors/base/conversation_host.hpp"

#include <stdexcept>

namespace latchkey::test::conversations {
namespace {

// -- what is answered -------------------------------------------------------------------------

task<messages::done> asks(host_state& host, messages::record_audit request) {
  const auto held = host.log->held;
  const auto action = request.entry.action;
  auto reply = co_await ask(host.other, std::move(request));
  host.note(action);
  if (!reply) co_return reply.error();
  co_return *reply;
}

TEST_F(Conversation, AnswersWhenThoseThatItAsksHaveAnswered) {
  const auto actor = spawn(asks);
  gate_before.hold_questions();
  const auto question = f.begin(actor, about("a"));
  EXPECT_FALSE(question.answered());
  gate_before.release();
  EXPECT_TRUE(question.answer());
  EXPECT_EQ(log->held.use_count(), 1);
}

TEST_F(Conversation, AnswersWithTheFailureThatItReturns) {
  const auto answer = f.ask(spawn(asks), about("fail"));
  EXPECT_EQ(code_of(answer), error_code::conflict);
  EXPECT_EQ(answer.error().field, "field");
}

TEST_F(Conversation, AnswersAtOnceWhenItNeedsNobody) {
  const auto actor = spawn([](host_state&, messages::record_audit) -> task<messages::done> {
    co_return messages::done{};
  });
  EXPECT_TRUE(f.ask(actor, about("a")));
}

TEST_F(Conversation, TakesAReceiverThatIsGoneForAnInternalError) {
  const auto actor = f.spawn(host, behind, log, script{asks});
  const auto question = f.begin(actor, about("leave"));
  EXPECT_FALSE(question.is_gone()); // the asker would take this actor for gone
  EXPECT_EQ(code_of(question.answer()), error_code::internal_error);
}

task<messages::done> asks_raw(host_state& host, messages::record_audit request) {
  auto reply = co_await ask_raw(host.other, std::move(request));
  if (reply) host.note("done");
  if (!reply) host.note(is_gone(reply.error()) ? "gone" : "error");
  co_return messages::done{};
}

TEST_F(Conversation, TellsThatAReceiverIsGoneToThoseWhoAskForIt) {
  const auto actor = f.spawn(host, behind, log, script{asks_raw}); // a gate hides who is gone
  EXPECT_TRUE(f.ask(actor, about("leave")));
  EXPECT_TRUE(f.ask(actor, about("fail")));
  EXPECT_TRUE(f.ask(actor, about("a")));
  caf::anon_send_exit(behind, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_TRUE(f.ask(actor, about("a"))); // an actor that has ended
  EXPECT_EQ(lines(), (lines_of{"gone", "error", "done", "gone"}));
}

task<messages::done> asks_nobody(host_state&, messages::record_audit request) {
  const audit_actor nobody;
  auto reply = co_await ask(nobody, std::move(request));
  if (!reply) co_return reply.error();
  co_return *reply;
}

TEST_F(Conversation, FailsWhenItAsksNobody) {
  EXPECT_EQ(code_of(f.ask(spawn(asks_nobody), about("a"))), error_code::internal_error);
}

task<messages::done> asks_two(host_state& host, messages::record_audit request) {
  const std::vector<audit_actor> both{host.other, host.other};
  auto replies = co_await ask_all(both, std::move(request));
  for (const auto& reply : replies)
    host.note(reply ? "done" : "error");
  const std::vector<audit_actor> nobody;
  replies = co_await ask_all(nobody, about("to nobody"));
  if (!replies.empty()) co_return fail(error_code::internal_error);
  co_return messages::done{};
}

TEST_F(Conversation, WaitsForAllWhomItAsksTogether) {
  gate_before.hold_questions();
  const auto question = f.begin(spawn(asks_two), about("a"));
  EXPECT_EQ(gate_before.held(), 2u);
  gate_before.release();
  EXPECT_FALSE(question.answered());
  gate_before.release();
  EXPECT_TRUE(question.answer());
  EXPECT_EQ(lines(), (lines_of{"done", "done"}));
}
// -- exceptions ---------------------------------------------------------------------------------

task<messages::done> throws_late(host_state& host, messages::record_audit request) {
  const auto held = host.log->held;
  const bool is_late = request.entry.action == "late";
  if (is_late) (void)co_await ask(host.other, std::move(request));
  if (held) throw std::runtime_error("as told");
  co_return messages::done{};
}

task<messages::done> catches(host_state& host, messages::record_audit request) {
  try {
    co_return co_await throws_late(host, std::move(request));
  } catch (const std::runtime_error&) {
    host.note("caught");
  }
  co_return messages::done{};
}

TEST_F(Conversation, ThatThrowsInItsHandlerAnswersInternalErrorAndTheActorLives) {
  const auto actor = spawn(throws_late);
  EXPECT_EQ(code_of(f.ask(actor, about("at once"))), error_code::internal_error);
  EXPECT_EQ(log->held.use_count(), 1);
  EXPECT_EQ(code_of(f.ask(actor, about("at once"))), error_code::internal_error);
}

TEST_F(Conversation, ThatThrowsLaterAnswersInternalErrorAndEndsTheActor) {
  const auto actor = spawn(throws_late);
  EXPECT_EQ(code_of(f.ask(actor, about("late"))), error_code::internal_error);
  EXPECT_EQ(log->held.use_count(), 1);
  EXPECT_TRUE(f.begin(actor, about("late")).is_gone());
}

TEST_F(Conversation, CatchesWhatACoroutineThatItCallsThrows) {
  const auto actor = spawn(catches);
  EXPECT_TRUE(f.ask(actor, about("at once")));
  EXPECT_TRUE(f.ask(actor, about("late")));
  EXPECT_EQ(lines(), (lines_of{"caught", "caught"}));
}

// -- depth ----------------------------------------------------------------------------------------

task<int> adds_one(int to) {
  co_return to + 1;
}

task<messages::done> calls_very_often(host_state&, messages::record_audit) {
  int sum = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto next = co_await adds_one(sum);
    sum = *next;
  }
  if (sum != 200'000) co_return fail(error_code::internal_error);
  co_return messages::done{};
}

TEST_F(Conversation, CallsAsManyAsItWantsWithoutANestedCall) {
  EXPECT_TRUE(f.ask(spawn(calls_very_often), about("a")));
}

task<int> counts_down(host_state& host, int from) {
  const auto held = host.log->held;
  if (from == 0) {
    (void)co_await ask(host.other, about("deep"));
    co_return 0;
  }
  const auto below = co_await counts_down(host, from - 1);
  co_return *below + 1;
}

task<messages::done> goes_deep(host_state& host, messages::record_audit) {
  const auto depth = co_await counts_down(host, 5'000);
  if (*depth != 5'000) co_return fail(error_code::internal_error);
  co_return messages::done{};
}

TEST_F(Conversation, ReturnsThroughManyThatWait) {
  const auto actor = spawn(goes_deep);
  gate_before.hold_questions();
  const auto question = f.begin(actor, about("a"));
  EXPECT_EQ(log->held.use_count(), 1 + 5'001);
  gate_before.release();
  EXPECT_TRUE(question.answer());
  EXPECT_EQ(log->held.use_count(), 1);
}

// -- the end of the actor -----------------------------------------------------------------------

TEST_F(Conversation, IsDestroyedWithTheActorAndAnswersInternalError) {
  const auto actor = spawn(asks_in_turn);
  gate_before.hold_questions();
  const auto asking = f.begin(actor, about("a"));
  const auto waiting = f.begin(actor, about("b"));
  EXPECT_EQ(log->held.use_count(), 3);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(code_of(asking.answer()), error_code::internal_error);
  EXPECT_EQ(code_of(waiting.answer()), error_code::internal_error);
  EXPECT_EQ(log->held.use_count(), 1);
  EXPECT_EQ(lines(), (lines_of{"a enters"})); // the turn that ended lets nobody go on
}

TEST_F(Conversation, IsDestroyedInAListThatNobodyCompletes) {
  const auto actor = spawn(waits);
  const auto waiting = f.begin(actor, about("a"));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(code_of(waiting.answer()), error_code::internal_error);
}

TEST_F(Conversation, KeepsItsActorAliveAndPresentUntilItsEnd) {
  gate_before.hold_questions();
  asked<messages::done> question;
  {
    auto actor = f.system().spawn(host, gate_before.handle(), log, script{asks});
    question = f.begin(actor, about("a"));
  }
  f.run(); // nobody has its handle
  gate_before.release();
  EXPECT_TRUE(question.answer());
}

TEST_F(Conversation, HoldsThePresenceOfItsActor) {
  std::shared_ptr<const void> present;
  const auto run = [&present](audit_actor::stateful_pointer<host_state> self, audit_actor other,
                              std::shared_ptr<journal> shared_log, script then) {
    present = self->state.present;
    return host(self, std::move(other), std::move(shared_log), then);
  };
  const auto actor = f.spawn(run, gate_before.handle(), log, script{asks});
  gate_before.hold_questions();
  const auto first = f.begin(actor, about("a"));
  const auto second = f.begin(actor, about("b"));
  EXPECT_EQ(present.use_count(), 4);
  gate_before.release();
  EXPECT_EQ(present.use_count(), 3);
  gate_before.release();
  EXPECT_EQ(present.use_count(), 2);
}

} // namespace
} // namespace latchkey::test::conversations

// What coroutines of one actor wait for: their turn, each other, and work that one does for all.
#include "actors/base/waiting.hpp"

#include "tests/actors/base/conversation_host.hpp"

#include <stdexcept>

namespace latchkey::test::conversations {
namespace {

TEST_F(Conversation, WaitsForItsTurn) {
  const auto actor = spawn(asks_in_turn);
  gate_before.hold_questions();
  const auto first = f.begin(actor, about("a"));
  const auto second = f.begin(actor, about("b"));
  EXPECT_EQ(lines(), (lines_of{"a enters"}));
  gate_before.release();
  EXPECT_TRUE(first.answer());
  EXPECT_FALSE(second.answered());
  gate_before.release();
  EXPECT_TRUE(second.answer());
}

TEST_F(Conversation, GoesOnAfterTheOneThatHasEndedItsTurnAndNotInTheMiddleOfIt) {
  const auto actor = spawn(asks_in_turn);
  gate_before.hold_questions();
  const auto first = f.begin(actor, about("a"));
  const auto second = f.begin(actor, about("b"));
  gate_before.release();
  EXPECT_EQ(lines(), (lines_of{"a enters", "a leaves", "a ends", "b enters"}));
}

TEST_F(Conversation, IsOverloadedWhenTooManyWaitForTheirTurn) {
  const auto actor = spawn(asks_in_turn);
  gate_before.hold_questions();
  std::vector<asked<messages::done>> all;
  for (std::size_t i = 0; i < turnstile::waiting_max + 2; ++i)
    all.push_back(f.begin(actor, about("a")));
  EXPECT_FALSE(all[turnstile::waiting_max].answered());
  EXPECT_EQ(code_of(all.back().answer()), error_code::overloaded);
}

TEST_F(Conversation, WaitsWithOthersForWhatOneFindsOut) {
  const auto actor = spawn(waits);
  const auto first = f.begin(actor, about("a"));
  const auto second = f.begin(actor, about("b"));
  EXPECT_EQ(code_of(f.ask(actor, about("c"))), error_code::overloaded);
  EXPECT_FALSE(first.answered());
  EXPECT_TRUE(f.ask(actor, about("tell")));
  EXPECT_TRUE(first.answer());
  EXPECT_TRUE(second.answer());
  EXPECT_EQ(lines(), (lines_of{"told", "a hears word", "b hears word"}));
}

task<> notes(host_state& host, std::string line) {
  const auto action = line;
  (void)co_await ask(host.other, about(action));
  host.note(action);
}

task<messages::done> begins_another(host_state& host, messages::record_audit request) {
  converse(host.self, host.presence(), notes(host, "another"));
  host.note("before");
  auto reply = co_await ask(host.other, std::move(request));
  host.note("after");
  if (!reply) co_return reply.error();
  co_return *reply;
}

TEST_F(Conversation, BeginsAnotherLikeACall) {
  const auto actor = spawn(begins_another);
  gate_before.hold_questions();
  const auto question = f.begin(actor, about("own"));
  EXPECT_EQ(gate_before.question<messages::record_audit>(0).entry.action, "another");
  EXPECT_EQ(gate_before.question<messages::record_audit>(1).entry.action, "own");
  gate_before.release(1);
  EXPECT_TRUE(question.answer());
  gate_before.release();
  EXPECT_EQ(lines(), (lines_of{"before", "after", "another"}));
}
// -- shared work ----------------------------------------------------------------------------------

task<messages::done> throws_when_answered(host_state& host, messages::record_audit request) {
  (void)co_await ask(host.other, std::move(request));
  if (host.log) throw std::runtime_error("as told");
  co_return messages::done{};
}

task<messages::done> shares(host_state& host, messages::record_audit request) {
  const auto begin = [&host, request] { return throws_when_answered(host, request); };
  try {
    co_return co_await host.shared.join(begin);
  } catch (const std::runtime_error&) {
    host.note("caught");
  }
  co_return messages::done{};
}

TEST_F(Conversation, AnswersThoseWhoShareATaskThatThrows) {
  const auto actor = spawn(shares);
  gate_before.hold_questions();
  const auto first = f.begin(actor, about("late"));
  const auto second = f.begin(actor, about("late"));
  EXPECT_EQ(gate_before.question<messages::record_audit>(0).entry.action, "late");
  gate_before.release();
  EXPECT_TRUE(first.answer());
  EXPECT_EQ(code_of(second.answer()), error_code::internal_error);
  EXPECT_EQ(lines(), lines_of{"caught"});
}

} // namespace
} // namespace latchkey::test::conversations

// The listeners of a workflow: each is sent every status once and in order, at its own pace.
#include "tests/actors/workflow/one_workflow.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

/// Whose workflow says `count` statuses, one after another.
void take_many(one_workflow& f, std::int64_t from, std::int64_t to) {
  for (std::int64_t position = from; position <= to; ++position)
    ASSERT_TRUE(f.take(position));
}

TEST(WorkflowAudience, OfSomebodyElsesWorkflowIsRefusedAsIfItWereNot) {
  one_workflow f;
  EXPECT_EQ(code_of(f.resume(0, 2)), error_code::not_found);
  ASSERT_TRUE(f.start());
  auto other = f.resuming(0, 2);
  other.user = f.add_user("eve", "plain:correct horse").id;
  EXPECT_EQ(code_of(f.ask(f.actor, other)), error_code::not_found);
  ASSERT_TRUE(f.take(1));
  EXPECT_TRUE(f.sockets.seqs(2).empty());
}

TEST(WorkflowAudience, ThatIsAheadOrBeforeTheBeginIsRefused) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  for (const int last_seq : {-1, 2}) {
    const auto refused = f.resume(last_seq, 2);
    ASSERT_EQ(code_of(refused), error_code::validation_error);
    EXPECT_EQ(refused.error().field, "last_seq");
  }
  ASSERT_TRUE(f.take(1));
  EXPECT_TRUE(f.sockets.seqs(2).empty());
}

TEST(WorkflowAudience, IsToldWhatItMissedAndThenWhatComes) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  take_many(f, 1, 4);
  const auto resumed = f.resume(2, 2).value();
  EXPECT_EQ(resumed.last_seq, 5);
  EXPECT_EQ(resumed.message_id, "msg-1");
  EXPECT_EQ(f.sockets.seqs(2), (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_TRUE(f.sockets.sent.back().is_replay);
  EXPECT_EQ(f.counts.workflow_replays.value(), 1u);
  ASSERT_TRUE(f.take(5));
  EXPECT_EQ(f.sockets.seqs(2), (std::vector<std::int64_t>{3, 4, 5, 6}));
  EXPECT_FALSE(f.sockets.sent.back().is_replay);
  ASSERT_TRUE(f.resume(6, 3));
  EXPECT_EQ(f.counts.workflow_replays.value(), 1u) << "it has missed nothing";
  EXPECT_TRUE(f.sockets.seqs(3).empty());
}

/// A registry that asks for the statuses of a workflow itself, and notes what comes when.
registry_fake::behavior_type resuming_registry(registry_fake::pointer self, workflow_actor workflow,
                                               messages::resume_workflow request,
                                               std::vector<std::string>* arrived) {
  return stub<registry_fake>(
      self,
      [arrived](messages::workflow_statuses& m) -> caf::result<messages::statuses_delivered> {
        for (const auto& status : m.statuses)
          arrived->push_back("status " + std::to_string(status.seq));
        return messages::statuses_delivered{};
      },
      [self, workflow, request, arrived](release_held&) {
        auto from_here = request;
        from_here.to.registry = registry_fake{self};
        self->request(workflow, caf::infinite, from_here)
            .then(
                [arrived](const messages::workflow_resumed&) { arrived->emplace_back("answer"); });
      });
}

TEST(WorkflowAudience, IsSentItsFirstStatusAfterTheAnswer) {
  one_workflow f;
  std::vector<std::string> arrived;
  ASSERT_TRUE(f.start());
  take_many(f, 1, 1);
  const auto registry = f.spawn(resuming_registry, f.actor, f.resuming(0, 7), &arrived);
  caf::anon_send(registry, release_held{});
  f.run();
  EXPECT_EQ(arrived, (std::vector<std::string>{"answer", "status 1", "status 2"}));
  // Also from the store, and when there is nothing after it.
  f.restart();
  arrived.clear();
  ASSERT_TRUE(f.take(2, "completed"));
  const auto later = f.spawn(resuming_registry, f.actor, f.resuming(0, 8), &arrived);
  caf::anon_send(later, release_held{});
  f.run();
  EXPECT_EQ(arrived, (std::vector<std::string>{"answer", "status 1", "status 2", "status 3"}));
}

TEST(WorkflowAudience, IsToldOnePieceAtATimeAndHoldsNobodyElse) {
  one_workflow f;
  registry_script quick;
  const auto other = f.spawn(scripted_registry, &quick);
  ASSERT_TRUE(f.start());
  auto request = f.resuming(1, 7);
  request.to.registry = other;
  ASSERT_TRUE(f.ask(f.actor, request));
  f.sockets.is_slow = true;
  take_many(f, 1, 10);
  EXPECT_EQ(f.sockets.waiting, 1u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
  EXPECT_EQ(quick.seqs(7).back(), 11);
  EXPECT_EQ(quick.seqs(7).size(), 10u);
  f.acknowledge();
  EXPECT_EQ(f.sockets.waiting, 1u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(11)) << "what has gathered in one piece";
  EXPECT_TRUE(f.sockets.sent.back().is_replay);
  f.acknowledge();
  EXPECT_EQ(f.sockets.waiting, 0u);
}

TEST(WorkflowAudience, WithAllButTheNewestIsToldInOnePieceForEachHolder) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  for (const std::uint64_t socket : {2, 3})
    ASSERT_TRUE(f.resume(1, socket));
  registry_script others;
  const auto other = f.spawn(scripted_registry, &others);
  auto request = f.resuming(1, 2); // a number of another registry's
  request.to.registry = other;
  ASSERT_TRUE(f.ask(f.actor, request));
  const auto sent = f.sockets.sent.size();
  ASSERT_TRUE(f.take(1));
  ASSERT_EQ(f.sockets.sent.size(), sent + 1);
  EXPECT_EQ(f.sockets.sent.back().sockets, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_FALSE(f.sockets.sent.back().is_replay);
  ASSERT_EQ(others.sent.size(), 1u);
  EXPECT_EQ(others.sent.back().sockets, std::vector<std::uint64_t>{2});
  f.sockets.is_open = false;
  ASSERT_TRUE(f.take(2)); // all three have gone, the other registry's has not
  f.sockets.is_open = true;
  const auto until_then = f.sockets.sent.size();
  ASSERT_TRUE(f.take(3));
  EXPECT_EQ(f.sockets.sent.size(), until_then);
  EXPECT_EQ(others.seqs(2), (std::vector<std::int64_t>{2, 3, 4}));
}

TEST(WorkflowAudience, ThatComesAndGoesSeesAllOfTwoHundredOnceAndInOrder) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  std::vector<std::int64_t> seen;
  std::uint64_t socket = 100;
  for (std::int64_t round = 0; round < 10; ++round) {
    const auto last = seen.empty() ? 0 : seen.back();
    ASSERT_TRUE(f.resume(last, ++socket));
    take_many(f, round * 20 + 1, round * 20 + 7);
    const auto sent = f.sockets.seqs(socket);
    seen.insert(seen.end(), sent.begin(), sent.end());
    f.sockets.is_open = false; // what is sent now is lost: it has gone
    take_many(f, round * 20 + 8, round * 20 + 20);
    f.sockets.is_open = true;
  }
  ASSERT_TRUE(f.resume(seen.back(), ++socket));
  const auto rest = f.sockets.seqs(socket);
  seen.insert(seen.end(), rest.begin(), rest.end());
  EXPECT_EQ(seen, f.up_to(201));
}

TEST(WorkflowAudience, ReadsFromTheStoreWhatIsNoLongerInMemoryInPieces) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  take_many(f, 1, 199);
  ASSERT_TRUE(f.resume(0, 2));
  EXPECT_EQ(f.sockets.seqs(2), f.up_to(200));
  for (const auto& piece : f.sockets.sent) {
    EXPECT_LE(piece.statuses.size(), workflow_state::piece_statuses_max);
    EXPECT_EQ(piece.is_replay, f.sockets.is_for(piece, 2));
  }
}

TEST(WorkflowAudience, IsToldLargeStatusesInSmallPieces) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  const auto large =
      R"({"status":"in_progress","step":"a","result":")" + std::string(60'000, 'x') + "\"}";
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(f.take_body(large));
  ASSERT_TRUE(f.resume(0, 2));
  EXPECT_EQ(f.sockets.seqs(2), f.up_to(10));
  for (const auto& piece : f.sockets.sent) {
    std::size_t bytes = 0;
    for (const auto& status : piece.statuses)
      bytes += status.body.size();
    EXPECT_LE(bytes, workflow_state::piece_bytes_max);
  }
}

TEST(WorkflowAudience, IsToldOnWhenTheStoreWasAwayForAWhile) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  take_many(f, 1, 100);
  f.store.set_down(true);
  ASSERT_TRUE(f.resume(0, 2));
  EXPECT_TRUE(f.sockets.seqs(2).empty());
  f.store.set_down(false);
  f.advance(workflow_state::in_doubt_retry);
  EXPECT_EQ(f.sockets.seqs(2), f.up_to(101));
}

TEST(WorkflowAudience, ThatAttachesAgainIsToldFromWhereItSays) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  take_many(f, 1, 3);
  ASSERT_TRUE(f.resume(1, 1));
  EXPECT_EQ(f.sockets.seqs(1), (std::vector<std::int64_t>{1, 2, 3, 4, 2, 3, 4}));
  ASSERT_TRUE(f.take(4));
  EXPECT_EQ(f.sockets.seqs(1).back(), 5);
  EXPECT_EQ(std::ranges::count(f.sockets.seqs(1), 5), 1) << "it is one audience";
}

TEST(WorkflowAudience, ThatAttachesAgainWhileItIsToldIsToldOnePieceAtATime) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  take_many(f, 1, 3);
  f.sockets.is_slow = true;
  ASSERT_TRUE(f.resume(0, 2));
  ASSERT_TRUE(f.resume(2, 2));
  EXPECT_EQ(f.sockets.waiting, 1u);
  f.acknowledge();
  EXPECT_EQ(f.sockets.seqs(2), (std::vector<std::int64_t>{1, 2, 3, 4, 3, 4}));
}

TEST(WorkflowAudience, WhoseSocketHasClosedIsToldNoMore) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.sockets.is_open = false;
  ASSERT_TRUE(f.take(1));
  const auto sent = f.sockets.sent.size();
  ASSERT_TRUE(f.take(2));
  EXPECT_EQ(f.sockets.sent.size(), sent);
}

TEST(WorkflowAudience, WhoseHolderHasEndedIsToldNoMore) {
  one_workflow f;
  registry_script other;
  const auto registry = f.spawn(scripted_registry, &other);
  ASSERT_TRUE(f.start());
  auto request = f.resuming(1, 7);
  request.to.registry = registry;
  ASSERT_TRUE(f.ask(f.actor, request));
  caf::anon_send_exit(registry, caf::exit_reason::user_shutdown);
  take_many(f, 1, 3);
  EXPECT_TRUE(other.sent.empty());
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(4));
}

TEST(WorkflowAudience, IsBoundedAndTheOldestGoes) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  for (std::uint64_t socket = 2; socket <= workflow_state::listeners_max + 1; ++socket)
    ASSERT_TRUE(f.resume(1, socket));
  ASSERT_TRUE(f.take(1));
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
  EXPECT_EQ(f.sockets.seqs(2), (std::vector<std::int64_t>{2}));
}

} // namespace
} // namespace latchkey::test

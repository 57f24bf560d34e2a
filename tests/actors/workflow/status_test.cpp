// How a workflow takes what is said of it: each status once, in its place, durable before it is
// answered.
#include "tests/actors/workflow/one_workflow.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

// -- what is refused ---------------------------------------------------------------------

TEST(WorkflowStatus, OfAWorkflowThatIsNotIsRefused) {
  one_workflow f;
  EXPECT_EQ(code_of(f.take(1)), error_code::not_found);
  EXPECT_FALSE(f.row());
}

TEST(WorkflowStatus, ThatIsNoneNamesTheFieldAndChangesNothing) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  const auto refused = f.take_body(R"({"status":"in_progress","step":"a","progress":2})");
  ASSERT_EQ(code_of(refused), error_code::validation_error);
  EXPECT_EQ(refused.error().field, "progress");
  EXPECT_EQ(f.take(0).error().field, "sequence");
  EXPECT_EQ(f.rows().size(), 1u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
}

TEST(WorkflowStatus, ThatIsAheadOfTheNextIsAConflictSoThatItIsSaidAgain) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  const auto refused = f.take(2);
  ASSERT_EQ(code_of(refused), error_code::conflict);
  EXPECT_EQ(refused.error().field, "sequence");
  ASSERT_TRUE(f.take(1));
  ASSERT_TRUE(f.take(2));
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(3));
}

TEST(WorkflowStatus, ThatCannotBeStoredIsAnsweredSoAndNotTold) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.store.set_disk_full(true);
  EXPECT_EQ(code_of(f.take(1)), error_code::store_unavailable);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
  f.store.set_disk_full(false);
  ASSERT_TRUE(f.take(1));
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
}

TEST(WorkflowStatus, BeyondThoseThatMayWaitIsRefusedAtOnce) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.commits.hold_answers();
  std::vector<asked<messages::status_taken>> all;
  for (std::size_t i = 0; i < turnstile::waiting_max + 2; ++i)
    all.push_back(f.begin(f.actor, f.status_of(1)));
  EXPECT_EQ(code_of(all.back().answer()), error_code::overloaded);
  EXPECT_FALSE(all[all.size() - 2].answered());
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(all[all.size() - 2].answer());
  EXPECT_EQ(f.rows().size(), 2u);
}

// -- what is taken -------------------------------------------------------------------------

TEST(WorkflowStatus, IsDurableBeforeItIsAnsweredOrTold) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.commits.hold_questions();
  const auto taken = f.begin(f.actor, f.status_of(1));
  EXPECT_FALSE(taken.answered());
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_FALSE(taken.answer().value().is_over);
  EXPECT_EQ(f.row()->last_position, 1);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
  EXPECT_FALSE(f.sockets.sent.back().is_replay);
  EXPECT_EQ(f.sockets.bodies(1).back(),
            R"({"status":"in_progress","step":"step 1","progress":0.5,"result":{}})");
  EXPECT_EQ(f.counts.workflow_statuses.value(), 2u);
}

TEST(WorkflowStatus, ThatWasTakenBeforeChangesNothing) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  ASSERT_TRUE(f.take(2));
  for (const int position : {1, 2, 1})
    EXPECT_FALSE(f.take(position).value().is_over);
  EXPECT_EQ(f.rows().size(), 3u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(3));
}

TEST(WorkflowStatus, ThatManyBringAtOnceIsTakenOnce) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  std::vector<asked<messages::status_taken>> all;
  for (const int position : {1, 1, 1, 2, 2, 3})
    all.push_back(f.ask_later(f.actor, f.status_of(position)));
  f.run();
  for (const auto& question : all)
    EXPECT_TRUE(question.answer());
  EXPECT_EQ(f.rows().size(), 4u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(4));
}

TEST(WorkflowStatus, WithoutAPositionIsTheNext) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(std::nullopt));
  ASSERT_TRUE(f.take(2));
  EXPECT_EQ(f.row()->last_position, 2);
}

TEST(WorkflowStatus, MaySayItsPositionItself) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  const std::string body = R"({"status":"in_progress","step":"a","sequence":1})";
  ASSERT_TRUE(f.take_body(body));
  ASSERT_TRUE(f.take_body(body));
  EXPECT_EQ(f.row()->last_position, 1);
  EXPECT_EQ(f.rows().size(), 2u);
}

TEST(WorkflowStatus, KeepsTheProgressThatWasToldLastAlsoAfterARestart) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  f.restart();
  ASSERT_TRUE(f.take_body(R"({"status":"in_progress","step":"a"})"));
  EXPECT_EQ(f.last_row()["progress"], 0.5);
}

TEST(WorkflowStatus, ThatIsTheLastEndsTheWorkflowForGood) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  EXPECT_TRUE(f.take(2, "completed").value().is_over);
  EXPECT_TRUE(f.row()->has_ended());
  EXPECT_EQ(f.row()->status, workflow_phase::completed);
  EXPECT_TRUE(f.take(3, "failed").value().is_over);
  EXPECT_TRUE(f.take(1).value().is_over);
  EXPECT_EQ(f.rows().size(), 3u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(3));
  EXPECT_EQ(f.counts.workflows("completed").value(), 1u);
  EXPECT_EQ(f.counts.workflows("failed").value(), 0u);
  EXPECT_EQ(f.counts.workflows_running.value(), 0);
}

// -- memory --------------------------------------------------------------------------------

TEST(WorkflowStatus, KeepsAWorkflowInMemoryUntilItHasLongBeenOver) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.env().policy.workflow_lost_after = 24h;
  f.end_stream(stream_outcome::accepted);
  f.advance(10min);
  ASSERT_TRUE(f.take(1, "completed")) << "it runs";
  f.advance(workflow_state::ended_idle - 1s);
  EXPECT_EQ(f.resume(1, 2).value().last_seq, 2);
  f.advance(4min);
  EXPECT_TRUE(f.begin(f.actor, f.resuming(0, 2)).is_gone());
  f.actor = f.find().value();
  EXPECT_EQ(f.resume(0, 3).value().last_seq, 2);
  EXPECT_EQ(f.sockets.seqs(3), f.up_to(2));
}

TEST(WorkflowStatus, LeavesMemorySecondsAfterTheLast) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1, "completed"));
  f.end_stream(stream_outcome::over);
  f.advance(workflow_state::ended_idle);
  EXPECT_TRUE(f.begin(f.actor, f.resuming(0, 2)).is_gone());
}

TEST(WorkflowStatus, HoldsNoMemoryOfAWorkflowThatEndedLongBeforeItWasToBeAskedFor) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.end_stream(stream_outcome::accepted); // and is asked for when it says nothing for ten minutes
  ASSERT_TRUE(f.take(1, "completed"));
  const auto actor = caf::actor_cast<caf::weak_actor_ptr>(f.actor);
  f.actor = nullptr;
  EXPECT_TRUE(actor.lock());
  f.advance(workflow_state::ended_idle + workflow_state::reminder_max);
  EXPECT_FALSE(actor.lock());
}

TEST(WorkflowStatus, LeavesNoActorForAWorkflowThatNeverBegan) {
  one_workflow f;
  EXPECT_TRUE(f.find()) << "it was made";
  f.advance(2min);
  EXPECT_EQ(code_of(f.find()), error_code::not_found);
}

TEST(WorkflowStatus, GoesToTheSameActorHoweverItIsFound) {
  one_workflow f;
  EXPECT_EQ(f.find().value(), f.actor);
  f.id = workflow_id_of(f.owner.id, "another");
  EXPECT_EQ(code_of(f.find()), error_code::not_found);
  f.reads.hold_questions();
  const auto found = f.begin(f.env().directories.front(), messages::find_workflow{f.id});
  const auto made = f.begin(f.env().directories.front(), messages::make_workflow{f.id});
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_EQ(found.answer().value(), made.answer().value());
}

} // namespace
} // namespace latchkey::test

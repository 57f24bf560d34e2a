// What a workflow does when nobody knows whether it was written, and when its user is removed.
#include "tests/actors/workflow/one_workflow.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(WorkflowDoubt, OfAStartThatWasWrittenIsResolvedByTheRow) {
  one_workflow f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(f.start().value().last_seq, 1);
  EXPECT_EQ(f.charged(), 1);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
  ASSERT_EQ(f.upstream.asked.size(), 1u);
  EXPECT_FALSE(f.upstream.asked.front().order.empty());
}

TEST(WorkflowDoubt, OfAStartThatWasNotWrittenIsToldAndTheNextOneChargesOnce) {
  one_workflow f;
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_EQ(code_of(f.start()), error_code::outcome_unknown);
  EXPECT_TRUE(f.upstream.asked.empty());
  ASSERT_TRUE(f.start());
  EXPECT_EQ(f.charged(), 1);
}

TEST(WorkflowDoubt, OfAStartIsResolvedAsSoonAsTheStoreCanSay) {
  one_workflow f;
  f.commits.hold_answers();
  f.store.fail_next(commit_fault::unknown_after_applying);
  const auto started = f.begin(f.actor, f.starting());
  f.store.set_down(true);
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_EQ(code_of(started.answer()), error_code::outcome_unknown);
  EXPECT_EQ(code_of(f.start()), error_code::store_unavailable);
  EXPECT_TRUE(f.upstream.asked.empty());
  f.store.set_down(false);
  f.advance(workflow_state::in_doubt_retry);
  EXPECT_EQ(f.upstream.asked.size(), 1u) << "nobody had to ask";
  EXPECT_EQ(f.start(2).value().last_seq, 1);
  EXPECT_EQ(f.charged(), 1);
}

TEST(WorkflowDoubt, OfAStatusThatWasWrittenIsResolvedByTheRow) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_FALSE(f.take(1).value().is_over);
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_TRUE(f.take(2, "completed").value().is_over);
  EXPECT_EQ(f.rows().size(), 3u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(3));
  EXPECT_EQ(f.counts.workflows_running.value(), 0);
}

TEST(WorkflowDoubt, OfAStatusThatWasNotWrittenWritesItThen) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_TRUE(f.take(1));
  EXPECT_EQ(f.rows().size(), 2u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
}

TEST(WorkflowDoubt, OfTheEndThatIsOursEndsItOnce) {
  for (const auto fault :
       {commit_fault::unknown_after_applying, commit_fault::unknown_without_applying}) {
    one_workflow f;
    ASSERT_TRUE(f.start());
    f.store.fail_next(fault);
    f.end_stream(stream_outcome::refused, "400 Bad Request");
    f.advance(workflow_state::ask_again_last);
    EXPECT_EQ(f.row()->status, workflow_phase::failed);
    EXPECT_EQ(f.rows().size(), 2u);
    EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
    EXPECT_EQ(f.upstream.asked.size(), 1u);
  }
}

TEST(WorkflowDoubt, AboutWhatAnotherHasWrittenIsResolvedByTheRow) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.write({{storage::add_workflow_status{f.id, 2, 1, R"({"status":"in_progress","step":"x"})",
                                         workflow_phase::in_progress, f.clock.now()}}});
  EXPECT_TRUE(f.take(1)) << "it is there";
  EXPECT_TRUE(f.take(2));
  EXPECT_EQ(f.rows().size(), 3u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(3));
}

// -- a user who was removed ----------------------------------------------------------------

TEST(WorkflowDoubt, AboutARemovedUserEndsWithTheNextStatus) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.remove_owner();
  EXPECT_EQ(code_of(f.take(1)), error_code::not_found);
  ASSERT_EQ(f.upstream.cancelled.size(), 1u);
  EXPECT_EQ(f.upstream.cancelled.front().workflow, f.id);
  f.end_stream(stream_outcome::cut);
  f.advance(2min);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
  EXPECT_EQ(code_of(f.find()), error_code::not_found) << "its actor has left";
  EXPECT_EQ(f.counts.workflows_running.value(), 0);
}

TEST(WorkflowDoubt, AboutARemovedUserEndsWhenUpstreamIsToBeAskedAgain) {
  one_workflow f;
  const auto owner = f.ask(f.env().directories.front(), messages::find_user{f.owner.id}).value();
  ASSERT_TRUE(f.start());
  messages::delete_user removal;
  removal.deadline = f.soon();
  ASSERT_TRUE(f.ask(owner, removal));
  f.end_stream(stream_outcome::cut);
  f.advance(2min);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
  EXPECT_EQ(f.upstream.cancelled.size(), 1u);
  EXPECT_EQ(code_of(f.find()), error_code::not_found);
}

} // namespace
} // namespace latchkey::test

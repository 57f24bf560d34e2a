// How a workflow is followed upstream: through cuts, silence, refusals and its user's cancelling.
#include "tests/actors/workflow/one_workflow.hpp"

#include <functional>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

std::size_t orders(const one_workflow& f) {
  return static_cast<std::size_t>(std::ranges::count_if(
      f.upstream.asked, [](const auto& question) { return !question.order.empty(); }));
}

// -- how it fails ------------------------------------------------------------------------

TEST(WorkflowUpstream, ThatRefusesTheOrderFailsTheWorkflowWithTheReason) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.end_stream(stream_outcome::refused, "422 Unprocessable Entity");
  EXPECT_EQ(f.last_row(), nlohmann::json::parse(R"({
    "status":"failed","step":"accepted","progress":0,"result":{},
    "error":{"code":"VALIDATION_ERROR","message":"Invalid input parameters",
             "details":{"reason":"422 Unprocessable Entity"}}})"));
  EXPECT_EQ(f.row()->status, workflow_phase::failed);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
  EXPECT_EQ(f.counts.workflows("failed").value(), 1u);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
}

TEST(WorkflowUpstream, ThatNeverAnswersFailsTheWorkflowWithinTheDeadline) {
  for (const auto code : {error_code::upstream_unavailable, error_code::upstream_timeout}) {
    one_workflow f;
    f.upstream.fails_with = code;
    ASSERT_TRUE(f.start());
    f.advance(f.env().policy.internal_deadline - 1s);
    EXPECT_FALSE(f.row()->has_ended());
    EXPECT_EQ(orders(f), f.upstream.asked.size()) << "nothing was ever ordered";
    f.advance(1s + workflow_state::ask_again_last);
    EXPECT_EQ(f.row()->status, workflow_phase::failed);
    EXPECT_EQ(f.last_row()["error"]["code"], name_of(code));
    const auto asked = f.upstream.asked.size();
    f.advance(1min);
    EXPECT_EQ(f.upstream.asked.size(), asked);
  }
}

TEST(WorkflowUpstream, ThatCannotBeAskedAtFirstIsAskedAgainAndThenFollowed) {
  one_workflow f;
  f.upstream.fails_with = error_code::upstream_unavailable;
  ASSERT_TRUE(f.start());
  f.advance(3s);
  EXPECT_GT(f.upstream.asked.size(), 2u);
  f.upstream.fails_with.reset();
  f.advance(workflow_state::ask_again_last);
  EXPECT_EQ(f.upstream.waiting, 1u);
  ASSERT_TRUE(f.take(1, "completed"));
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
  EXPECT_EQ(f.row()->status, workflow_phase::completed);
}

TEST(WorkflowUpstream, ThatIsLostAfterItsFirstAnswerIsWaitedForLonger) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 300s;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  f.end_stream(stream_outcome::cut);
  f.upstream.fails_with = error_code::upstream_unavailable;
  f.advance(200s);
  EXPECT_FALSE(f.row()->has_ended());
  f.advance(100s + workflow_state::ask_again_last);
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
  EXPECT_EQ(f.last_row()["step"], "step 1");
  EXPECT_EQ(f.last_row()["progress"], 0.5);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(3));
}

/// How often the stream is cut until the workflow is given up; 100: it is not.
int cuts_until_lost(one_workflow& f, const std::function<void()>& before_each,
                    const std::function<void()>& after_each) {
  int cuts = 0;
  for (; cuts < 100 && !f.row()->has_ended(); ++cuts) {
    before_each();
    f.end_stream(stream_outcome::cut);
    f.advance(workflow_state::ask_again_last);
    after_each();
  }
  return cuts;
}

TEST(WorkflowUpstream, ThatCutsEveryStreamWithoutAWordIsLostInTheEnd) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 100s;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  const auto cuts = cuts_until_lost(
      f, [] {}, [] {});
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
  EXPECT_LE(cuts, 12);
}

TEST(WorkflowUpstream, ThatSaysTheSameAgainAndAgainIsLostInTheEnd) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 100s;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  const auto cuts = cuts_until_lost(
      f, [] {}, [&] { f.take(1); }); // and is cut before it says 2
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
  EXPECT_LE(cuts, 12);
}

TEST(WorkflowUpstream, WhoseStreamIsCutAfterALongTimeIsFollowedAgain) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 100s;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  for (std::size_t cuts = 1; cuts <= 3; ++cuts) {
    f.advance(1000s); // the stream is open, and nothing new comes
    f.end_stream(stream_outcome::cut);
    EXPECT_FALSE(f.row()->has_ended());
    f.advance(workflow_state::ask_again_last);
    ASSERT_EQ(f.upstream.asked.size(), 1 + cuts);
  }
  ASSERT_TRUE(f.take(2, "completed"));
  EXPECT_EQ(f.row()->status, workflow_phase::completed);
}

TEST(WorkflowUpstream, ThatIsCutForItsSilenceButSaysWhereItStandsIsNotLost) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 100s;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  for (int i = 0; i < 20; ++i) {
    f.advance(50s);
    f.end_stream(stream_outcome::cut);
    f.advance(workflow_state::ask_again_last);
    ASSERT_TRUE(f.take(1)); // from the beginning
  }
  EXPECT_FALSE(f.row()->has_ended());
}

TEST(WorkflowUpstream, ThatSaysNothingAtAllIsLostInTheEndAndToldSo) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 100s;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  const auto cuts = cuts_until_lost(
      f, [&] { f.advance(50s); }, [] {});
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
  EXPECT_LE(cuts, 4);
  ASSERT_EQ(f.upstream.cancelled.size(), 1u) << "it may go on there, for nobody";
  EXPECT_EQ(f.upstream.cancelled.front().workflow, f.id);
}

TEST(WorkflowUpstream, ThatHasForgottenAWorkflowWithStatusesFailsIt) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  f.end_stream(stream_outcome::cut);
  f.advance(1s);
  f.end_stream(stream_outcome::missing);
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
}

TEST(WorkflowUpstream, ThatCannotBeToldInTheStoreIsFailedOnceItCan) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.store.set_disk_full(true);
  f.end_stream(stream_outcome::refused, "400 Bad Request");
  f.advance(5s);
  EXPECT_FALSE(f.row()->has_ended());
  f.store.set_disk_full(false);
  f.advance(workflow_state::ask_again_last);
  EXPECT_EQ(f.row()->status, workflow_phase::failed);
  EXPECT_EQ(f.rows().size(), 2u);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
}

// -- how it goes on ------------------------------------------------------------------------

TEST(WorkflowUpstream, ThatWasCutIsFollowedAgainAndWhatWasTakenIsNotTakenTwice) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  ASSERT_TRUE(f.take(2));
  f.end_stream(stream_outcome::cut);
  f.advance(1s);
  ASSERT_EQ(f.upstream.asked.size(), 2u);
  EXPECT_TRUE(f.upstream.asked.back().order.empty()) << "it is found, not ordered again";
  for (std::int64_t position = 1; position <= 5; ++position)
    ASSERT_TRUE(f.take(position, position == 5 ? "completed" : "in_progress"));
  f.end_stream(stream_outcome::over);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(6));
  f.advance(1min);
  EXPECT_EQ(f.upstream.asked.size(), 2u);
}

TEST(WorkflowUpstream, IsAskedMoreAndMoreRarelyUntilThereIsProgress) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  std::vector<std::chrono::microseconds> pauses;
  const auto cut_and_measure = [&] {
    const auto asked = f.upstream.asked.size();
    f.end_stream(stream_outcome::cut);
    const auto begin = f.clock.now();
    while (f.upstream.asked.size() == asked && f.clock.now() < begin + 60s)
      f.advance(100ms);
    pauses.push_back(f.clock.now() - begin);
  };
  for (int i = 0; i < 9; ++i)
    cut_and_measure();
  const std::vector<std::chrono::microseconds> expected{100ms,  200ms,  400ms, 800ms, 1600ms,
                                                        3200ms, 6400ms, 10s,   10s};
  EXPECT_EQ(pauses, expected);
  ASSERT_TRUE(f.take(1));
  cut_and_measure();
  EXPECT_EQ(pauses.back(), 100ms);
}

TEST(WorkflowUpstream, ThatHasNoneOfAnOrderGetsItAgainButNotForEver) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  for (int i = 0; i < 20 && f.upstream.waiting > 0; ++i) {
    const bool is_order = !f.upstream.asked.back().order.empty();
    f.end_stream(is_order ? stream_outcome::cut : stream_outcome::missing);
    f.advance(workflow_state::ask_again_last);
  }
  EXPECT_EQ(orders(f), static_cast<std::size_t>(workflow_state::orders_max));
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
}

TEST(WorkflowUpstream, ThatCallsBackIsAskedOnlyWhenItHasBeenSilentForLong) {
  one_workflow f;
  f.env().policy.workflow_lost_after = 100s;
  ASSERT_TRUE(f.start());
  f.end_stream(stream_outcome::accepted);
  f.advance(90s);
  ASSERT_TRUE(f.take(1));
  f.advance(90s);
  EXPECT_EQ(f.upstream.asked.size(), 1u) << "it has said something";
  f.advance(10s);
  ASSERT_EQ(f.upstream.asked.size(), 2u);
  EXPECT_TRUE(f.upstream.asked.back().order.empty());
  f.end_stream(stream_outcome::accepted);
  f.advance(99s);
  EXPECT_EQ(f.upstream.asked.size(), 2u) << "it lives";
  EXPECT_FALSE(f.row()->has_ended());
}

// -- how it is cancelled ---------------------------------------------------------------------

struct cancelling : one_workflow {
  result<messages::done> cancel() {
    return ask(actor, messages::cancel_workflow{owner.id, soon()});
  }
};

TEST(WorkflowUpstream, IsNotAskedToCancelWhatIsNotOrHasEndedOrIsAnothers) {
  cancelling f;
  EXPECT_EQ(code_of(f.cancel()), error_code::not_found);
  ASSERT_TRUE(f.start());
  const messages::cancel_workflow by_eve{f.add_user("eve", "").id, f.soon()};
  EXPECT_EQ(code_of(f.ask(f.actor, by_eve)), error_code::not_found);
  ASSERT_TRUE(f.take(1, "completed"));
  const auto refused = f.cancel();
  ASSERT_EQ(code_of(refused), error_code::conflict);
  EXPECT_EQ(refused.error().field, "workflow_id");
  EXPECT_TRUE(f.upstream.cancelled.empty());
}

TEST(WorkflowUpstream, ThatCannotBeAskedToCancelSaysSo) {
  cancelling f;
  ASSERT_TRUE(f.start());
  f.upstream.cancel_fails_with = error_code::upstream_timeout;
  EXPECT_EQ(code_of(f.cancel()), error_code::upstream_timeout);
  f.env().core_managers.clear();
  EXPECT_EQ(code_of(f.cancel()), error_code::upstream_unavailable);
  EXPECT_FALSE(f.row()->has_ended());
}

TEST(WorkflowUpstream, ThatIsAskedToCancelEndsTheWorkflowItself) {
  cancelling f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.cancel());
  ASSERT_EQ(f.upstream.cancelled.size(), 1u);
  EXPECT_EQ(f.upstream.cancelled.front().workflow, f.id);
  EXPECT_EQ(f.upstream.cancelled.front().caller.email, "ada@example.com");
  EXPECT_FALSE(f.row()->has_ended());
  ASSERT_TRUE(f.take_body(R"({"status":"failed","step":"cancelled"})"));
  EXPECT_EQ(f.row()->status, workflow_phase::failed);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(2));
}

TEST(WorkflowUpstream, ThatGetsTheOrderAfterTheCancellationIsToldAgain) {
  cancelling f;
  ASSERT_TRUE(f.start());
  ASSERT_EQ(f.upstream.waiting, 1u) << "the order is on its way";
  ASSERT_TRUE(f.cancel());
  ASSERT_TRUE(f.take(1)) << "it came there after the cancellation";
  f.advance(workflow_state::ask_again_last);
  f.advance(workflow_state::ask_again_last);
  EXPECT_EQ(f.upstream.cancelled.size(), 3u);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
  ASSERT_TRUE(f.take_body(R"({"status":"failed","step":"cancelled"})"));
  f.advance(10 * workflow_state::ask_again_last);
  EXPECT_EQ(f.upstream.cancelled.size(), 3u);
}

TEST(WorkflowUpstream, ThatNeverGotTheOrderDoesNotGetItOnceTheWorkflowIsCancelled) {
  cancelling f;
  f.upstream.fails_with = error_code::upstream_unavailable;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.cancel());
  const auto before = orders(f);
  f.upstream.fails_with.reset();
  f.advance(workflow_state::ask_again_last);
  EXPECT_EQ(orders(f), before);
  f.end_stream(stream_outcome::missing);
  EXPECT_EQ(f.last_row()["step"], "cancelled");
  EXPECT_EQ(f.row()->status, workflow_phase::failed);
}

TEST(WorkflowUpstream, ThatKnowsACancelledWorkflowNoMoreHasCancelledIt) {
  cancelling f;
  ASSERT_TRUE(f.start());
  f.end_stream(stream_outcome::accepted);
  ASSERT_TRUE(f.cancel());
  f.advance(workflow_state::ask_again_last);
  ASSERT_EQ(f.upstream.asked.size(), 2u) << "its last status may have been lost";
  f.end_stream(stream_outcome::missing);
  EXPECT_EQ(
      f.last_row(),
      nlohmann::json::parse(R"({"status":"failed","step":"cancelled","progress":0,"result":{}})"));
}

} // namespace
} // namespace latchkey::test

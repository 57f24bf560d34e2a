// How workflows go on after a restart.
#include "actors/workflow/recovery.hpp"

#include "tests/actors/workflow/one_workflow.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(WorkflowRecovery, GoesOnWithoutAGapAndWithoutADouble) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  for (const int position : {1, 2, 3})
    ASSERT_TRUE(f.take(position));
  f.restart();
  ASSERT_EQ(f.upstream.asked.size(), 2u);
  EXPECT_TRUE(f.upstream.asked.back().order.empty());
  EXPECT_EQ(f.upstream.asked.back().caller.email, "ada@example.com");
  ASSERT_TRUE(f.resume(2, 9));
  for (std::int64_t position = 1; position <= 5; ++position)
    ASSERT_TRUE(f.take(position, position == 5 ? "completed" : "in_progress"));
  EXPECT_EQ(f.rows().size(), 6u);
  EXPECT_EQ(f.sockets.seqs(9), (std::vector<std::int64_t>{3, 4, 5, 6}));
  EXPECT_EQ(f.counts.workflows_running.value(), 0);
}

TEST(WorkflowRecovery, OrdersAgainWhatUpstreamNeverHeardOf) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.restart();
  f.end_stream(stream_outcome::cut); // to the actor that is no more
  f.end_stream(stream_outcome::missing);
  f.advance(1s);
  ASSERT_EQ(f.upstream.asked.size(), 3u);
  EXPECT_EQ(f.upstream.asked.back().order, f.upstream.asked.front().order);
}

TEST(WorkflowRecovery, WaitsForAnUpstreamThatStartsMoreSlowlyThanWeDo) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.upstream.fails_with = error_code::upstream_unavailable;
  f.restart();
  f.advance(f.env().policy.internal_deadline * 4);
  EXPECT_FALSE(f.row()->has_ended());
  f.advance(f.env().policy.workflow_lost_after);
  EXPECT_EQ(f.last_row()["error"]["code"], "GW001");
}

/// Workflows in the store that nobody has in memory.
std::vector<workflow_id> add_workflows(one_workflow& f, std::size_t count) {
  std::vector<workflow_id> out;
  for (std::size_t i = 0; i < count; ++i) {
    auto stored = f.order("workflow " + std::to_string(i));
    stored.created_at = f.clock.now();
    f.write({{storage::add_workflow{stored},
              storage::add_workflow_status{stored.id, 1, 0, accepted_workflow_status(),
                                           workflow_phase::in_progress, stored.created_at}}});
    out.push_back(stored.id);
  }
  std::ranges::sort(out);
  return out;
}

std::vector<workflow_id> asked_for(const one_workflow& f) {
  std::vector<workflow_id> out;
  for (const auto& question : f.upstream.asked)
    out.push_back(question.workflow);
  std::ranges::sort(out);
  return out;
}

TEST(WorkflowRecovery, FindsEveryWorkflowThatHasNotEndedOnce) {
  one_workflow f;
  const auto running = add_workflows(f, workflow_recovery_state::page_max * 2 + 5);
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1, "completed"));
  f.upstream.asked.clear();
  f.spawn(workflow_recovery, f.shared_env());
  EXPECT_EQ(asked_for(f), running);
}

TEST(WorkflowRecovery, LoadsABoundedNumberAtOnce) {
  one_workflow f;
  add_workflows(f, workflow_recovery_state::page_max + 5);
  f.reads.hold_questions();
  f.spawn(workflow_recovery, f.shared_env());
  f.reads.release(); // the page
  EXPECT_EQ(f.reads.held(), workflow_recovery_state::page_max);
}

TEST(WorkflowRecovery, TriesAgainWhenTheStoreIsAway) {
  one_workflow f;
  const auto running = add_workflows(f, 3);
  f.store.set_down(true);
  f.spawn(workflow_recovery, f.shared_env());
  EXPECT_TRUE(f.upstream.asked.empty());
  f.store.set_down(false);
  f.advance(workflow_recovery_state::try_again_after);
  EXPECT_EQ(asked_for(f), running);
}

} // namespace
} // namespace latchkey::test

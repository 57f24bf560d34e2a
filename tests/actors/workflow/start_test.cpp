// How a workflow is started: once, charged once, durable before anybody hears of it.
#include "tests/actors/workflow/one_workflow.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

// -- what is refused ---------------------------------------------------------------------

TEST(WorkflowStart, OfNobodyIsRefused) {
  one_workflow f;
  f.remove_owner();
  EXPECT_EQ(code_of(f.start()), error_code::user_not_found);
  EXPECT_FALSE(f.row());
  EXPECT_TRUE(f.sockets.sent.empty());
  EXPECT_TRUE(f.upstream.asked.empty());
}

TEST(WorkflowStart, BeyondTheQuotaIsRefusedWithItsWords) {
  one_workflow f;
  f.env().tiers = parse_tiers("free:workflows=0/month").value();
  const auto refused = f.start();
  ASSERT_EQ(code_of(refused), error_code::quota_exceeded);
  EXPECT_EQ(refused.error().more,
            R"("quota":"workflows","limit":0,"resets_at":"2026-02-01T00:00:00Z")");
  EXPECT_GT(refused.error().retry_after_s, 0u);
  EXPECT_FALSE(f.row());
  EXPECT_TRUE(f.upstream.asked.empty());
  EXPECT_EQ(f.counts.workflows_running.value(), 0);
}

TEST(WorkflowStart, OfWhatCannotBeStoredNamesTheFieldAndChargesNothing) {
  one_workflow f;
  auto request = f.starting();
  request.workflow.workflow_type.assign(256, 'x');
  const auto refused = f.ask(f.actor, request);
  ASSERT_EQ(code_of(refused), error_code::validation_error);
  EXPECT_EQ(refused.error().field, "workflow_type");
  EXPECT_EQ(f.charged(), 0);
  EXPECT_FALSE(f.row());
}

TEST(WorkflowStart, ThatIsLateStartsNothing) {
  one_workflow f;
  auto request = f.starting();
  request.deadline = f.clock.now();
  EXPECT_EQ(code_of(f.ask(f.actor, request)), error_code::timeout);
  EXPECT_EQ(f.charged(), 0);
  ASSERT_TRUE(f.start()) << "and can be said again";
  EXPECT_EQ(f.charged(), 1);
}

TEST(WorkflowStart, WithOtherWordsThanBeforeIsAConflict) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  auto other_type = f.starting(2);
  other_type.workflow.workflow_type = "other";
  auto other_parameters = f.starting(3);
  other_parameters.workflow.parameters = R"({"to":"mars"})";
  for (const auto& request : {other_type, other_parameters}) {
    const auto refused = f.ask(f.actor, request);
    ASSERT_EQ(code_of(refused), error_code::conflict);
    EXPECT_EQ(refused.error().field, "id");
    EXPECT_TRUE(f.sockets.seqs(request.to.socket).empty());
  }
  auto other_space = f.starting(4);
  other_space.workflow.parameters = R"({ "to" : "moon" })";
  EXPECT_TRUE(f.ask(f.actor, other_space)) << "the same words";
}

// -- what becomes of it --------------------------------------------------------------------

TEST(WorkflowStart, IsDurableBeforeAnybodyHearsOfIt) {
  one_workflow f;
  f.commits.hold_questions();
  const auto started = f.begin(f.actor, f.starting());
  EXPECT_FALSE(started.answered());
  EXPECT_TRUE(f.sockets.sent.empty());
  EXPECT_TRUE(f.upstream.asked.empty());
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_EQ(started.answer().value().last_seq, 1);
  ASSERT_TRUE(f.row());
  EXPECT_EQ(f.row()->last_seq, 1);
  EXPECT_EQ(f.row()->created_at, f.clock.now());
  ASSERT_EQ(f.sockets.sent.size(), 1u);
  const auto& piece = f.sockets.sent.front();
  EXPECT_EQ(piece.workflow, f.id);
  EXPECT_EQ(piece.correlation_id, "msg-1");
  EXPECT_FALSE(piece.is_replay);
  ASSERT_EQ(piece.statuses.size(), 1u);
  EXPECT_EQ(piece.statuses.front().body,
            R"({"status":"in_progress","step":"accepted","progress":0,"result":{}})");
  EXPECT_EQ(f.charged(), 1);
  EXPECT_EQ(f.counts.workflows("started").value(), 1u);
  EXPECT_EQ(f.counts.workflows_running.value(), 1);
}

TEST(WorkflowStart, OrdersItUpstreamInTheWordsOfTheContract) {
  one_workflow f;
  f.owner = f.add_user("bea", "plain:correct horse");
  f.id = workflow_id_of(f.owner.id, "msg-1");
  f.make();
  ASSERT_TRUE(f.start());
  ASSERT_EQ(f.upstream.asked.size(), 1u);
  const auto& asked = f.upstream.asked.front();
  EXPECT_EQ(asked.workflow, f.id);
  const nlohmann::json expected{{"workflow_id", to_string(f.id)},
                                {"workflow_type", "deploy"},
                                {"agent_instance_id", "agent-7"},
                                {"project_id", nullptr},
                                {"parameters", {{"to", "moon"}}}};
  EXPECT_EQ(nlohmann::json::parse(asked.order), expected);
  EXPECT_EQ(asked.caller.user, f.owner.id);
  EXPECT_EQ(asked.caller.email, "bea@example.com");
  EXPECT_EQ(asked.caller.client_id, to_string(f.owner.id));
  EXPECT_EQ(asked.caller.role, "user");
  EXPECT_EQ(asked.caller.tier, "free");
  EXPECT_EQ(asked.caller.permissions, *f.env().book->roles()->permissions_of("user"));
}

TEST(WorkflowStart, ByManyAtOnceIsOneAndChargedOnce) {
  one_workflow f;
  std::vector<asked<messages::workflow_started>> all;
  for (std::uint64_t socket = 1; socket <= 20; ++socket)
    all.push_back(f.ask_later(f.actor, f.starting(socket)));
  f.run();
  for (const auto& question : all)
    EXPECT_EQ(question.answer().value().last_seq, 1);
  EXPECT_EQ(f.charged(), 1);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
  for (std::uint64_t socket = 1; socket <= 20; ++socket)
    EXPECT_EQ(f.sockets.seqs(socket), f.up_to(1)) << socket;
  EXPECT_EQ(f.counts.workflows("started").value(), 1u);
}

TEST(WorkflowStart, SaidAgainLaterTellsAllFromTheFirstAndChargesNothing) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  for (std::int64_t position = 1; position <= 3; ++position)
    ASSERT_TRUE(f.take(position, position == 3 ? "completed" : "in_progress"));
  EXPECT_EQ(f.start(2).value().last_seq, 4);
  EXPECT_EQ(f.sockets.seqs(2), f.up_to(4));
  EXPECT_TRUE(f.sockets.sent.back().is_replay);
  EXPECT_EQ(f.charged(), 1);
  EXPECT_EQ(f.upstream.asked.size(), 1u);
}

TEST(WorkflowStart, OfAWorkflowThatTheStoreHasAlreadyIsTheSameWorkflow) {
  one_workflow f;
  auto stored = f.order();
  stored.created_at = f.clock.now();
  f.write({{storage::add_workflow{stored},
            storage::add_workflow_status{stored.id, 1, 0, "{}", workflow_phase::in_progress,
                                         stored.created_at}}});
  EXPECT_EQ(f.start().value().last_seq, 1) << "another node was first";
  EXPECT_EQ(f.charged(), 0);
  EXPECT_EQ(f.sockets.seqs(1), f.up_to(1));
  EXPECT_EQ(f.upstream.asked.size(), 1u);
}

TEST(WorkflowStart, FindsTheSubscriptionAgainThatLeftMemory) {
  one_workflow f;
  const auto gone =
      f.ask(f.env().directories.front(), messages::find_subscription{f.owner.id}).value();
  caf::anon_send_exit(gone, caf::exit_reason::user_shutdown);
  ASSERT_TRUE(f.start());
  EXPECT_EQ(f.charged(), 1);
}

TEST(WorkflowStart, WithoutACoreManagerIsRefusedAndChargesNothing) {
  one_workflow f;
  f.env().core_managers.clear();
  const auto refused = f.start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::upstream_unavailable);
  EXPECT_FALSE(f.row());
  EXPECT_EQ(f.charged(), 0);
  EXPECT_EQ(f.counts.workflows_running.value(), 0);
}

TEST(WorkflowStart, ThatWasThereIsToldWithoutACoreManagerToo) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  f.env().core_managers.clear();
  ASSERT_TRUE(f.start());
  EXPECT_EQ(f.charged(), 1);
}

} // namespace
} // namespace latchkey::test

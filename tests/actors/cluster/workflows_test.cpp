// A workflow in a cluster: one node follows it at the core manager, all send its statuses.
#include "actors/workflow/recovery.hpp"
#include "tests/actors/cluster/few_nodes.hpp"
#include "tests/actors/workflow/one_workflow.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

using sequence = std::vector<std::int64_t>;

struct ClusterWorkflows : testing::Test {
  /// What one node has for workflows.
  struct side {
    core_manager_script upstream;
    registry_script sockets;
    core_manager_fake core_manager;
    registry_fake registry;
  };

  few_nodes nodes{3};
  std::array<side, 3> sides;
  user_record ada = nodes.on(0).add_user("ada", "plain:correct horse");
  workflow_id id = workflow_id_of(ada.id, "msg-1");

  ClusterWorkflows() {
    for (std::size_t i = 0; i < sides.size(); ++i) {
      auto& f = nodes.on(i);
      f.env().tiers = parse_tiers("free:workflows=5/month").value();
      sides[i].core_manager = f.spawn(scripted_core_manager, &sides[i].upstream);
      sides[i].registry = f.spawn(scripted_registry, &sides[i].sockets);
      f.env().core_managers.push_back(sides[i].core_manager);
    }
    nodes.open_all();
  }
  ~ClusterWorkflows() override {
    for (auto& each : sides) {
      each.core_manager = nullptr;
      each.registry = nullptr;
    }
  }

  workflow_actor actor_on(std::size_t i) {
    auto& f = nodes.on(i);
    return f.ask(f.env().directories.front(), messages::make_workflow{id}).value();
  }
  messages::audience socket_on(std::size_t i) { return {sides[i].registry, 1}; }
  void start_on(std::size_t i) {
    messages::start_workflow order;
    order.workflow.id = id;
    order.workflow.user = ada.id;
    order.workflow.message_id = "msg-1";
    order.workflow.workflow_type = "deploy";
    order.to = socket_on(i);
    order.deadline = nodes.on(i).soon();
    const auto started = nodes.on(i).ask(actor_on(i), order);
    ASSERT_TRUE(started) << started.error().reason;
    nodes.run();
  }
  void resume_on(std::size_t i, std::int64_t last_seq = 0) {
    const messages::resume_workflow request{ada.id, last_seq, socket_on(i)};
    const auto resumed = nodes.on(i).ask(actor_on(i), request);
    ASSERT_TRUE(resumed) << resumed.error().reason;
    nodes.run();
  }
  error_code take_on(std::size_t i, std::int64_t position,
                     const std::string& status = "in_progress") {
    const messages::take_status taken{one_workflow::status_body("s", status), position,
                                      nodes.on(i).soon()};
    const auto reply = nodes.on(i).begin(actor_on(i), taken);
    nodes.run();
    return code_of(reply.answer());
  }
  std::size_t asked_on(std::size_t i) const { return sides[i].upstream.asked.size(); }
  sequence heard_on(std::size_t i) const { return sides[i].sockets.seqs(1); }
  void recover_on(std::size_t i) {
    nodes.on(i).spawn(workflow_recovery, nodes.on(i).shared_env());
    nodes.run();
  }
  member_id owner() {
    const auto found = nodes.on(1).store.open_reader()->find(storage::find_workflow_record{id});
    return found.value().get<storage::find_workflow_record::answer>().value().owner;
  }
};

TEST_F(ClusterWorkflows, AreFollowedByTheNodeThatStartedThemAlone) {
  start_on(0);
  resume_on(1);
  nodes.advance(5s);
  EXPECT_EQ(asked_on(0), 1U);
  EXPECT_EQ(asked_on(1), 0U);
  EXPECT_EQ(owner(), nodes[0].id);
}

TEST_F(ClusterWorkflows, AreToldToSocketsOfOtherNodesInOrderAndOnce) {
  start_on(0);
  resume_on(1);
  for (std::int64_t position = 1; position <= 3; ++position)
    EXPECT_EQ(take_on(0, position, position == 3 ? "completed" : "in_progress"), error_code::none);
  EXPECT_EQ(heard_on(0), (sequence{1, 2, 3, 4}));
  EXPECT_EQ(heard_on(1), (sequence{1, 2, 3, 4}));
}

TEST_F(ClusterWorkflows, ThatANodeReadsForTheFirstTimeAreToldFromWhereItsSocketWas) {
  start_on(0);
  for (std::int64_t position = 1; position <= 3; ++position)
    EXPECT_EQ(take_on(0, position), error_code::none);
  resume_on(2, 2);
  EXPECT_EQ(take_on(0, 4, "completed"), error_code::none);
  EXPECT_EQ(heard_on(2), (sequence{3, 4, 5}));
}

TEST_F(ClusterWorkflows, TakeAStatusAtAnyNode) {
  start_on(0);
  resume_on(1);
  EXPECT_EQ(take_on(2, 1), error_code::none);
  EXPECT_EQ(take_on(0, 2), error_code::none);
  EXPECT_EQ(take_on(2, 3), error_code::none);
  EXPECT_EQ(take_on(1, 4, "completed"), error_code::none);
  EXPECT_EQ(heard_on(0), (sequence{1, 2, 3, 4, 5}));
  EXPECT_EQ(heard_on(1), (sequence{1, 2, 3, 4, 5}));
}

TEST_F(ClusterWorkflows, WhoseNewsAreLostAreReadInTheStore) {
  start_on(0);
  resume_on(1);
  nodes.cut(0, 1);
  EXPECT_EQ(take_on(0, 1), error_code::none);
  EXPECT_EQ(heard_on(1), (sequence{1}));
  nodes.advance(workflow_state::owner_silent + 3 * workflow_state::attend_every);
  EXPECT_EQ(heard_on(1), (sequence{1, 2}));
}

TEST_F(ClusterWorkflows, WhoseNewsTheOwnerHasMissedAreReadWhenTheOtherIsBack) {
  start_on(0);
  nodes.cut(0, 1);
  EXPECT_EQ(take_on(1, 1), error_code::none);
  EXPECT_EQ(heard_on(0), (sequence{1})) << "its owner has not heard of it";
  nodes.heal(0, 1);
  nodes.advance(1s);
  EXPECT_EQ(heard_on(0), (sequence{1, 2}));
}

TEST_F(ClusterWorkflows, WhoseNewsTheOwnerHasMissedAreReadWhenTheOtherIsGone) {
  start_on(0);
  nodes.cut(0, 2);
  EXPECT_EQ(take_on(2, 1), error_code::none);
  EXPECT_EQ(heard_on(0), (sequence{1}));
  sides[2].core_manager = nullptr;
  sides[2].registry = nullptr;
  nodes.kill(2);
  nodes.advance(5s);
  EXPECT_EQ(heard_on(0), (sequence{1, 2}));
}

TEST_F(ClusterWorkflows, AreResumedWhereLessIsKnownThanTheClientHasRead) {
  start_on(0);
  nodes.cut(0, 1);
  EXPECT_EQ(take_on(1, 1), error_code::none);
  resume_on(1);
  EXPECT_EQ(heard_on(1), (sequence{1, 2}));
  const messages::resume_workflow request{ada.id, 2, {sides[0].registry, 7}};
  EXPECT_EQ(nodes.on(0).ask(actor_on(0), request)->last_seq, 2);
  EXPECT_EQ(sides[0].sockets.seqs(7), sequence{}) << "it has read all there is";
}

TEST_F(ClusterWorkflows, AreFoundByANodeThatHasSeenThatThereWasNone) {
  EXPECT_EQ(take_on(1, 1), error_code::not_found);
  start_on(0);
  resume_on(1);
  EXPECT_EQ(heard_on(1), (sequence{1}));
}

TEST_F(ClusterWorkflows, TakeNoStatusThatIsAheadForWrongWhileTheStoreIsAway) {
  start_on(0);
  EXPECT_EQ(take_on(1, 1), error_code::none);
  nodes.cut(0, 1);
  EXPECT_EQ(take_on(1, 2), error_code::none);
  nodes.on(0).store.set_down(true);
  EXPECT_EQ(take_on(0, 3), error_code::store_unavailable);
  nodes.on(0).store.set_down(false);
  EXPECT_EQ(take_on(0, 3), error_code::none);
}

TEST_F(ClusterWorkflows, ThatAreCancelledElsewhereAreNotOrderedAgain) {
  start_on(0);
  resume_on(1);
  const auto cancelled =
      nodes.on(1).begin(actor_on(1), messages::cancel_workflow{ada.id, nodes.on(1).soon()});
  nodes.run();
  ASSERT_TRUE(cancelled.answer());
  EXPECT_EQ(owner(), nodes[1].id);
  EXPECT_EQ(sides[1].upstream.cancelled.size(), 1U);
  sides[0].upstream.answer = {stream_outcome::cut, ""};
  caf::anon_send(sides[0].core_manager, release_held{});
  nodes.advance(3s);
  EXPECT_EQ(asked_on(0), 1U) << "it is another node's now";
  ASSERT_GT(asked_on(1), 0U);
  EXPECT_TRUE(sides[1].upstream.asked.back().order.empty());
  sides[1].upstream.answer = {stream_outcome::missing, ""};
  caf::anon_send(sides[1].core_manager, release_held{});
  nodes.advance(3s);
  EXPECT_EQ(heard_on(0), (sequence{1, 2})) << "and both hear its end";
  EXPECT_EQ(heard_on(1), (sequence{1, 2}));
}

TEST_F(ClusterWorkflows, OfANodeThatIsGoneGoOnAtAnother) {
  for (std::size_t i = 0; i < 2; ++i)
    recover_on(i);
  start_on(2);
  resume_on(1);
  EXPECT_EQ(take_on(2, 1), error_code::none);
  sides[2].core_manager = nullptr;
  sides[2].registry = nullptr;
  nodes.kill(2);
  nodes.advance(6s);
  ASSERT_EQ(asked_on(0) + asked_on(1), 1U) << "one of them follows it now";
  const std::size_t next = asked_on(0) == 1 ? 0 : 1;
  EXPECT_TRUE(sides[next].upstream.asked.front().order.empty()) << "it is looked up";
  EXPECT_EQ(owner(), nodes[next].id);
  EXPECT_EQ(take_on(next, 2, "completed"), error_code::none);
  nodes.advance(2s);
  EXPECT_EQ(heard_on(1), (sequence{1, 2, 3}));
}

TEST_F(ClusterWorkflows, OfAServerThatWasAloneBecomeANodes) {
  start_on(0);
  nodes.on(0).write({{storage::add_workflow{[this] {
    workflow_record old;
    old.id = workflow_id_of(ada.id, "msg-0");
    old.user = ada.id;
    old.message_id = "msg-0";
    old.workflow_type = "deploy";
    old.created_at = nodes.on(0).clock.now();
    return old;
  }()}}});
  recover_on(2);
  nodes.advance(1s);
  const auto found =
      nodes.on(2).store.open_reader()->find(storage::list_running_workflows{{}, 10, nodes[2].id});
  EXPECT_EQ(found.value().get<storage::list_running_workflows::answer>(),
            (std::vector<workflow_id>{workflow_id_of(ada.id, "msg-0")}));
}

} // namespace
} // namespace latchkey::test

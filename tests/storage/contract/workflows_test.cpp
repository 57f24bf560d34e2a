// What every engine does with workflows and their statuses.
#include "tests/storage/racing.hpp"

#include <algorithm>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Workflows : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann = add(make_user("ann"));
  }
  workflow_record make_workflow(const std::string& message) {
    workflow_record w;
    w.id = workflow_id_of(ann.id, message);
    w.user = ann.id;
    w.message_id = message;
    w.workflow_type = "deploy";
    w.created_at = noon;
    return w;
  }
  static add_workflow_status status(const workflow_record& of, std::int64_t seq,
                                    workflow_phase phase = workflow_phase::in_progress) {
    const auto body = R"({"step":)" + std::to_string(seq) + "}";
    return {of.id, seq, seq - 1, body, phase, noon + std::chrono::seconds{seq}};
  }
  workflow_record start(const std::string& message) {
    const auto w = make_workflow(message);
    EXPECT_TRUE(commit({add_workflow{w}, status(w, 1)}));
    return w;
  }
  std::optional<workflow_record> stored(const workflow_record& w) {
    return ask(*reader_, find_workflow_record{w.id});
  }
  std::vector<workflow_status_record> statuses(const workflow_record& of, std::int64_t after = 0,
                                               std::size_t limit = page_rows_max) {
    return ask(*reader_, list_workflow_statuses{of.id, after, limit});
  }
  std::vector<workflow_id> running(const workflow_id& after = {},
                                   std::size_t limit = page_rows_max) {
    return ask(*reader_, list_running_workflows{after, limit, {}});
  }
  user_record ann;
};
LATCHKEY_ON_EVERY_ENGINE(Workflows);

TEST_P(Workflows, AreRefusedWithoutTheirUser) {
  auto nobodys = make_workflow("m");
  nobodys.user = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({add_workflow{nobodys}}), error_code::user_not_found));
  EXPECT_FALSE(stored(nobodys));
}

TEST_P(Workflows, AreAddedOnce) {
  const auto first = start("m");
  EXPECT_TRUE(failed_with(commit({add_workflow{first}}), error_code::conflict, "id"));
  auto same_message = first;
  same_message.id = workflow_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({add_workflow{same_message}}), error_code::conflict, "id"));
  EXPECT_FALSE(stored(same_message));
  EXPECT_EQ(stored(first)->last_seq, 1);
}

TEST_P(Workflows, ThatManyStartAtOnceAreChargedOnce) {
  const auto w = make_workflow("m");
  const spend_quota charge{ann.id, "workflows", noon, 1, 100, noon};
  const std::vector<unit> units(12, unit{{charge, add_workflow{w}, status(w, 1)}});
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 1u);
  const auto usage = ask(*reader_, list_quota_usage{ann.id});
  ASSERT_EQ(usage.size(), 1u);
  EXPECT_EQ(usage.front().used, 1);
  EXPECT_EQ(statuses(w).size(), 1u);
}

TEST_P(Workflows, AreReadBackAsTheyWereWritten) {
  auto wanted = make_workflow("a message");
  wanted.agent_instance_id = "agent";
  wanted.project_id = "project";
  wanted.parameters = R"({"a":"ü"})";
  ASSERT_TRUE(commit({add_workflow{wanted}}));
  const auto found = stored(wanted);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, wanted.id);
  EXPECT_EQ(found->user, ann.id);
  EXPECT_EQ(found->message_id, "a message");
  EXPECT_EQ(found->workflow_type, "deploy");
  EXPECT_EQ(found->agent_instance_id, "agent");
  EXPECT_EQ(found->project_id, "project");
  EXPECT_EQ(found->parameters, R"({"a":"ü"})");
  EXPECT_EQ(found->status, workflow_phase::in_progress);
  EXPECT_EQ(found->last_seq, 0);
  EXPECT_EQ(found->last_position, 0);
  EXPECT_EQ(found->created_at, noon);
  EXPECT_FALSE(found->has_ended());
}

TEST_P(Workflows, MoveWithEachStatusUntilTheLast) {
  const auto w = start("m");
  auto second = status(w, 2);
  second.position = 7;
  ASSERT_TRUE(commit({second}));
  EXPECT_EQ(stored(w)->last_seq, 2);
  EXPECT_EQ(stored(w)->last_position, 7);
  EXPECT_FALSE(stored(w)->has_ended());
  ASSERT_TRUE(commit({status(w, 3, workflow_phase::completed)}));
  EXPECT_EQ(stored(w)->status, workflow_phase::completed);
  EXPECT_EQ(stored(w)->ended_at, noon + 3s);
  EXPECT_TRUE(failed_with(commit({status(w, 4)}), error_code::conflict, "seq")) << "it has ended";
  const auto all = statuses(w);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].seq, 2);
  EXPECT_EQ(all[1].body, R"({"step":2})");
  EXPECT_EQ(all[1].at, noon + 2s);
}

TEST_P(Workflows, TakeNoStatusOutOfItsTurn) {
  const auto w = start("m");
  EXPECT_TRUE(failed_with(commit({status(w, 1)}), error_code::conflict, "seq"));
  EXPECT_TRUE(failed_with(commit({status(w, 3)}), error_code::conflict, "seq"));
  EXPECT_TRUE(failed_with(commit({status(make_workflow("other"), 1)}), error_code::not_found));
  EXPECT_EQ(statuses(w).size(), 1u);
  EXPECT_EQ(stored(w)->last_seq, 1);
}

TEST_P(Workflows, TakeEachStatusFromOneOfMany) {
  const auto w = start("m");
  const std::vector<unit> units(8, unit{{status(w, 2)}});
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 1u);
  EXPECT_EQ(statuses(w).size(), 2u);
}

TEST_P(Workflows, KeepTheOrderOfABatch) {
  const auto w = make_workflow("m");
  const auto other = start("other");
  const std::vector<unit> batch{{{add_workflow{w}, status(w, 1)}},
                                {{status(other, 2)}},
                                {{status(w, 2)}},
                                {{status(w, 4)}},
                                {{status(w, 3, workflow_phase::failed)}},
                                {{status(other, 3)}}};
  const auto answers = writer_->commit(batch);
  for (const auto index : {0u, 1u, 2u, 4u, 5u})
    EXPECT_TRUE(answers[index]) << index;
  EXPECT_TRUE(failed_with(answers[3], error_code::conflict, "seq"));
  EXPECT_EQ(stored(w)->status, workflow_phase::failed);
  EXPECT_EQ(statuses(w).size(), 3u);
  EXPECT_EQ(statuses(other).size(), 3u);
}

TEST_P(Workflows, ShowTheirStatusesBehindAnyInPages) {
  const auto w = start("m");
  start("other");
  for (std::int64_t seq = 2; seq <= 12; ++seq)
    ASSERT_TRUE(commit({status(w, seq)}));
  const auto page = statuses(w, 9, 2);
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0].seq, 10);
  EXPECT_EQ(page[1].seq, 11);
  EXPECT_EQ(statuses(w, 11).size(), 1u);
  EXPECT_TRUE(statuses(w, 12).empty());
  EXPECT_TRUE(statuses(make_workflow("none")).empty());
}

TEST_P(Workflows, AreListedWhileTheyRun) {
  std::vector<workflow_id> expected;
  for (const auto* message : {"a", "b", "c", "d"})
    expected.push_back(start(message).id);
  const auto over = start("over");
  ASSERT_TRUE(commit({status(over, 2, workflow_phase::completed)}));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(running(), expected);
  const auto first = running({}, 3);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(running(first.back(), 3), (std::vector<workflow_id>{expected[3]}));
  EXPECT_TRUE(running(expected[3]).empty());
}

TEST_P(Workflows, AreForgottenOldestFirstOnceTheyHaveLongBeenOver) {
  const auto ended = [this](const std::string& message, std::chrono::seconds after) {
    const auto w = start(message);
    auto last = status(w, 2, workflow_phase::completed);
    last.at = noon + after;
    EXPECT_TRUE(commit({last}));
    return w;
  };
  const auto late = ended("late", 30s);
  const auto early = ended("early", 10s);
  const auto middle = ended("middle", 20s);
  const auto live = start("live");
  EXPECT_EQ(commit({forget_workflows{noon + 10s, 9}})->forgotten, 0);
  EXPECT_EQ(commit({forget_workflows{noon + 1h, 2}})->forgotten, 2);
  EXPECT_FALSE(stored(early));
  EXPECT_FALSE(stored(middle));
  EXPECT_TRUE(statuses(early).empty());
  EXPECT_TRUE(stored(late));
  EXPECT_EQ(commit({forget_workflows{noon + 1h, 2}})->forgotten, 1);
  EXPECT_TRUE(stored(live)) << "it has not ended";
  EXPECT_EQ(statuses(live).size(), 1u);
}

TEST_P(Workflows, HoldAsMuchAsTheyMayAndNoMore) {
  auto w = make_workflow(std::string(workflow_message_id_chars_max, 'm'));
  w.parameters = R"({"a":")" + std::string(workflow_parameters_bytes_max - 8, 'x') + "\"}";
  auto first = status(w, 1);
  first.body = R"({"a":")" + std::string(workflow_status_bytes_max - 8, 'x') + "\"}";
  ASSERT_TRUE(commit({add_workflow{w}, first}));
  EXPECT_EQ(stored(w)->parameters, w.parameters);
  EXPECT_EQ(statuses(w).front().body, first.body);

  const auto refused = [this](const workflow_record& made, const std::string& field) {
    return failed_with(commit({add_workflow{made}}), error_code::validation_error, field);
  };
  const auto changed = [this](auto change) {
    auto made = make_workflow("n");
    change(made);
    return made;
  };
  EXPECT_TRUE(refused(make_workflow(std::string(129, 'm')), "message_id"));
  EXPECT_TRUE(refused(make_workflow(""), "message_id"));
  EXPECT_TRUE(refused(changed([](auto& r) { r.workflow_type = ""; }), "workflow_type"));
  EXPECT_TRUE(refused(changed([](auto& r) { r.project_id.assign(256, 'x'); }), "project_id"));
  EXPECT_TRUE(refused(changed([](auto& r) { r.parameters = "[]"; }), "parameters"));
  EXPECT_TRUE(refused(changed([](auto& r) { r.parameters.assign(65537, ' '); }), "parameters"));
  EXPECT_TRUE(refused(changed([](auto& r) { r.last_seq = 1; }), "last_seq"));
}

TEST_P(Workflows, TakeNothingThatIsNoStatus) {
  const auto w = start("m");
  const auto refused = [&](auto change, const std::string& field) {
    auto changed = status(w, 2);
    change(changed);
    return failed_with(commit({changed}), error_code::validation_error, field);
  };
  EXPECT_TRUE(refused([](auto& f) { f.body = ""; }, "body"));
  EXPECT_TRUE(refused([](auto& f) { f.body = "[1]"; }, "body"));
  EXPECT_TRUE(refused([](auto& f) { f.body.assign(65537, ' '); }, "body"));
  EXPECT_TRUE(refused([](auto& f) { f.seq = 0; }, "seq"));
  EXPECT_TRUE(refused([](auto& f) { f.position = -1; }, "position"));
  EXPECT_EQ(statuses(w).size(), 1u);
}

// -- owners --------------------------------------------------------------------------------

TEST_P(Workflows, HaveTheOwnerThatTheyWereAddedWithUntilThereIsAnother) {
  const member_id one{make_uuid(noon)};
  const member_id two{make_uuid(noon)};
  auto w = make_workflow("m");
  w.owner = one;
  EXPECT_TRUE(commit({add_workflow{w}, status(w, 1)}));
  EXPECT_EQ(stored(w)->owner, one);
  EXPECT_EQ(stored(start("nobody's"))->owner, member_id{});
  EXPECT_TRUE(commit({own_workflow{w.id, two}}));
  EXPECT_EQ(stored(w)->owner, two);
  EXPECT_TRUE(commit({status(w, 2, workflow_phase::completed)}));
  EXPECT_TRUE(failed_with(commit({own_workflow{w.id, one}}), error_code::not_found, "workflow"));
  EXPECT_EQ(stored(w)->owner, two) << "it has ended";
}

TEST_P(Workflows, OfOneOwnerAreListedAndClaimedAFewAtATime) {
  const member_id gone{make_uuid(noon)};
  const member_id heir{make_uuid(noon)};
  for (const auto* message : {"a", "b", "c"}) {
    const auto w = start(message);
    EXPECT_TRUE(commit({own_workflow{w.id, gone}}));
  }
  const auto kept = start("d");
  EXPECT_EQ(commit({claim_workflows{gone, heir, 2}})->claimed, 2);
  EXPECT_EQ(ask(*reader_, list_running_workflows{{}, 10, heir}).size(), 2u);
  EXPECT_EQ(ask(*reader_, list_running_workflows{{}, 10, gone}).size(), 1u);
  EXPECT_EQ(commit({claim_workflows{gone, heir, 2}})->claimed, 1);
  EXPECT_EQ(commit({claim_workflows{gone, heir, 2}})->claimed, 0);
  EXPECT_EQ(stored(kept)->owner, member_id{});
  auto owners = ask(*reader_, list_workflow_owners{});
  std::ranges::sort(owners);
  EXPECT_EQ(owners, (std::vector<member_id>{member_id{}, heir}));
  EXPECT_EQ(commit({claim_workflows{{}, heir, 9}})->claimed, 1) << "nobody's";
}

TEST_P(Workflows, ThatSeveralClaimAtOnceAreSharedAmongThem) {
  const member_id gone{make_uuid(noon)};
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(commit({own_workflow{start(std::to_string(i)).id, gone}}));
  std::vector<unit> units;
  std::vector<member_id> heirs;
  for (int i = 0; i < 4; ++i) {
    heirs.push_back(member_id{make_uuid(noon)});
    units.push_back(unit{{claim_workflows{gone, heirs.back(), 8}}});
  }
  (void)race(*store_, units);
  std::size_t all = 0;
  for (const auto& heir : heirs)
    all += ask(*reader_, list_running_workflows{{}, 10, heir}).size();
  EXPECT_EQ(all, 8u) << "each is one member's";
}

} // namespace

} // namespace latchkey::test

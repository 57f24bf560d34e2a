// What is forgotten of what is over, and when.
#include "actors/store/retention.hpp"

#include "tests/support/actor_fixture.hpp"

#include <algorithm>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

struct one_retention : actor_fixture {
  user_record owner = add_user("ada", "");

  session_record add_expired() {
    auto s = add_session(owner);
    write({{storage::end_session{s.id, clock.now(), "logout"}}});
    return s;
  }
  void start() { spawn(retention, shared_env()); }
  std::size_t commits_of(auto is) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < commits.seen(); ++i)
      count += is(commits.question<messages::commit>(i).unit.facts.front()) ? 1 : 0;
    return count;
  }
};

bool is_of_sessions(const storage::fact& fact) {
  return fact.holds<storage::forget_sessions>();
}
bool is_of_audits(const storage::fact& fact) {
  return fact.holds<storage::forget_audits>();
}

TEST(Retention, ForgetsSessionsOnceTheirTimeIsUp) {
  one_retention f;
  const auto over = f.add_expired();
  const auto live = f.add_session(f.owner);
  f.env().policy.session_history = 100s;
  f.start();
  EXPECT_TRUE(f.stored(over.id));
  f.advance(101s);
  EXPECT_TRUE(f.stored(over.id)) << "it rests";
  f.advance(retention_every);
  EXPECT_FALSE(f.stored(over.id));
  EXPECT_TRUE(f.stored(live.id));
}

TEST(Retention, ForgetsWorkflowsThatEndedOnceTheirTimeIsUp) {
  one_retention f;
  const auto add = [&f](const std::string& message, workflow_phase status) {
    workflow_record run;
    run.id = workflow_id_of(f.owner.id, message);
    run.user = f.owner.id;
    run.message_id = run.workflow_type = message;
    run.created_at = f.clock.now();
    f.write({{storage::add_workflow{run},
              storage::add_workflow_status{run.id, 1, 1, "{}", status, f.clock.now()}}});
    return storage::find_workflow_record{run.id};
  };
  const auto is_there = [&f](const storage::find_workflow_record& question) {
    const auto found = f.store.open_reader()->find(question);
    return found.value().get<storage::find_workflow_record::answer>().has_value();
  };
  std::vector<storage::find_workflow_record> over;
  for (std::size_t i = 0; i < retention_workflows_max + 1; ++i)
    over.push_back(add("over " + std::to_string(i), workflow_phase::completed));
  const auto running = add("running", workflow_phase::in_progress);
  f.env().policy.workflow_history = 100s;
  f.start();
  EXPECT_TRUE(std::ranges::all_of(over, is_there));
  f.advance(retention_every);
  EXPECT_TRUE(std::ranges::none_of(over, is_there)) << "one slice after another";
  EXPECT_TRUE(is_there(running));
}

TEST(Retention, TakesOneSliceAfterAnother) {
  one_retention f;
  for (std::size_t i = 0; i < retention_slice_max + 1; ++i)
    f.add_expired();
  f.clock.move(f.env().policy.session_history + 1s);
  f.start();
  EXPECT_EQ(f.commits_of(is_of_sessions), 2u);
}

TEST(Retention, KeepsTheAuditLogUnlessItIsToldOtherwise) {
  one_retention f;
  f.start();
  EXPECT_EQ(f.commits_of(is_of_audits), 0u);
  audit_record line;
  line.id = make_uuid(f.clock.now());
  line.at = f.clock.now();
  line.action = "something.done";
  f.write({{storage::add_audit{line}}});
  f.env().policy.audit_history = 100s;
  f.advance(retention_every);
  EXPECT_TRUE(f.store.audits().empty());
}

TEST(Retention, KeepsAllWhereNothingIsToBeForgotten) {
  one_retention f;
  f.env().policy.session_history = 0s;
  f.env().policy.workflow_history = 0s;
  f.start();
  EXPECT_EQ(f.commits.seen(), 0u);
}

TEST(Retention, LetsGoOfWindowsThatAreOverThoughNobodyTakesAny) {
  one_retention f;
  constexpr std::size_t count = 500;
  for (std::size_t i = 0; i < count; ++i)
    f.env().limiter->take("unknown:" + std::to_string(i), {10, 60}, f.clock.steady());
  f.store.set_down(true);
  f.start();
  f.advance(59s);
  EXPECT_EQ(f.env().limiter->windows(), count);
  f.advance(window_sweep_every * (rate_limiter_parts + 1));
  EXPECT_EQ(f.env().limiter->windows(), 0u);
}

TEST(Retention, TriesAgainLaterWhenTheStoreIsAway) {
  one_retention f;
  f.store.set_down(true);
  f.start();
  f.store.set_down(false);
  const auto tries = f.commits_of(is_of_sessions);
  f.advance(retention_every);
  EXPECT_EQ(f.commits_of(is_of_sessions), tries + 1);
}

} // namespace
} // namespace latchkey::test

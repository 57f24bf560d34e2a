// Who has which user and which session.
#include "actors/directory/directory.hpp"

#include "actors/session/session.hpp"
#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

struct one_directory : actor_fixture {
  user_record owner = add_user("ada", "plain:correct horse");
  session_record record = add_session(owner);
  directory_actor actor = env().directories.front();

  result<session_actor> find_session(std::uint64_t gone = 0) {
    return ask(actor, messages::find_session{record.id, gone});
  }
  messages::revoke revoke() {
    messages::revoke out;
    out.reason = end_reason::logout;
    out.deadline = soon();
    return out;
  }
  messages::register_user registration(const std::string& username, const std::string& email) {
    messages::register_user out;
    out.user.id = user_id{make_uuid(clock.now())};
    out.user.username = username;
    out.user.email = email;
    out.user.password_hash = secret{"plain:correct horse"s};
    out.user.created_at = out.user.updated_at = clock.now();
    out.username_key = username;
    out.email_key = email;
    out.client = {"192.0.2.1", "curl", "req_1"};
    out.deadline = soon();
    return out;
  }
};

TEST(Directory, RefusesAUserThatIsNot) {
  one_directory f;
  EXPECT_EQ(code_of(f.ask(f.actor, messages::find_user{user_id{make_uuid(f.clock.now())}})),
            error_code::user_not_found);
}

TEST(Directory, RefusesASessionThatIsNot) {
  one_directory f;
  f.record.id = session_id{make_uuid(f.clock.now())};
  EXPECT_EQ(code_of(f.find_session()), error_code::token_invalid);
}

TEST(Directory, RefusesAnEndedSession) {
  one_directory f;
  f.write({{storage::end_session{f.record.id, f.clock.now(), "elsewhere"}}});
  EXPECT_EQ(code_of(f.find_session()), error_code::token_invalid);
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
}

TEST(Directory, RefusesAnExpiredSession) {
  one_directory f;
  f.clock.move(f.env().policy.session_ttl);
  EXPECT_EQ(code_of(f.find_session()), error_code::token_invalid);
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
}

TEST(Directory, LoadsOnceForAllWhoAskMeanwhile) {
  one_directory f;
  f.reads.hold_questions();
  std::vector<asked<session_actor>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(f.begin(f.actor, messages::find_session{f.record.id}));
  EXPECT_EQ(f.reads.seen(), 1u);
  f.reads.release();
  const auto first = all.front().answer();
  ASSERT_TRUE(first);
  for (const auto& question : all)
    EXPECT_EQ(question.answer().value(), *first);
  EXPECT_EQ(f.find_session().value(), *first);
  EXPECT_EQ(f.reads.seen(), 1u);
  EXPECT_EQ(f.counts.sessions_live.value(), 1);
}

TEST(Directory, TellsAllWhoWaitThatALoadFailedAndTriesAnewForTheNext) {
  one_directory f;
  f.reads.hold_questions();
  std::vector<asked<user_actor>> all;
  for (int i = 0; i < 5; ++i)
    all.push_back(f.begin(f.actor, messages::find_user{f.owner.id}));
  f.store.set_down(true);
  f.reads.release();
  for (const auto& question : all)
    EXPECT_EQ(code_of(question.answer()), error_code::store_unavailable);
  f.store.set_down(false);
  f.reads.hold_nothing();
  EXPECT_TRUE(f.ask(f.actor, messages::find_user{f.owner.id}));
  EXPECT_EQ(f.reads.seen(), 2u);
}

TEST(Directory, ReplacesAnActorThatWasFoundGone) {
  one_directory f;
  const auto first = f.find_session().value();
  caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_TRUE(f.begin(first, messages::validate{}).is_gone());
  const auto second = f.find_session(first.id()).value();
  EXPECT_NE(second, first);
  EXPECT_TRUE(f.ask(second, messages::validate{}));
  // Whoever learns of it later is given the same.
  EXPECT_EQ(f.find_session(first.id()).value(), second);
  EXPECT_EQ(f.counts.sessions_live.value(), 1);
}

TEST(Directory, GivesANewSessionItsActorWithoutReadingIt) {
  one_directory f;
  const auto adopted = f.ask(f.actor, messages::adopt_session{f.record, 1}).value();
  EXPECT_EQ(f.ask(f.actor, messages::adopt_session{f.record, 1}).value(), adopted);
  EXPECT_EQ(f.find_session().value(), adopted);
  EXPECT_EQ(f.reads.seen(), 0u);
}

TEST(Directory, LoadsNobodyForWhoeverAsksForThoseInMemory) {
  one_directory f;
  const messages::find_session session{f.record.id, 0, true};
  const messages::find_user user{f.owner.id, 0, true};
  EXPECT_EQ(code_of(f.ask(f.actor, session)), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, user)), error_code::user_not_found);
  EXPECT_EQ(f.reads.seen(), 0u);
  const auto first = f.find_session().value();
  const auto owner = f.ask(f.actor, messages::find_user{f.owner.id}).value();
  const auto seen = f.reads.seen();
  EXPECT_EQ(f.ask(f.actor, session).value(), first);
  EXPECT_EQ(f.ask(f.actor, user).value(), owner);
  EXPECT_EQ(f.reads.seen(), seen);
}

TEST(Directory, HasOneActorForASessionThatIsAdoptedWhileItIsLoaded) {
  one_directory f;
  f.reads.hold_questions();
  auto loading = f.begin(f.actor, messages::find_session{f.record.id});
  const auto adopted = f.ask(f.actor, messages::adopt_session{f.record, 1}).value();
  EXPECT_EQ(loading.answer().value(), adopted);
  EXPECT_TRUE(f.ask(adopted, f.revoke()));
  f.reads.release();
  // What was read when the session lived must not revive it.
  EXPECT_EQ(f.find_session().value(), adopted);
  EXPECT_EQ(f.counts.sessions_live.value(), 1);
}

TEST(Directory, DoesNotReviveASessionThatLeftWhileAnotherLoadWasOnItsWay) {
  one_directory f;
  f.reads.hold_answers();
  auto loading = f.begin(f.actor, messages::find_session{f.record.id});
  const auto adopted = f.ask(f.actor, messages::adopt_session{f.record, 1}).value();
  EXPECT_TRUE(f.ask(adopted, f.revoke()));
  EXPECT_TRUE(f.ask(f.actor, messages::leave_session{f.record.id}));
  caf::anon_send_exit(adopted, caf::exit_reason::user_shutdown); // as one that leaves ends
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_EQ(code_of(f.find_session()), error_code::token_invalid);
}

TEST(Directory, AddsAUserOnceItIsDurable) {
  one_directory f;
  f.commits.hold_questions();
  const auto wanted = f.registration("grace", "grace@example.com");
  auto waiting = f.begin(f.actor, wanted);
  EXPECT_FALSE(waiting.answered());
  f.commits.release();
  const auto view = waiting.answer();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->id, wanted.user.id);
  EXPECT_EQ(view->number, f.owner.number + 1);
  ASSERT_EQ(f.store.audits().size(), 1u);
  EXPECT_EQ(f.store.audits().front().action, "user.registered");
  EXPECT_EQ(f.store.audits().front().user, wanted.user.id);
  EXPECT_EQ(f.store.audits().front().at, f.clock.now());
  EXPECT_EQ(f.store.audits().front().address, "192.0.2.1");
  EXPECT_EQ(f.store.audits().front().request_id, "req_1");
}

TEST(Directory, RefusesANameThatIsTaken) {
  one_directory f;
  const auto username = f.ask(f.actor, f.registration("ada", "other@example.com"));
  ASSERT_EQ(code_of(username), error_code::user_exists);
  EXPECT_EQ(username.error().field, "username");
  const auto email = f.ask(f.actor, f.registration("other", "ada@example.com"));
  ASSERT_EQ(code_of(email), error_code::user_exists);
  EXPECT_EQ(email.error().field, "email");
  EXPECT_TRUE(f.store.audits().empty());
}

TEST(Directory, LetsTheIdleLeaveAndLoadsThemAgain) {
  one_directory f;
  const auto session = f.find_session().value();
  const auto owner = f.ask(f.actor, messages::find_user{f.owner.id}).value();
  f.advance(f.env().policy.memory_idle + 120s);
  EXPECT_TRUE(f.begin(session, messages::validate{}).is_gone());
  EXPECT_TRUE(f.begin(owner, messages::describe_user{}).is_gone());
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
  const auto reads = f.reads.seen();
  EXPECT_TRUE(f.ask(f.find_session().value(), messages::validate{}));
  EXPECT_TRUE(
      f.ask(f.ask(f.actor, messages::find_user{f.owner.id}).value(), messages::describe_user{}));
  EXPECT_EQ(f.reads.seen(), reads + 2);
}

TEST(Directory, AsksManyWhetherTheyAreIdleInTurns) {
  one_directory f;
  f.env().policy.memory_idle = 0s;
  constexpr std::int64_t count = 3000;
  for (std::int64_t i = 0; i < count; ++i) {
    auto session = f.record;
    session.id = session_id{make_uuid(f.clock.now())};
    ASSERT_TRUE(f.ask(f.actor, messages::adopt_session{session, 1}));
  }
  f.advance(60s); // the first turn
  const auto left = f.counts.sessions_live.value();
  EXPECT_LT(left, count);
  EXPECT_GT(left, count / 2);
  f.advance(65s); // the rest of the round
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
}

TEST(Directory, LetsTheUnusedLeaveEarlierWhereThereAreMany) {
  one_directory f;
  constexpr std::size_t crowd = 20;
  const auto shard = f.spawn(directory_crowded_from, f.shared_env(), crowd);
  f.env().directories.front() = shard;
  caf::anon_send_exit(f.actor, caf::exit_reason::user_shutdown); // its place is taken
  const auto add = [&f, &shard] {
    auto session = f.record;
    session.id = session_id{make_uuid(f.clock.now())};
    return f.ask(shard, messages::adopt_session{session, 1}).value();
  };
  const auto used = add();
  const auto owner = f.ask(shard, messages::find_user{f.owner.id}).value();
  for (std::size_t i = 1; i < crowd; ++i)
    add();
  f.advance(directory_state::crowded_idle + 120s);
  EXPECT_EQ(f.counts.sessions_live.value(), std::int64_t{crowd}) << "they are not too many";
  EXPECT_TRUE(f.ask(used, messages::validate{}));
  add();
  f.advance(directory_state::crowded_idle - 1s);
  EXPECT_TRUE(f.ask(used, messages::validate{}));
  f.advance(directory_state::crowded_idle - 1s);
  EXPECT_LT(f.counts.sessions_live.value(), std::int64_t{crowd});
  EXPECT_TRUE(f.ask(used, messages::validate{})) << "it was used";
  EXPECT_TRUE(f.ask(owner, messages::describe_user{})) << "users are few";
}

TEST(Directory, LetsAnEndedSessionLeaveWithinSeconds) {
  one_directory f;
  const auto session = f.find_session().value();
  EXPECT_TRUE(f.ask(session, f.revoke()));
  f.advance(session_state::ended_idle - 1s);
  EXPECT_EQ(code_of(f.ask(session, messages::validate{})), error_code::token_invalid);
  EXPECT_EQ(f.counts.sessions_live.value(), 1) << "it is refused from memory";
  f.advance(1s);
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
}

TEST(Directory, KeepsThoseInUse) {
  one_directory f;
  const auto session = f.find_session().value();
  for (int i = 0; i < 20; ++i) {
    f.advance(f.env().policy.memory_idle / 2);
    EXPECT_TRUE(f.ask(session, messages::validate{}));
  }
}

TEST(Directory, ForgetsNoRevocationWhenASessionLeaves) {
  one_directory f;
  const auto session = f.find_session().value();
  EXPECT_TRUE(f.ask(session, f.revoke()));
  f.advance(120s); // an ended session does not stay for long
  EXPECT_TRUE(f.begin(session, messages::validate{}).is_gone());
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
  EXPECT_EQ(code_of(f.find_session(session.id())), error_code::token_invalid);
}

TEST(Directory, EndsEverybodyInMemoryWhenItEnds) {
  one_directory f;
  const auto session = f.find_session().value();
  const auto owner = f.ask(f.actor, messages::find_user{f.owner.id}).value();
  f.reads.hold_questions();
  const auto other = f.add_session(f.owner);
  auto waiting = f.begin(f.actor, messages::find_session{other.id});
  caf::anon_send_exit(f.actor, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(code_of(waiting.answer()), error_code::internal_error);
  EXPECT_TRUE(f.begin(session, messages::validate{}).is_gone());
  EXPECT_TRUE(f.begin(owner, messages::describe_user{}).is_gone());
}

TEST(Directory, ComparesWithNothingAfterAsMuchWorkAsAUsersSecretTakes) {
  one_directory f;
  const auto compare = [&f](bool is_passphrase) {
    return f.ask(f.actor,
                 messages::compare_with_nothing{secret{"a guess"s}, f.soon(), is_passphrase});
  };
  EXPECT_TRUE(compare(false)); // reads once for all whom unknown names follow
  const auto reads = f.reads.seen();
  EXPECT_EQ(f.hashes.seen(), 1u);
  EXPECT_TRUE(compare(false));
  EXPECT_EQ(f.reads.seen(), reads);
  EXPECT_EQ(f.hashes.seen(), 2u);
  EXPECT_TRUE(compare(true));
  EXPECT_EQ(f.reads.seen(), reads + 1); // where a user's passphrase would stand
  EXPECT_EQ(f.hashes.seen(), 3u);
}

} // namespace
} // namespace latchkey::test

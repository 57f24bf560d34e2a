// No session lives on after a change that ends it, whatever was on its way meanwhile.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

/// Two shards, so that one half of the sessions lives beside the user and the other does not.
struct two_shards : one_user {
  two_shards() { env().directories.push_back(spawn(directory, shared_env())); }

  error_code state_of(const session_id& id) {
    auto found = ask(env().directory_for(id), messages::find_session{id});
    return found ? code_of(ask(*found, messages::validate{})) : found.error().code;
  }
};

TEST(UserRevocation, ReachesTheSessionsOfEveryShard) {
  two_shards f;
  std::vector<session_id> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(f.signed_in());
  for (const auto& id : all)
    ASSERT_EQ(f.state_of(id), error_code::none);
  const auto ended = f.ask(f.actor, f.end_all());
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->count, 20);
  for (const auto& id : all)
    EXPECT_EQ(f.state_of(id), error_code::token_invalid);
}

TEST(UserRevocation, IsAnsweredWhenASessionHasEndedByItself) {
  one_user f;
  const auto session = f.find(f.signed_in()).value();
  caf::anon_send_exit(session, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_TRUE(f.ask(f.actor, f.end_all()));
}

TEST(UserRevocation, IsAnsweredWhileASessionLeavesMemory) {
  one_user f;
  const auto id = f.signed_in();
  const auto session = f.find(id).value();
  f.clock.move(f.env().policy.memory_idle);
  // The session's wish to leave and the news of its end cross on their way.
  auto ending = f.ask_later(f.actor, f.end_all());
  caf::anon_send(session, messages::sweep{f.clock.now()});
  f.run();
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(f.state_of(id), error_code::token_invalid);
}

TEST(UserRevocation, OvertakesARowThatWasReadBefore) {
  one_user f;
  const auto id = f.add_session(f.record).id;
  f.reads.hold_answers();
  auto loading = f.begin(f.shard(), messages::find_session{id});
  ASSERT_EQ(f.reads.held(), 1u); // the row as it was while the session lived
  EXPECT_TRUE(f.ask(f.actor, f.end_all()));
  EXPECT_FALSE(loading.answered());
  f.reads.hold_nothing();
  while (f.reads.held() > 0)
    f.reads.release();
  EXPECT_EQ(code_of(loading.answer()), error_code::token_invalid);
  EXPECT_EQ(f.state_of(id), error_code::token_invalid);
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
}

TEST(UserRevocation, LetsTheSessionsOfOthersLoadAllTheSame) {
  one_user f;
  const auto theirs = f.add_session(f.add_user("grace", "")).id;
  f.reads.hold_answers();
  auto loading = f.begin(f.shard(), messages::find_session{theirs});
  const auto reads = f.reads.seen();
  EXPECT_TRUE(f.ask(f.actor, f.end_all()));
  while (f.reads.held() > 0)
    f.reads.release();
  ASSERT_TRUE(loading.answer());
  EXPECT_EQ(f.reads.seen(), reads); // the row that was being read is good
  EXPECT_EQ(f.reads.held(), 0u);
  EXPECT_TRUE(f.ask(*loading.answer(), messages::validate{}));
  EXPECT_EQ(f.counts.sessions_live.value(), 1);
}

TEST(UserRevocation, OvertakesARoleThatWasReadBefore) {
  one_user f;
  const auto id = f.add_session(f.record).id;
  f.reads.hold_answers();
  auto loading = f.begin(f.shard(), messages::find_session{id});
  EXPECT_TRUE(f.ask(f.actor, f.promotion("admin")));
  f.reads.hold_nothing();
  while (f.reads.held() > 0)
    f.reads.release();
  ASSERT_TRUE(loading.answer());
  EXPECT_EQ(f.ask(*loading.answer(), messages::validate{})->role, "admin");
}

TEST(UserRevocation, WaitsForASignInThatIsOpeningItsSession) {
  one_user f;
  f.commits.hold_questions();
  auto opening = f.begin(f.actor, f.sign_in("correct horse"));
  auto ending = f.begin(f.actor, f.end_all());
  EXPECT_EQ(f.commits.held(), 1u); // the new session's alone
  f.commits.hold_nothing();
  f.commits.release();
  const auto tokens = opening.answer();
  ASSERT_TRUE(tokens);
  EXPECT_EQ(ending.answer()->count, 1);
  const auto id = parse_refresh_token(tokens->refresh_token.reveal())->session;
  EXPECT_EQ(f.state_of(id), error_code::token_invalid);
}

TEST(UserRevocation, LetsASignInWaitAndThenOpen) {
  one_user f;
  f.commits.hold_questions();
  auto ending = f.begin(f.actor, f.end_all());
  auto opening = f.begin(f.actor, f.sign_in("correct horse"));
  EXPECT_EQ(f.commits.held(), 1u); // the end alone
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_EQ(ending.answer()->count, 0);
  ASSERT_TRUE(opening.answer());
  EXPECT_EQ(f.live_sessions(), 1u);
}

TEST(UserRevocation, OpensNoSessionForAPasswordThatWasChangedMeanwhile) {
  one_user f;
  f.commits.hold_questions();
  auto changing = f.begin(f.actor, f.change("correct horse", "another battery staple"));
  auto opening = f.begin(f.actor, f.sign_in("correct horse")); // the password was right
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(changing.answer());
  EXPECT_EQ(code_of(opening.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.live_sessions(), 0u);
}

TEST(UserRevocation, OpensNoSessionForAUserThatWasDeactivatedMeanwhile) {
  one_user f;
  f.commits.hold_questions();
  auto changing = f.begin(f.actor, f.deactivation());
  auto opening = f.begin(f.actor, f.sign_in("correct horse"));
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_TRUE(changing.answer());
  EXPECT_EQ(code_of(opening.answer()), error_code::invalid_credentials);
  EXPECT_EQ(f.live_sessions(), 0u);
}

TEST(UserRevocation, AdoptsANewSessionWithTheRoleOfThatMoment) {
  one_user f;
  f.commits.hold_answers();
  auto opening = f.begin(f.actor, f.sign_in("correct horse")); // written, not yet known
  storage::user_changes theirs;
  theirs.role = "admin";
  f.write({{storage::update_user{f.record.id, f.record.version, theirs, f.clock.now()}}});
  ASSERT_TRUE(f.ask(f.actor, messages::reload_user{f.soon()}));
  f.commits.hold_nothing();
  f.commits.release();
  const auto tokens = opening.answer();
  ASSERT_TRUE(tokens);
  const auto id = parse_refresh_token(tokens->refresh_token.reveal())->session;
  EXPECT_EQ(f.ask(f.find(id).value(), messages::validate{})->role, "admin");
}

TEST(UserRevocation, RefusesARefreshThatWasOnItsWay) {
  one_user f;
  const auto id = f.signed_in();
  const auto session = f.find(id).value();
  f.commits.hold_answers();
  messages::refresh rotation{f.token_of(*f.stored(id), 1), f.author().client, f.soon()};
  auto rotating = f.begin(session, rotation);
  auto ending = f.begin(f.actor, f.end_all());
  ASSERT_EQ(f.commits.held(), 2u);
  f.commits.hold_nothing();
  f.commits.release(1);
  EXPECT_EQ(ending.answer()->count, 1);
  f.commits.release();
  EXPECT_EQ(code_of(rotating.answer()), error_code::token_invalid);
  EXPECT_EQ(f.state_of(id), error_code::token_invalid);
}

TEST(UserRevocation, HoldsForSessionsInMemoryThoughItsOutcomeWasUnknown) {
  one_user f;
  const auto session = f.find(f.signed_in()).value();
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.end_all())), error_code::outcome_unknown);
  // It went through, so nobody may be told that the session lives.
  EXPECT_EQ(code_of(f.ask(session, messages::validate{})), error_code::token_invalid);
}

TEST(UserRevocation, EndsNothingWhenItDidNotGoThroughAfterAll) {
  one_user f;
  const auto session = f.find(f.signed_in()).value();
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.end_all())), error_code::outcome_unknown);
  EXPECT_EQ(code_of(f.ask(session, messages::validate{})), error_code::none);
}

TEST(UserRevocation, TellsOfARoleThoughItsOutcomeWasUnknown) {
  one_user f;
  const auto session = f.find(f.signed_in()).value();
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.promotion("admin"))), error_code::outcome_unknown);
  EXPECT_EQ(f.ask(session, messages::validate{})->role, "admin");
  EXPECT_EQ(f.ask(f.actor, messages::describe_user{})->role, "admin");
}

TEST(UserRevocation, BeginsNothingWhileTheActorIsShutDown) {
  one_user f;
  f.commits.hold_questions();
  auto passing = f.begin(f.actor, f.end_all());
  auto waiting = f.begin(f.actor, f.end_all());
  caf::anon_send_exit(f.actor, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(code_of(passing.answer()), error_code::internal_error);
  EXPECT_EQ(code_of(waiting.answer()), error_code::internal_error);
  EXPECT_EQ(f.commits.seen(), 1u);
}

TEST(UserRevocation, StaysInMemoryWhileSomebodyWaits) {
  one_user f;
  f.commits.hold_questions();
  auto ending = f.begin(f.actor, f.end_all());
  f.advance(f.env().policy.memory_idle + 120s);
  EXPECT_TRUE(f.ask(f.actor, messages::describe_user{}));
  f.commits.release();
  EXPECT_EQ(code_of(ending.answer()), error_code::timeout); // long past its deadline
}

} // namespace
} // namespace latchkey::test

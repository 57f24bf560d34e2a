// What a user answers to passwords.
#include "one_user.hpp"

namespace latchkey::test {
namespace {

TEST(User, RefusesAWrongPassword) {
  one_user f;
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("wrong"))), error_code::invalid_credentials);
  EXPECT_EQ(f.hashes.seen(), 1u);
  ASSERT_EQ(f.commits.seen(), 1u);
  const auto& facts = f.commits.question<messages::commit>(0).unit.facts;
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_TRUE(facts[0].holds<storage::count_password_failures>());
}

TEST(User, RefusesTheRightPasswordOfAnInactiveUserAfterEqualWork) {
  one_user f{"plain:correct horse", false};
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::invalid_credentials);
  ASSERT_EQ(f.hashes.seen(), 1u);
  // Against the user's own hash, whatever that costs: its time tells no more than an active one's.
  EXPECT_FALSE(f.hashes.question<messages::verify_password>(0).phc.empty());
  EXPECT_EQ(f.commits.seen(), 0u);
}

TEST(User, RefusesAnEmptyPasswordWithoutAHash) {
  one_user f{""};
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in(""))), error_code::invalid_credentials);
  EXPECT_EQ(f.hashes.seen(), 1u);
}

TEST(User, OpensADurableAuditedSessionForTheRightPassword) {
  one_user f;
  f.commits.hold_questions();
  auto waiting = f.begin(f.actor, f.sign_in("correct horse"));
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
  const auto& facts = f.commits.question<messages::commit>(0).unit.facts;
  ASSERT_EQ(facts.size(), 4u);
  EXPECT_TRUE(facts[3].holds<storage::mark_used>()); // the user's first
  EXPECT_TRUE(facts[0].holds<storage::create_session>());
  EXPECT_TRUE(facts[1].holds<storage::add_audit>());
  EXPECT_TRUE(facts[2].holds<storage::touch_login>());
  f.commits.release();
  const auto tokens = waiting.answer();
  ASSERT_TRUE(tokens);

  const auto named = parse_refresh_token(tokens->refresh_token.reveal());
  ASSERT_TRUE(named);
  const auto stored = f.stored(named->session);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->user, f.record.id);
  EXPECT_EQ(stored->opened_by, surface::login_module);
  EXPECT_EQ(stored->address, "192.0.2.1");
  EXPECT_EQ(stored->user_agent, "curl");
  EXPECT_EQ(stored->expires_at, f.clock.now() + f.env().policy.session_ttl);
  EXPECT_EQ(stored->salt.size(), 32u);
  ASSERT_EQ(f.store.audits().size(), 1u);
  EXPECT_EQ(f.store.audits().front().action, "user.signed_in");
  EXPECT_EQ(f.store.audits().front().session, named->session);
  const auto claims = verify(tokens->access_token.reveal(), f.env().keys->access, "issuer",
                             "audience", f.clock.now(), 0s);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->sub, f.record.id);
  EXPECT_EQ(claims->user_number, f.record.number);
  EXPECT_EQ(claims->sid, named->session);
}

TEST(User, MakesNoSessionWhenTheStoreIsUnavailable) {
  one_user f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::store_unavailable);
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
  EXPECT_EQ(f.live_sessions(), 0u);
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
}

TEST(User, RefusesAsIfThePasswordWereWrongWhenTheStoreFindsItInactive) {
  one_user f;
  // Another node deactivated the user; the record here is stale.
  auto other = f.record;
  other.id = user_id{make_uuid(f.clock.now())};
  const auto actor = f.spawn(user, other, f.shared_env(), std::uint64_t{1});
  EXPECT_EQ(code_of(f.ask(actor, f.sign_in("correct horse"))), error_code::invalid_credentials);
}

TEST(User, PassesOnThatTheHasherIsOverloaded) {
  one_user f;
  f.env().hasher = f.spawn(
      [](password_hasher_actor::pointer, caf::unit_t) {
        return password_hasher_actor::behavior_type{
            [](messages::hash_password&) -> caf::result<messages::hashed> {
              return to_error(error_code::overloaded);
            },
            [](messages::verify_password&) -> caf::result<messages::verdict> {
              return to_error(failure{error_code::overloaded, {}, "busy", 7});
            }};
      },
      caf::unit);
  const auto answer = f.ask(f.actor, f.sign_in("correct horse"));
  ASSERT_EQ(code_of(answer), error_code::overloaded);
  EXPECT_EQ(answer.error().retry_after_s, 7u);
  EXPECT_EQ(f.commits.seen(), 0u);
}

TEST(User, KeepsTheHashAtTodaysCost) {
  one_user f{"old:correct horse"};
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
  // It knows of it: nothing is rehashed again.
  const auto commits = f.commits.seen();
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.commits.seen(), commits + 1);
}

TEST(User, SignsInThoughTheNewHashCouldNotBeKept) {
  one_user f{"old:correct horse"};
  f.store.refuse_units(
      [](const storage::unit& u) { return u.facts.front().holds<storage::set_password_hash>(); });
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.stored_hash(), "old:correct horse");
}

TEST(User, KnowsOfANewHashThoughItsOutcomeWasUnknown) {
  one_user f{"old:correct horse"};
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sign_in("correct horse"))), error_code::outcome_unknown);
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
  const auto commits = f.commits.seen();
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.commits.seen(), commits + 1); // the session, and no hash again
}

TEST(User, KnowsOfAHashThatAnotherNodeKept) {
  one_user f{"old:correct horse"};
  f.write({{storage::set_password_hash{f.record.id, f.record.version,
                                       secret{"plain:correct horse"s}, f.clock.now()}}});
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  const auto commits = f.commits.seen();
  EXPECT_TRUE(f.ask(f.actor, f.sign_in("correct horse")));
  EXPECT_EQ(f.commits.seen(), commits + 1);
}

TEST(User, SignsInEverybodyWhoBeganBeforeTheHashWasReplaced) {
  one_user f{"old:correct horse"};
  f.env().policy.login_failures = {}; // all are compared at once
  f.hashes.hold_answers();
  std::vector<asked<messages::token_pair>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(f.begin(f.actor, f.sign_in("correct horse")));
  ASSERT_EQ(f.hashes.held(), 50u);
  f.hashes.hold_nothing();
  for (int i = 0; i < 50; ++i)
    f.hashes.release();
  for (const auto& question : all)
    EXPECT_TRUE(question.answer());
  EXPECT_EQ(f.live_sessions(), 50u);
  // One of them hashed anew, and nobody was compared again.
  EXPECT_EQ(f.hashes.seen(), 50u);
  std::size_t anew = 0;
  for (std::size_t i = 0; i < f.hashes.seen(); ++i)
    anew += f.hashes.question<messages::verify_password>(i).rehashes ? 1 : 0;
  EXPECT_EQ(anew, 1u);
  EXPECT_EQ(f.commits_with_fact(
                [](const storage::fact& fact) { return fact.holds<storage::set_password_hash>(); }),
            1u);
  EXPECT_EQ(f.stored_hash(), "plain:correct horse");
}

TEST(User, ComparesAgainWhenTheHashWasReplacedMeanwhile) {
  one_user f{"old:correct horse"};
  f.hashes.hold_answers();
  auto slow = f.begin(f.actor, f.sign_in("correct horse"));
  f.write({{storage::set_password_hash{f.record.id, f.record.version,
                                       secret{"plain:correct horse"s}, f.clock.now()}}});
  ASSERT_TRUE(f.ask(f.actor, messages::reload_user{f.soon()}));
  // The verdict on the old hash does not count; the one on the new hash does.
  f.hashes.hold_questions();
  f.hashes.release();
  EXPECT_FALSE(slow.answered());
  EXPECT_EQ(f.live_sessions(), 0u);
  ASSERT_EQ(f.hashes.seen(), 2u);
  EXPECT_EQ(f.hashes.question<messages::verify_password>(1).phc.reveal(), "plain:correct horse");
  f.hashes.release();
  EXPECT_TRUE(slow.answer());
}

TEST(User, ShowsItselfWithoutItsCredential) {
  one_user f;
  const auto view = f.ask(f.actor, messages::describe_user{});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->id, f.record.id);
  EXPECT_EQ(view->number, f.record.number);
  EXPECT_EQ(view->username, "ada");
  EXPECT_EQ(view->email, "ada@example.com");
}

TEST(User, SendsAskersAwayWhileItLeavesMemory) {
  one_user f;
  f.advance(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  auto signed_in = f.ask_later(f.actor, f.sign_in("correct horse"));
  auto described = f.ask_later(f.actor, messages::describe_user{});
  f.run();
  EXPECT_TRUE(signed_in.is_gone());
  EXPECT_TRUE(described.is_gone());
  EXPECT_EQ(f.hashes.seen(), 0u);
}

TEST(User, StaysInMemoryUntilTokensAreHandedOut) {
  one_user f;
  f.hashes.hold_questions();
  auto slow = f.begin(f.actor, f.sign_in("correct horse"));
  f.advance(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  f.run();
  EXPECT_TRUE(f.ask(f.actor, messages::describe_user{}));
  f.hashes.release();
  EXPECT_EQ(code_of(slow.answer()), error_code::timeout); // long past its deadline
}

} // namespace
} // namespace latchkey::test

// How a session ends: by revocation, by time, by leaving memory.
#include "tests/actors/session/one_session.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(SessionEnd, IsAnsweredAfterItIsDurable) {
  one_session f;
  f.commits.hold_questions();
  auto logout = f.begin(f.actor, f.revoke());
  EXPECT_FALSE(logout.answered());
  EXPECT_EQ(f.validate(), error_code::none);
  f.commits.release();
  EXPECT_TRUE(logout.answer());
  EXPECT_TRUE(f.stored(f.record.id)->ended_at.has_value());
  EXPECT_EQ(f.store.end_reason(f.record.id), "logout");
  ASSERT_EQ(f.store.audits().size(), 1u);
  EXPECT_EQ(f.store.audits().front().action, "session.revoked");
  EXPECT_EQ(f.store.audits().front().reason, "logout");
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
}

TEST(SessionEnd, IsNotWhenTheStoreIsUnavailable) {
  one_session f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke())), error_code::store_unavailable);
  EXPECT_EQ(f.validate(), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, IsFoundWhenItsOutcomeWasUnknownAndItWasApplied) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, IsUnknownToTheAskerWhenItWasNotApplied) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke())), error_code::outcome_unknown);
  EXPECT_EQ(f.validate(), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
}

TEST(SessionEnd, IsUnknownToTheAskerWhenTheStoreCannotBeLookedInto) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  f.reads.hold_questions();
  auto logout = f.begin(f.actor, f.revoke());
  ASSERT_EQ(f.reads.held(), 1u);
  f.store.set_down(true);
  f.reads.release();
  EXPECT_EQ(code_of(logout.answer()), error_code::outcome_unknown);
  f.store.set_down(false);
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
}

TEST(SessionEnd, IsLearntWhenTheStoreIsBackThoughNobodyCouldLook) {
  one_session f;
  f.reads.hold_questions();
  f.store.fail_next(commit_fault::unknown_after_applying);
  auto logout = f.begin(f.actor, f.revoke());
  f.store.set_down(true);
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_EQ(code_of(logout.answer()), error_code::outcome_unknown);
  EXPECT_EQ(f.validate(), error_code::none);
  f.store.set_down(false);
  f.advance(std::chrono::seconds{2});
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, IsOneForTwoWhoAskAtOnce) {
  one_session f;
  f.commits.hold_questions();
  auto first = f.begin(f.actor, f.revoke());
  auto second = f.begin(f.actor, f.revoke());
  EXPECT_EQ(f.commits.seen(), 1u);
  f.commits.release();
  EXPECT_TRUE(first.answer());
  EXPECT_TRUE(second.answer());
  EXPECT_EQ(f.store.audits().size(), 1u);
}

TEST(SessionEnd, IsRefusedTheSecondTime) {
  one_session f;
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke())), error_code::token_invalid);
  EXPECT_EQ(f.commits.seen(), 1u);
}

TEST(SessionEnd, RemembersTheSurfaceThatOpenedTheSession) {
  one_session f;
  auto other = f.record;
  other.id = session_id{make_uuid(f.clock.now())};
  other.opened_by = surface::login_module;
  f.write({{storage::create_session{other}}});
  const auto actor = f.spawn(session, other, f.shared_env(), std::uint64_t{1});
  EXPECT_EQ(f.ask(actor, messages::validate{})->opened_by, surface::login_module);
  EXPECT_EQ(f.ask(actor, f.revoke())->opened_by, surface::login_module);
}

TEST(SessionEnd, BeforeARotationOnItsWayIsAnsweredRefusesIt) {
  one_session f;
  f.commits.hold_answers();
  auto late = f.begin(f.actor, f.refresh(1)); // rotated in the store, not told yet
  auto logout = f.begin(f.actor, f.revoke());
  ASSERT_EQ(f.commits.held(), 2u);
  f.commits.release(1);
  EXPECT_TRUE(logout.answer());
  EXPECT_FALSE(late.answered());
  f.commits.release(0);
  EXPECT_EQ(code_of(late.answer()), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(2))), error_code::token_invalid);
}

TEST(SessionEnd, BeforeARotationRefusesIt) {
  one_session f;
  f.commits.hold_questions();
  auto logout = f.begin(f.actor, f.revoke());
  auto late = f.begin(f.actor, f.refresh(1));
  ASSERT_EQ(f.commits.held(), 2u);
  f.commits.release(0);
  EXPECT_TRUE(logout.answer());
  f.commits.release(0);
  EXPECT_EQ(code_of(late.answer()), error_code::token_invalid);
  EXPECT_EQ(f.stored(f.record.id)->counter, 1u);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, AfterARotationEndsItsSuccessorToo) {
  one_session f;
  f.commits.hold_questions();
  auto refreshed = f.begin(f.actor, f.refresh(1));
  auto logout = f.begin(f.actor, f.revoke());
  f.commits.release(0);
  f.commits.release(0);
  EXPECT_TRUE(refreshed.answer());
  EXPECT_TRUE(logout.answer());
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(2))), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, WhileALostRotationIsLookedIntoIsNotUndone) {
  one_session f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::outcome_unknown);
  // The look sees the session alive; before its answer comes, the session ends.
  f.reads.hold_answers();
  auto late = f.begin(f.actor, f.refresh(1));
  ASSERT_EQ(f.reads.held(), 1u);
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  f.reads.release();
  EXPECT_EQ(code_of(late.answer()), error_code::token_invalid);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, ThatNobodyCouldLookUpIsLookedForThoughAnotherLookWasAnswered) {
  one_session f;
  f.reads.hold_answers();
  const auto synced = f.begin(f.actor, messages::outcome_in_doubt{end_reason::synced});
  f.reads.hold_questions();
  f.store.fail_next(commit_fault::unknown_after_applying);
  const auto logout = f.begin(f.actor, f.revoke());
  ASSERT_EQ(f.reads.held(), 2u);
  f.reads.release(0); // it lived then
  EXPECT_TRUE(synced.answer());
  f.reads.hold_nothing();
  f.store.set_down(true);
  f.reads.release(0);
  EXPECT_EQ(code_of(logout.answer()), error_code::outcome_unknown);
  EXPECT_EQ(f.validate(), error_code::none);
  f.store.set_down(false);
  f.advance(session_state::in_doubt_retry);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, ComesWithTheAbsoluteLifetime) {
  one_session f;
  f.env().policy.session_idle_ttl = 0s;
  f.advance(f.env().policy.session_ttl - 1us);
  EXPECT_EQ(f.validate(), error_code::none);
  f.clock.move(1us);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke())), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::issue_tokens{})), error_code::token_invalid);
  EXPECT_EQ(f.commits.seen(), 1u); // when it was last seen
}

TEST(SessionEnd, ComesWhenItIsNotRefreshedForTooLong) {
  one_session f;
  f.env().policy.session_idle_ttl = 100s;
  f.advance(99s);
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1)));
  f.advance(99s);
  EXPECT_EQ(f.validate(), error_code::none); // a refresh counts, a validation does not
  f.advance(1s);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(2))), error_code::token_invalid);
}

TEST(SessionEnd, IsKnownFromTheRecordThatItWasLoadedWith) {
  one_session f;
  f.write({{storage::end_session{f.record.id, f.clock.now(), "elsewhere"}}});
  f.start();
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionEnd, SendsAskersAwayWhileItLeavesMemory) {
  one_session f;
  f.advance(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  auto validated = f.ask_later(f.actor, messages::validate{});
  auto refreshed = f.ask_later(f.actor, f.refresh(1));
  auto revoked = f.ask_later(f.actor, f.revoke());
  f.run();
  EXPECT_TRUE(validated.is_gone());
  EXPECT_TRUE(refreshed.is_gone());
  EXPECT_TRUE(revoked.is_gone());
  EXPECT_EQ(f.commits.seen(), 0u);
  // And when it has left.
  EXPECT_TRUE(f.begin(f.actor, messages::validate{}).is_gone());
}

TEST(SessionEnd, StaysInMemoryWhileItIsUsed) {
  one_session f;
  f.advance(f.env().policy.memory_idle - 1s);
  EXPECT_EQ(f.validate(), error_code::none);
  f.advance(2s);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  EXPECT_EQ(f.validate(), error_code::none);
}

TEST(SessionEnd, StaysInMemoryWhileItOwesAnAnswer) {
  one_session f;
  f.commits.hold_questions();
  auto refreshed = f.begin(f.actor, f.refresh(1));
  f.advance(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  f.run();
  EXPECT_EQ(f.validate(), error_code::none);
  f.commits.release();
  EXPECT_EQ(code_of(refreshed.answer()), error_code::timeout);
}

} // namespace
} // namespace latchkey::test

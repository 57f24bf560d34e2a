// What a session makes of what the store has done to it or its user, and when it was last seen.
#include "one_session.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

TEST(SessionNews, EndIsTheEndOfEverything) {
  one_session f;
  EXPECT_TRUE(f.ask(f.actor, messages::session_ended{f.record.id, end_reason::revoked}));
  EXPECT_EQ(f.validate(), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, f.refresh(1))), error_code::token_invalid);
  EXPECT_EQ(code_of(f.ask(f.actor, messages::issue_tokens{})), error_code::token_invalid);
}

TEST(SessionNews, EndHoldsForTokensThatWereBeingSigned) {
  one_session f;
  auto asked = f.ask_later(f.actor, messages::issue_tokens{});
  auto ending = f.ask_later(f.actor, messages::session_ended{f.record.id, end_reason::revoked});
  f.run();
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(code_of(asked.answer()), error_code::token_invalid);
}

TEST(SessionNews, EndIsLearntWhileItLeavesMemory) {
  one_session f;
  f.clock.move(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  auto ending = f.ask_later(f.actor, messages::session_ended{f.record.id, end_reason::revoked});
  f.run();
  EXPECT_TRUE(ending.answered());
  EXPECT_TRUE(ending.is_gone() || ending.answer());
}

TEST(SessionNews, RoleIsTheOneOfTheNextTokens) {
  one_session f;
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, "admin"}));
  EXPECT_EQ(f.ask(f.actor, messages::validate{})->role, "admin");
  const auto tokens = f.ask(f.actor, messages::issue_tokens{});
  ASSERT_TRUE(tokens);
  const auto claims = verify(tokens->access_token.reveal(), f.env().keys->access, "issuer",
                             "audience", f.clock.now(), 0s);
  EXPECT_EQ(claims->role, "admin");
}

TEST(SessionNews, RoleIsNewerThanARowThatWasBeingRead) {
  one_session f;
  f.write({{storage::rotate_session{f.record.id, 1, f.clock.now()}}}); // another node
  f.reads.hold_answers();
  auto refreshing = f.begin(f.actor, f.refresh(1)); // loses, and reads the row
  ASSERT_EQ(f.reads.held(), 1u);
  storage::user_changes changes;
  changes.role = "admin";
  f.write({{storage::update_user{f.owner.id, f.owner.version, changes, f.clock.now()}}});
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, "admin"}));
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_TRUE(refreshing.answer());
  EXPECT_EQ(f.ask(f.actor, messages::validate{})->role, "admin");
}

TEST(SessionNews, DoubtIsSettledByTheStore) {
  one_session f;
  EXPECT_TRUE(f.ask(f.actor, messages::outcome_in_doubt{end_reason::synced}));
  EXPECT_EQ(f.validate(), error_code::none);
  f.write({{storage::end_session{f.record.id, f.clock.now(), "elsewhere"}}});
  f.store.set_down(true);
  EXPECT_TRUE(f.ask(f.actor, messages::outcome_in_doubt{end_reason::synced}));
  EXPECT_TRUE(f.ask(f.actor, messages::outcome_in_doubt{end_reason::synced}));
  EXPECT_EQ(f.validate(), error_code::none); // nobody knows
  const auto reads = f.reads.seen();
  f.advance(10s);
  EXPECT_LE(f.reads.seen(), reads + 10); // one reminder, whoever doubts
  f.store.set_down(false);
  f.advance(1s);
  EXPECT_EQ(f.validate(), error_code::token_invalid);
}

TEST(SessionNews, OfAnotherServiceIsTheUseOfItsSession) {
  one_session f;
  f.env().policy.session_idle_ttl = 100s;
  auto theirs = f.record;
  theirs.opened_by = surface::integration;
  const auto held = f.spawn(session, theirs, f.shared_env(), std::uint64_t{1});
  f.clock.move(60s);
  const messages::session_synced event{f.record.expires_at, f.clock.now(), ""};
  EXPECT_TRUE(f.ask(held, event));
  EXPECT_TRUE(f.ask(f.actor, event));
  f.clock.move(60s);
  EXPECT_TRUE(f.ask(held, messages::validate{}));
  EXPECT_EQ(f.validate(), error_code::token_invalid) << "one of ours is used by being refreshed";
}

TEST(SessionNews, LastSeenIsWrittenOnceAMinute) {
  one_session f;
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(f.validate(), error_code::none);
  EXPECT_EQ(f.commits.seen(), 0u);
  f.clock.move(60s);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(f.validate(), error_code::none);
  EXPECT_EQ(f.commits.seen(), 1u);
  EXPECT_EQ(f.stored(f.record.id)->last_seen_at, f.clock.now());
}

TEST(SessionNews, LastSeenMayBeLost) {
  one_session f;
  f.store.set_disk_full(true);
  f.clock.move(60s);
  EXPECT_EQ(f.validate(), error_code::none);
  EXPECT_EQ(f.commits.seen(), 1u);
}

} // namespace
} // namespace latchkey::test

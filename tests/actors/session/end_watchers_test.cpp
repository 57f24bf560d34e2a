// An end is a fact for those who watch the session before it is an answer, whatever ended it.
#include "one_session.hpp"
#include "watcher.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

/// A session with two watchers that answer when they are let.
struct watched_by_two : one_session {
  watcher first{*this};
  watcher second{*this};

  watched_by_two() {
    EXPECT_EQ(first.watch(actor), error_code::none);
    EXPECT_EQ(second.watch(actor), error_code::none);
    first.be_slow();
    second.be_slow();
  }
  /// Whether both are told of that reason, the session refuses at once, and what was asked
  /// is answered when both have heard, not before.
  template <class Reply>
  void expect_end_before_answer(const asked<Reply>& question, const std::string& reason) {
    EXPECT_EQ(first.lines(), event_lines{"over " + reason});
    EXPECT_EQ(second.lines(), event_lines{"over " + reason});
    EXPECT_EQ(validate(), error_code::token_invalid);
    EXPECT_FALSE(question.answered());
    first.answer();
    EXPECT_FALSE(question.answered());
    EXPECT_EQ(validate(), error_code::token_invalid);
    second.answer();
    EXPECT_TRUE(question.answered());
  }
  void end_elsewhere() { write({{storage::end_session{record.id, clock.now(), "elsewhere"}}}); }
  /// As when another node has deleted the user.
  void lose_row() { write({{storage::delete_user{owner.id, clock.now()}}}); }
  void sweep() {
    caf::anon_send(actor, messages::sweep{clock.now()});
    run();
  }
};

TEST(SessionOver, ByRevocationIsToldBeforeItIsAnswered) {
  watched_by_two f;
  auto logout = f.begin(f.actor, f.revoke());
  f.expect_end_before_answer(logout, "logout");
  EXPECT_TRUE(logout.answer());
}

TEST(SessionOver, ByRevocationIsNotToldBeforeItIsDurable) {
  watched_by_two f;
  f.commits.hold_questions();
  auto logout = f.begin(f.actor, f.revoke());
  EXPECT_EQ(f.first.lines(), event_lines{});
  f.commits.release();
  f.expect_end_before_answer(logout, "logout");
}

TEST(SessionOver, ByRevocationIsNotToldWhenItIsNotDurable) {
  watched_by_two f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke())), error_code::store_unavailable);
  f.store.fail_next(commit_fault::unknown_without_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.revoke())), error_code::outcome_unknown);
  EXPECT_EQ(f.first.lines(), event_lines{});
  auto logout = f.begin(f.actor, f.revoke()); // and they watch still
  f.expect_end_before_answer(logout, "logout");
}

TEST(SessionOver, IsToldForItsOwnReasonWhenTheOutcomeWasLookedUp) {
  watched_by_two f;
  f.store.fail_next(commit_fault::unknown_after_applying);
  auto logout = f.begin(f.actor, f.revoke());
  f.expect_end_before_answer(logout, "logout");
  EXPECT_TRUE(logout.answer());
}

TEST(SessionOver, IsToldForItsOwnReasonWhenTheStoreIsBack) {
  watched_by_two f;
  f.reads.hold_questions();
  f.store.fail_next(commit_fault::unknown_after_applying);
  auto logout = f.begin(f.actor, f.revoke());
  f.store.set_down(true);
  f.reads.hold_nothing();
  f.reads.release();
  EXPECT_EQ(code_of(logout.answer()), error_code::outcome_unknown);
  EXPECT_EQ(f.first.lines(), event_lines{}); // nobody knows
  f.store.set_down(false);
  f.advance(2s);
  EXPECT_EQ(f.first.lines(), event_lines{"over logout"});
  EXPECT_EQ(f.second.lines(), event_lines{"over logout"});
}

TEST(SessionOver, ByATokenThatCameBackIsToldBeforeItIsRefused) {
  watched_by_two f;
  ASSERT_TRUE(f.ask(f.actor, f.refresh(1)));
  ASSERT_TRUE(f.ask(f.actor, f.refresh(2)));
  auto thief = f.begin(f.actor, f.refresh(1));
  f.expect_end_before_answer(thief, "refresh_reused");
  EXPECT_EQ(code_of(thief.answer()), error_code::token_invalid);
  EXPECT_EQ(f.store.end_reason(f.record.id), "a refresh token was used again");
}

TEST(SessionOver, ThatIsLearntIsToldBeforeItIsAnswered) {
  watched_by_two f;
  auto ending =
      f.begin(f.actor, messages::session_ended{f.record.id, end_reason::password_changed});
  f.expect_end_before_answer(ending, "password_changed");
  EXPECT_TRUE(ending.answer());
}

TEST(SessionOver, IsLearntAgainWhenAllHaveHeard) {
  watched_by_two f;
  auto logout = f.begin(f.actor, f.revoke());
  auto ending = f.begin(f.actor, messages::session_ended{f.record.id, end_reason::revoked});
  auto again = f.begin(f.actor, f.revoke());
  EXPECT_FALSE(ending.answered());
  EXPECT_FALSE(again.answered()) << "it has not ended for everybody yet";
  f.expect_end_before_answer(logout, "logout"); // once, for the first reason
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(code_of(again.answer()), error_code::token_invalid);
  EXPECT_EQ(f.commits.seen(), 1u);
}

TEST(SessionOver, ThatDoubtFindsIsToldBeforeItIsAnswered) {
  watched_by_two f;
  f.end_elsewhere();
  auto doubted = f.begin(f.actor, messages::outcome_in_doubt{end_reason::synced});
  f.expect_end_before_answer(doubted, "synced");
  EXPECT_TRUE(doubted.answer());
}

TEST(SessionOver, ThatDoubtFindsByTheMissingRowIsToldBeforeItIsAnswered) {
  watched_by_two f;
  f.lose_row();
  auto doubted = f.begin(f.actor, messages::outcome_in_doubt{end_reason::synced});
  f.expect_end_before_answer(doubted, "synced");
}

TEST(SessionOver, ThatDoubtDoesNotFindIsNotTold) {
  watched_by_two f;
  EXPECT_TRUE(f.ask(f.actor, messages::outcome_in_doubt{end_reason::synced}));
  EXPECT_EQ(f.first.lines(), event_lines{});
}

TEST(SessionOver, ThatALostRotationFindsIsToldBeforeItIsRefused) {
  watched_by_two f;
  f.end_elsewhere();
  auto refused = f.begin(f.actor, f.refresh(1));
  f.expect_end_before_answer(refused, "revoked");
  EXPECT_EQ(code_of(refused.answer()), error_code::token_invalid);
}

TEST(SessionOver, ThatALostRotationFindsByTheMissingRowIsToldBeforeItIsRefused) {
  watched_by_two f;
  f.lose_row();
  auto refused = f.begin(f.actor, f.refresh(1));
  f.expect_end_before_answer(refused, "revoked");
  EXPECT_EQ(code_of(refused.answer()), error_code::token_invalid);
}

TEST(SessionOver, ByAgeIsToldOnASweep) {
  watched_by_two f;
  f.env().policy.session_idle_ttl = 0s;
  f.clock.move(f.env().policy.session_ttl - 1us);
  f.sweep();
  EXPECT_EQ(f.first.lines(), event_lines{});
  f.clock.move(1us);
  f.sweep();
  EXPECT_EQ(f.first.lines(), event_lines{"over expired"});
  EXPECT_EQ(f.second.lines(), event_lines{"over expired"});
  f.sweep();
  EXPECT_EQ(f.first.lines(), event_lines{"over expired"}) << "once";
}

TEST(SessionOver, ForWantOfRefreshesIsToldOnASweep) {
  watched_by_two f;
  f.env().policy.session_idle_ttl = 100s;
  f.clock.move(99s);
  f.sweep();
  EXPECT_EQ(f.first.lines(), event_lines{});
  f.clock.move(1s);
  f.sweep();
  EXPECT_EQ(f.first.lines(), event_lines{"over expired"});
}

TEST(SessionOver, ByAgeIsToldBeforeALogoutHearsOfIt) {
  watched_by_two f;
  f.clock.move(f.env().policy.session_ttl);
  auto logout = f.begin(f.actor, f.revoke());
  f.expect_end_before_answer(logout, "expired");
  EXPECT_EQ(code_of(logout.answer()), error_code::token_invalid);
}

TEST(SessionOver, ByAgeIsNotTheEndOfASessionThatAnotherServiceProlongs) {
  one_session f;
  watcher sockets{f};
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  f.clock.move(f.env().policy.session_ttl);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  f.run();
  EXPECT_EQ(sockets.lines(), event_lines{"over expired"});
  const auto prolonged = f.clock.now() + 3600s;
  EXPECT_TRUE(f.ask(f.actor, messages::session_synced{prolonged, f.clock.now(), ""}));
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
}

// -- watchers that do not answer -----------------------------------------------------------------

TEST(SessionOver, IsHeardByAWatcherThatIsGone) {
  watched_by_two f;
  f.first.end();
  auto logout = f.begin(f.actor, f.revoke());
  EXPECT_FALSE(logout.answered());
  f.second.answer();
  EXPECT_TRUE(logout.answer());
}

TEST(SessionOver, IsHeardByAWatcherThatEndsOverIt) {
  watched_by_two f;
  auto logout = f.begin(f.actor, f.revoke());
  f.first.end();
  EXPECT_FALSE(logout.answered());
  f.second.end();
  EXPECT_TRUE(logout.answer());
}

TEST(SessionOver, IsAnErrorToThoseWhoWaitWhenTheSessionIsShutDown) {
  watched_by_two f;
  auto logout = f.begin(f.actor, f.revoke());
  caf::anon_send_exit(f.actor, caf::exit_reason::user_shutdown);
  f.run();
  EXPECT_EQ(code_of(logout.answer()), error_code::internal_error);
}

} // namespace
} // namespace latchkey::test

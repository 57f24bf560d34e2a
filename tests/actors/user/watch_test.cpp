// What those who watch a user's sessions hear when something becomes of the user: all of them,
// before the one who caused it has an answer.
#include "one_user.hpp"
#include "tests/actors/session/watcher.hpp"

namespace latchkey::test {
namespace {

/// Two shards, each with sessions of the user; every session is watched by the same two.
struct watched_user : one_user {
  watcher first{*this};
  watcher second{*this};
  std::vector<session_actor> sessions;
  std::vector<session_id> ids;

  watched_user() {
    env().directories.push_back(spawn(directory, shared_env()));
    env().tiers = parse_tiers("free:projects=3;pro:projects=50").value();
    for (int i = 0; i < 6; ++i) {
      ids.push_back(signed_in());
      sessions.push_back(
          ask(env().directory_for(ids.back()), messages::find_session{ids.back()}).value());
      EXPECT_EQ(first.watch(sessions.back()), error_code::none);
      EXPECT_EQ(second.watch(sessions.back()), error_code::none);
    }
  }
  void be_slow() {
    first.be_slow();
    second.be_slow();
  }
  /// Whether all that watch have heard of it, no session lives, and what was asked is
  /// answered when both have said so.
  template <class Reply>
  void expect_end_before_answer(const asked<Reply>& question, const std::string& reason,
                                std::size_t count = 6) {
    EXPECT_EQ(first.lines(), event_lines(count, "over " + reason));
    EXPECT_EQ(second.lines(), event_lines(count, "over " + reason));
    std::size_t alive = 0;
    for (const auto& session : sessions)
      alive += ask(session, messages::validate{}) ? 1 : 0;
    EXPECT_EQ(alive, sessions.size() - count);
    EXPECT_FALSE(question.answered());
    first.answer();
    EXPECT_FALSE(question.answered());
    second.answer();
    EXPECT_TRUE(question.answered());
  }
};

TEST(UserWatch, HearsOfAnEndOfAllSessionsInOurWordsNotInTheAskers) {
  watched_user f;
  f.be_slow();
  auto ending = f.begin(f.actor, f.end_all());
  f.expect_end_before_answer(ending, "revoked");
  EXPECT_EQ(ending.answer()->count, 6);
  EXPECT_EQ(f.store.end_reason(f.ids.front()), "an incident");
}

TEST(UserWatch, HearsNothingOfTheSessionThatIsKept) {
  watched_user f;
  f.be_slow();
  auto ending = f.begin(f.actor, f.end_all(f.ids.front()));
  f.expect_end_before_answer(ending, "revoked", 5);
  for (const auto& session : f.first.sessions())
    EXPECT_NE(session, f.ids.front());
}

TEST(UserWatch, HearsOfAnotherPassword) {
  watched_user f;
  f.be_slow();
  auto changing = f.begin(f.actor, f.change("correct horse", "another battery staple"));
  f.expect_end_before_answer(changing, "password_changed");
  EXPECT_TRUE(changing.answer());
}

TEST(UserWatch, HearsOfAPasswordThatWasReset) {
  watched_user f;
  auto made = make_opaque_key(reset_token_kind, f.record.id);
  reset_token_record token;
  token.id = made.key.id;
  token.user = f.record.id;
  token.secret_hash = made.key.secret_hash;
  token.created_at = f.clock.now();
  token.expires_at = f.soon();
  f.write({{storage::add_reset_token{token}}});
  f.be_slow();
  messages::reset_password reset{made.key.id, made.key.secret_hash,
                                 secret{"another battery staple"s}, f.author(), f.soon()};
  auto resetting = f.begin(f.actor, reset);
  f.expect_end_before_answer(resetting, "password_reset");
  EXPECT_TRUE(resetting.answer());
}

TEST(UserWatch, HearsOfDeactivation) {
  watched_user f;
  f.be_slow();
  auto deactivating = f.begin(f.actor, f.deactivation());
  f.expect_end_before_answer(deactivating, "deactivated");
  EXPECT_TRUE(deactivating.answer());
}

TEST(UserWatch, HearsOfDeactivationByAnotherNode) {
  watched_user f;
  storage::user_changes theirs;
  theirs.is_active = false;
  f.write({{storage::update_user{f.record.id, f.record.version, theirs, f.clock.now()}}});
  f.be_slow();
  auto reloading = f.begin(f.actor, messages::reload_user{f.soon()});
  f.expect_end_before_answer(reloading, "deactivated");
}

TEST(UserWatch, HearsOfDeletion) {
  watched_user f;
  f.be_slow();
  auto deleting = f.begin(f.actor, messages::delete_user{f.author("user:admin"), f.soon()});
  f.expect_end_before_answer(deleting, "deleted");
  EXPECT_TRUE(deleting.answer());
}

TEST(UserWatch, HearsOfDeletionByAnotherNode) {
  watched_user f;
  f.write({{storage::delete_user{f.record.id, f.clock.now()}}});
  f.be_slow();
  auto reloading = f.begin(f.actor, messages::reload_user{f.soon()});
  f.expect_end_before_answer(reloading, "deleted");
  EXPECT_EQ(code_of(reloading.answer()), error_code::user_not_found);
  f.advance(2s); // then it ends
}

TEST(UserWatch, HearsOfAnEndWhoseOutcomeWasUnknownForItsReason) {
  watched_user f;
  f.be_slow();
  f.store.fail_next(commit_fault::unknown_after_applying);
  auto changing = f.begin(f.actor, f.change("correct horse", "another battery staple"));
  f.expect_end_before_answer(changing, "password_changed");
  EXPECT_EQ(code_of(changing.answer()), error_code::outcome_unknown);
}

TEST(UserWatch, HearsOfASessionThatItsServiceEnds) {
  watched_user f;
  f.be_slow();
  messages::sync_session report;
  report.session.id = f.ids.front();
  report.session.user = f.record.id;
  report.is_active = false;
  report.deadline = f.soon();
  auto syncing = f.begin(f.env().directory_for(f.ids.front()), report);
  f.expect_end_before_answer(syncing, "synced", 1);
  EXPECT_TRUE(syncing.answer());
  EXPECT_EQ(f.first.sessions(), std::vector<session_id>{f.ids.front()});
}

TEST(UserWatch, HearsOfASessionThatItsServiceEndsThoughTheOutcomeWasUnknown) {
  watched_user f;
  f.be_slow();
  f.store.fail_next(commit_fault::unknown_after_applying);
  messages::sync_session report;
  report.session.id = f.ids.front();
  report.session.user = f.record.id;
  report.is_active = false;
  report.deadline = f.soon();
  auto syncing = f.begin(f.env().directory_for(f.ids.front()), report);
  f.expect_end_before_answer(syncing, "synced", 1);
}

TEST(UserWatch, HearsOfOldAgeOnTheDirectorysSweep) {
  watched_user f;
  f.env().policy.session_idle_ttl = 600s;
  f.advance(599s);
  EXPECT_EQ(f.first.lines(), event_lines{});
  f.advance(121s); // a round takes a minute, or two
  EXPECT_EQ(f.first.lines(), event_lines(6, "over expired"));
  EXPECT_EQ(f.second.lines(), event_lines(6, "over expired"));
}

// -- what is no end ----------------------------------------------------------------------------

TEST(UserWatch, HearsOfAnotherRoleBeforeItIsAnswered) {
  watched_user f;
  f.be_slow(); // but nobody waits for them
  ASSERT_TRUE(f.ask(f.actor, f.promotion("admin")));
  EXPECT_EQ(f.first.lines(), event_lines(6, "role admin"));
  EXPECT_EQ(f.second.lines(), event_lines(6, "role admin"));
}

struct watched_subscriber : watched_user {
  subscription_actor bought =
      ask(env().directory_for(record.id), messages::find_subscription{record.id}).value();

  messages::change_subscription buying(const std::string& tier, const std::string& status) {
    messages::change_subscription out;
    out.subscription.tier = tier;
    out.subscription.status = status;
    out.author = author("user:admin");
    out.deadline = soon();
    return out;
  }
};

TEST(UserWatch, HearsOfAnotherSubscriptionBeforeItIsAnswered) {
  watched_subscriber f;
  f.be_slow(); // but nobody waits for them
  ASSERT_TRUE(f.ask(f.bought, f.buying("pro", "active")));
  EXPECT_EQ(f.first.lines(), event_lines(6, "subscription pro active"));
  EXPECT_EQ(f.second.lines(), event_lines(6, "subscription pro active"));
}

TEST(UserWatch, HearsOfTheTierInForceNotOfTheOneThatWasBought) {
  watched_subscriber f;
  ASSERT_TRUE(f.ask(f.bought, f.buying("pro", "canceled")));
  EXPECT_EQ(f.first.lines(), event_lines(6, "subscription free canceled"));
}

TEST(UserWatch, HearsOfASubscriptionAfterItIsDurable) {
  watched_subscriber f;
  f.commits.hold_questions();
  auto buying = f.begin(f.bought, f.buying("pro", "active"));
  EXPECT_EQ(f.first.lines(), event_lines{});
  f.commits.release();
  EXPECT_TRUE(buying.answer());
  EXPECT_EQ(f.first.lines(), event_lines(6, "subscription pro active"));
}

TEST(UserWatch, HearsNothingOfASubscriptionThatIsNotDurable) {
  watched_subscriber f;
  f.store.fail_next(commit_fault::unavailable);
  EXPECT_EQ(code_of(f.ask(f.bought, f.buying("pro", "active"))), error_code::store_unavailable);
  ASSERT_TRUE(f.ask(f.bought, messages::describe_subscription{f.soon()})); // reads it again
  EXPECT_EQ(f.first.lines(), event_lines{});
}

TEST(UserWatch, HearsOfASubscriptionWhoseOutcomeWasUnknownWhenItIsReadBack) {
  watched_subscriber f;
  const auto owner =
      f.ask(f.env().directory_for(f.record.id), messages::find_user{f.record.id}).value();
  EXPECT_EQ(f.ask(owner, messages::describe_user{})->subscription_tier, "free");
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.bought, f.buying("pro", "active"))), error_code::outcome_unknown);
  ASSERT_TRUE(f.ask(f.bought, messages::describe_subscription{f.soon()}));
  EXPECT_EQ(f.first.lines(), event_lines(6, "subscription pro active"));
  EXPECT_EQ(f.ask(owner, messages::describe_user{})->subscription_tier, "pro");
  ASSERT_TRUE(f.ask(f.bought, messages::describe_subscription{f.soon()}));
  EXPECT_EQ(f.first.lines().size(), 6u) << "once";
}

TEST(UserWatch, HearsNothingOfTheSubscriptionOfSomebodyElse) {
  watched_subscriber f;
  const auto other = f.add_user("grace", "");
  const auto theirs =
      f.ask(f.env().directory_for(other.id), messages::find_subscription{other.id}).value();
  ASSERT_TRUE(f.ask(theirs, f.buying("pro", "active")));
  EXPECT_EQ(f.first.lines(), event_lines{});
}

} // namespace
} // namespace latchkey::test

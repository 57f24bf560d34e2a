// What another service says of a session, and sessions that are told what the store did.
#include "actors/directory/directory.hpp"

#include "tests/support/actor_fixture.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

struct synced : actor_fixture {
  user_record owner = add_user("ada", "plain:correct horse");
  directory_actor actor = env().directories.front();
  session_id id{make_uuid(clock.now())};

  messages::sync_session sync(bool is_active = true) {
    messages::sync_session out;
    out.session.id = id;
    out.session.user = owner.id;
    out.session.user_agent = "a device";
    out.session.expires_at = clock.now() + 3600s;
    out.is_active = is_active;
    out.client = {"192.0.2.1", "curl", "req_1"};
    out.by = "service:shop";
    out.deadline = soon();
    return out;
  }
  error_code state() {
    auto found = ask(actor, messages::find_session{id});
    return found ? code_of(ask(*found, messages::validate{})) : found.error().code;
  }
};

TEST(SyncedSession, IsRefusedWithoutAnActiveUser) {
  synced f;
  auto unknown = f.sync();
  unknown.session.user = user_id{make_uuid(f.clock.now())};
  EXPECT_EQ(code_of(f.ask(f.actor, unknown)), error_code::user_not_found);
  auto inactive = f.sync();
  inactive.session.user = f.add_user("grace", "", false).id;
  EXPECT_EQ(code_of(f.ask(f.actor, inactive)), error_code::user_not_found);
  EXPECT_FALSE(f.stored(f.id));
}

TEST(SyncedSession, IsRefusedWhenItIsAnotherUsers) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  const auto other = f.add_user("grace", "").id;
  for (const bool is_active : {true, false}) {
    auto theirs = f.sync(is_active);
    theirs.session.user = other;
    EXPECT_EQ(code_of(f.ask(f.actor, theirs)), error_code::token_invalid) << is_active;
  }
  EXPECT_EQ(f.state(), error_code::none);
}

TEST(SyncedSession, IsNotRevivedOnceItHasEnded) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  ASSERT_TRUE(f.ask(f.actor, f.sync(false)));
  EXPECT_EQ(code_of(f.ask(f.actor, f.sync())), error_code::token_invalid);
  EXPECT_EQ(f.state(), error_code::token_invalid);
}

TEST(SyncedSession, LivesOnceItIsDurable) {
  synced f;
  f.commits.hold_questions();
  auto waiting = f.begin(f.actor, f.sync());
  EXPECT_FALSE(waiting.answered());
  EXPECT_EQ(f.state(), error_code::token_invalid);
  f.commits.release();
  ASSERT_TRUE(waiting.answer());
  EXPECT_EQ(f.state(), error_code::none);
  const auto kept = f.stored(f.id);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->user_agent, "a device");
  EXPECT_EQ(kept->created_at, f.clock.now());
  EXPECT_EQ(kept->salt.size(), 32u);
  ASSERT_EQ(f.store.audits().size(), 1u);
  EXPECT_EQ(f.store.audits().front().by, "service:shop");
  EXPECT_EQ(f.store.audits().front().session, f.id);
}

TEST(SyncedSession, ChangesItsEndInMemoryToo) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  EXPECT_EQ(f.state(), error_code::none);
  auto shorter = f.sync();
  shorter.session.expires_at = f.clock.now() + 60s;
  ASSERT_TRUE(f.ask(f.actor, shorter));
  f.clock.move(60s);
  EXPECT_EQ(f.state(), error_code::token_invalid);
}

TEST(SyncedSession, EndsInMemoryBeforeTheAnswer) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  const auto session = f.ask(f.actor, messages::find_session{f.id}).value();
  ASSERT_TRUE(f.ask(f.actor, f.sync(false)));
  EXPECT_EQ(code_of(f.ask(session, messages::validate{})), error_code::token_invalid);
  EXPECT_TRUE(f.stored(f.id)->ended_at);
}

TEST(SyncedSession, EndsByAPastExpiry) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  auto past = f.sync();
  past.session.expires_at = f.clock.now();
  ASSERT_TRUE(f.ask(f.actor, past));
  EXPECT_TRUE(f.stored(f.id)->ended_at);
}

TEST(SyncedSession, EndsTwiceAndWhenItNeverWas) {
  synced f;
  EXPECT_TRUE(f.ask(f.actor, f.sync(false)));
  EXPECT_FALSE(f.stored(f.id));
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  EXPECT_TRUE(f.ask(f.actor, f.sync(false)));
  EXPECT_TRUE(f.ask(f.actor, f.sync(false)));
}

TEST(SyncedSession, OvertakesARowThatWasReadBeforeItsEnd) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  f.reads.hold_answers();
  auto loading = f.begin(f.actor, messages::find_session{f.id});
  auto ending = f.begin(f.actor, f.sync(false));
  ASSERT_EQ(f.reads.held(), 2u);
  f.reads.release(1); // whose it is; then the end is written
  f.reads.hold_nothing();
  while (f.reads.held() > 0)
    f.reads.release();
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(code_of(loading.answer()), error_code::token_invalid);
  EXPECT_EQ(f.counts.sessions_live.value(), 0);
}

TEST(SyncedSession, EndsInMemoryThoughTheOutcomeWasUnknown) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, f.sync()));
  ASSERT_EQ(f.state(), error_code::none);
  f.store.fail_next(commit_fault::unknown_after_applying);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sync(false))), error_code::outcome_unknown);
  EXPECT_EQ(f.state(), error_code::token_invalid);
}

TEST(SyncedSession, PassesOnThatTheStoreIsUnavailable) {
  synced f;
  f.store.set_down(true);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sync())), error_code::store_unavailable);
  EXPECT_EQ(code_of(f.ask(f.actor, f.sync(false))), error_code::store_unavailable);
}

TEST(DirectorySessions, CountsThoseThatWereTold) {
  synced f;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(f.ask(f.actor, messages::find_session{f.add_session(f.owner).id}));
  const auto kept = f.add_session(f.owner).id;
  ASSERT_TRUE(f.ask(f.actor, messages::find_session{kept}));
  EXPECT_EQ(
      f.ask(f.actor, messages::user_sessions_ended{f.owner.id, kept, end_reason::revoked})->count,
      3u);
  EXPECT_EQ(f.ask(f.actor, messages::user_role_changed{f.owner.id, "admin"})->count, 4u);
  EXPECT_EQ(
      f.ask(f.actor,
            messages::user_sessions_ended{f.add_user("grace", "").id, {}, end_reason::revoked})
          ->count,
      0u);
}

TEST(DirectorySessions, RemembersNobodyWhenAllAreLoaded) {
  synced f;
  const auto slow = f.add_session(f.add_user("grace", "")).id;
  const auto id = f.add_session(f.owner).id;
  f.reads.hold_answers();
  auto loading = f.begin(f.actor, messages::find_session{slow});
  auto own = f.begin(f.actor, messages::find_session{id});
  EXPECT_TRUE(f.ask(f.actor, messages::user_role_changed{f.owner.id, "admin"}));
  f.reads.release(1); // of before: it is read again
  EXPECT_FALSE(own.answered());
  f.reads.release(1);
  EXPECT_TRUE(own.answer());
  EXPECT_FALSE(loading.answered());
  f.reads.release();
  EXPECT_TRUE(loading.answer());
  EXPECT_EQ(f.reads.seen(), 3u);
}

TEST(DirectorySessions, TellsNobodyWhoHasLeft) {
  synced f;
  ASSERT_TRUE(f.ask(f.actor, messages::find_session{f.add_session(f.owner).id}));
  f.advance(f.env().policy.memory_idle + 120s);
  EXPECT_EQ(
      f.ask(f.actor, messages::user_sessions_ended{f.owner.id, {}, end_reason::revoked})->count,
      0u);
}

} // namespace
} // namespace latchkey::test

// Those who watch a session: who is told what, and how long it stays in memory for them.
#include "one_session.hpp"
#include "watcher.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

/// A session that the directory has in memory, so that it can leave it.
struct watched_in_shard : one_session {
  directory_actor shard = env().directories.front();
  watcher sockets{*this};

  watched_in_shard() { actor = ask(shard, messages::find_session{record.id}).value(); }
  /// Whether its actor has left memory.
  bool has_left() { return begin(actor, messages::role_changed{record.id, owner.role}).is_gone(); }
};

TEST(SessionWatch, IsAnsweredAsAValidation) {
  one_session f;
  watcher sockets{f};
  const auto answer = f.ask(f.actor, messages::watch{sockets.handle()});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->user, f.owner.id);
  EXPECT_EQ(answer->user_number, f.owner.number);
  EXPECT_EQ(answer->role, f.owner.role);
  EXPECT_EQ(answer->opened_by, f.record.opened_by);
}

TEST(SessionWatch, IsAUseOfTheSession) {
  one_session f;
  watcher sockets{f};
  f.clock.move(60s);
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  EXPECT_EQ(f.stored(f.record.id)->last_seen_at, f.clock.now());
}

TEST(SessionWatch, IsRefusedOnceTheSessionHasEndedAndNothingIsTold) {
  one_session f;
  watcher sockets{f};
  ASSERT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(sockets.watch(f.actor), error_code::token_invalid);
  ASSERT_TRUE(f.ask(f.actor, messages::session_ended{f.record.id, end_reason::revoked}));
  EXPECT_EQ(sockets.lines(), event_lines{});
}

TEST(SessionWatch, IsRefusedOnceTheSessionIsTooOldAndNothingIsTold) {
  one_session f;
  watcher sockets{f};
  f.clock.move(f.env().policy.session_ttl);
  EXPECT_EQ(sockets.watch(f.actor), error_code::token_invalid);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  f.run();
  EXPECT_EQ(sockets.lines(), event_lines{});
}

TEST(SessionWatch, SaidTwiceIsToldOnce) {
  one_session f;
  watcher sockets{f};
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, "admin"}));
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(sockets.lines(), (event_lines{"role admin", "over logout"}));
}

TEST(SessionWatch, TellsNoLongerWhoWatchesNoLonger) {
  one_session f;
  watcher leaver{f};
  watcher stayer{f};
  EXPECT_EQ(leaver.watch(f.actor), error_code::none);
  EXPECT_EQ(stayer.watch(f.actor), error_code::none);
  leaver.be_slow();
  leaver.unwatch(f.actor);
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, "admin"}));
  EXPECT_TRUE(f.ask(f.actor, messages::subscription_changed{f.record.id, "pro", "active"}));
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(leaver.lines(), event_lines{});
  EXPECT_EQ(stayer.lines(), (event_lines{"role admin", "subscription pro active", "over logout"}));
}

TEST(SessionWatch, MayBeSaidAgainAfterItWasTakenBack) {
  one_session f;
  watcher sockets{f};
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  sockets.unwatch(f.actor);
  sockets.unwatch(f.actor);
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(sockets.lines(), event_lines{"over logout"});
}

TEST(SessionWatch, TellsOfItsOwnSessionByName) {
  one_session f;
  watcher sockets{f};
  const auto other = f.add_session(f.owner);
  const auto second = f.spawn(session, *f.stored(other.id), f.shared_env(), std::uint64_t{1});
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  EXPECT_EQ(sockets.watch(second), error_code::none);
  EXPECT_TRUE(f.ask(second, messages::role_changed{other.id, "admin"}));
  EXPECT_TRUE(f.ask(second, messages::subscription_changed{other.id, "pro", "active"}));
  EXPECT_TRUE(f.ask(second, messages::session_ended{other.id, end_reason::revoked}));
  EXPECT_TRUE(f.ask(f.actor, f.revoke()));
  EXPECT_EQ(sockets.sessions(),
            (std::vector<session_id>{other.id, other.id, other.id, f.record.id}));
}

// -- a race with the end ---------------------------------------------------------------------

TEST(SessionWatch, ThatComesBeforeAnEndIsGrantedAndThenToldOfIt) {
  one_session f;
  watcher sockets{f};
  auto watching = f.ask_later(f.actor, messages::watch{sockets.handle()});
  auto ending =
      f.ask_later(f.actor, messages::session_ended{f.record.id, end_reason::password_changed});
  f.run();
  EXPECT_TRUE(watching.answer());
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(sockets.lines(), event_lines{"over password_changed"});
}

TEST(SessionWatch, ThatComesAfterAnEndIsRefused) {
  one_session f;
  watcher sockets{f};
  auto ending =
      f.ask_later(f.actor, messages::session_ended{f.record.id, end_reason::password_changed});
  auto watching = f.ask_later(f.actor, messages::watch{sockets.handle()});
  f.run();
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(code_of(watching.answer()), error_code::token_invalid);
  EXPECT_EQ(sockets.lines(), event_lines{});
}

TEST(SessionWatch, ThatComesWhileAnEndIsBeingWrittenIsToldOfIt) {
  one_session f;
  watcher sockets{f};
  f.commits.hold_questions();
  auto logout = f.begin(f.actor, f.revoke());
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  sockets.be_slow();
  f.commits.release();
  EXPECT_EQ(sockets.lines(), event_lines{"over logout"});
  EXPECT_FALSE(logout.answered());
  sockets.answer();
  EXPECT_TRUE(logout.answer());
}

TEST(SessionWatch, ThatComesWhileOthersHearOfTheEndIsRefused) {
  one_session f;
  watcher first{f};
  watcher late{f};
  EXPECT_EQ(first.watch(f.actor), error_code::none);
  first.be_slow();
  auto logout = f.begin(f.actor, f.revoke());
  EXPECT_EQ(late.watch(f.actor), error_code::token_invalid);
  first.answer();
  EXPECT_TRUE(logout.answer());
  EXPECT_EQ(late.lines(), event_lines{});
}

// -- memory ----------------------------------------------------------------------------------

TEST(SessionWatch, KeepsTheSessionInMemory) {
  watched_in_shard f;
  EXPECT_EQ(f.sockets.watch(f.actor), error_code::none);
  f.advance(f.env().policy.memory_idle + 180s);
  EXPECT_FALSE(f.has_left());
  EXPECT_EQ(f.ask(f.shard, messages::find_session{f.record.id}).value(), f.actor);
}

TEST(SessionWatch, KeepsTheSessionInMemoryNoLongerThanItLasts) {
  watched_in_shard f;
  EXPECT_EQ(f.sockets.watch(f.actor), error_code::none);
  f.advance(f.env().policy.memory_idle);
  f.sockets.unwatch(f.actor);
  f.advance(f.env().policy.memory_idle - 60s);
  EXPECT_FALSE(f.has_left()) << "it was used until then";
  f.advance(240s);
  EXPECT_TRUE(f.has_left());
  EXPECT_EQ(f.counts.sessions_live.value(), 1); // the fixture's own
}

TEST(SessionWatch, IsSentToTheDirectoryWhileTheSessionLeaves) {
  watched_in_shard f;
  f.clock.move(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  auto watching = f.ask_later(f.actor, messages::watch{f.sockets.handle()});
  f.run();
  EXPECT_TRUE(watching.is_gone());
  const auto successor = f.ask(f.shard, messages::find_session{f.record.id}).value();
  EXPECT_EQ(f.sockets.watch(successor), error_code::none);
}

TEST(SessionWatch, ThatIsSentAwayIsToldNothing) {
  watched_in_shard f;
  f.clock.move(f.env().policy.memory_idle);
  caf::anon_send(f.actor, messages::sweep{f.clock.now()});
  auto watching = f.ask_later(f.actor, messages::watch{f.sockets.handle()});
  auto ending = f.ask_later(f.actor, messages::session_ended{f.record.id, end_reason::revoked});
  f.run();
  EXPECT_TRUE(watching.is_gone());
  EXPECT_TRUE(ending.answer());
  EXPECT_EQ(f.sockets.lines(), event_lines{});
}

TEST(SessionWatch, LetsTheSessionLeaveOnceAllHaveHeardOfItsEnd) {
  watched_in_shard f;
  EXPECT_EQ(f.sockets.watch(f.actor), error_code::none);
  f.sockets.be_slow();
  auto logout = f.begin(f.actor, f.revoke());
  f.advance(180s);
  EXPECT_FALSE(logout.answered());
  f.sockets.answer();
  EXPECT_TRUE(logout.answer());
  f.advance(180s);
  EXPECT_TRUE(f.has_left());
}

// -- news ------------------------------------------------------------------------------------

TEST(SessionWatch, TellsOfAnotherRoleOnce) {
  one_session f;
  watcher sockets{f};
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, f.owner.role})); // the same
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, "admin"}));
  EXPECT_TRUE(f.ask(f.actor, messages::role_changed{f.record.id, "admin"}));
  EXPECT_EQ(sockets.lines(), event_lines{"role admin"});
}

TEST(SessionWatch, TellsOfARoleThatIsFoundInTheRow) {
  one_session f;
  watcher sockets{f};
  EXPECT_EQ(sockets.watch(f.actor), error_code::none);
  storage::user_changes changes;
  changes.role = "admin";
  f.write({{storage::rotate_session{f.record.id, 1, f.clock.now()},
            storage::update_user{f.owner.id, f.owner.version, changes, f.clock.now()}}});
  EXPECT_TRUE(f.ask(f.actor, f.refresh(1))); // loses, and reads the row
  EXPECT_EQ(sockets.lines(), event_lines{"role admin"});
}

} // namespace
} // namespace latchkey::test

// Nodes of a cluster with their actors: a change is answered at one when it is a fact on all.
#include "actors/directory/directory.hpp"
#include "tests/actors/cluster/cluster_fixture.hpp"
#include "tests/actors/session/watcher.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_F(Cluster, OpensWhenAllHaveWelcomedEachOther) {
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(nodes.trusts(i)) << i;
  EXPECT_EQ(nodes.rows(), 3U);
}

TEST_F(Cluster, GoesOnTrustingItsMemory) {
  const auto epoch = nodes.on(0).env().trust->epoch();
  for (int i = 0; i < 100; ++i) {
    nodes.advance(100ms);
    for (std::size_t index = 0; index < 3; ++index)
      ASSERT_TRUE(nodes.trusts(index)) << index << " after " << i;
  }
  EXPECT_EQ(nodes.on(0).env().trust->epoch(), epoch) << "nothing was missed";
}

TEST_F(Cluster, AnswersARevocationWhenEveryNodeHasFollowedIt) {
  const auto here = session_on(0);
  const auto there = session_on(1);
  EXPECT_EQ(state_on(1, there), error_code::none);
  const auto revoked = nodes.on(0).begin(here, revocation(0));
  EXPECT_FALSE(revoked.answered()) << "the others were not told yet";
  nodes.run();
  EXPECT_TRUE(revoked.answer());
  EXPECT_EQ(state_on(1, there), error_code::token_invalid);
}

TEST_F(Cluster, TellsANodeThatIsReadingTheSession) {
  const auto here = session_on(0);
  auto& other = nodes.on(1);
  other.reads.hold_answers();
  const auto found =
      other.begin(other.env().directories.front(), messages::find_session{session.id});
  EXPECT_EQ(other.reads.held(), 1U); // a row that was read before the end
  const auto revoked = nodes.on(0).begin(here, revocation(0));
  nodes.run();
  EXPECT_TRUE(revoked.answer());
  other.reads.hold_nothing();
  other.reads.release();
  EXPECT_EQ(code_of(found.answer()), error_code::token_invalid);
}

TEST_F(Cluster, WaitsForASilentNodeNoLongerThanItsPromise) {
  const auto here = session_on(0);
  const auto there = session_on(1);
  nodes.cut(0, 1);
  const auto revoked = nodes.on(0).begin(here, revocation(0));
  nodes.run();
  EXPECT_FALSE(revoked.answered());
  while (!revoked.answered() && nodes.trusts(1))
    nodes.advance(10ms);
  EXPECT_FALSE(nodes.trusts(1)) << "answered while the other still trusts its memory";
  nodes.advance(50ms);
  EXPECT_TRUE(revoked.answer());
}

TEST_F(Cluster, DoesNotTrustWhatItRememberedBeforeItWasCutOff) {
  auto& trust = *nodes.on(1).env().trust;
  const auto epoch = trust.epoch();
  nodes.cut(0, 1);
  nodes.advance(1500ms);
  EXPECT_FALSE(nodes.trusts(1));
  EXPECT_TRUE(nodes.on(2).env().trust->holds(nodes.on(2).clock.steady()));
  nodes.heal(0, 1);
  nodes.advance(500ms);
  EXPECT_TRUE(nodes.trusts(1));
  EXPECT_GT(trust.epoch(), epoch);
}

TEST_F(Cluster, CountsNothingThatItRememberedWhenItDoesNotUnderstand) {
  auto& f = nodes.on(1);
  const auto before = f.env().trust->epoch();
  const auto there = session_on(1);
  caf::anon_send(nodes[1].member, messages::member_said{nodes[0].id, R"({"say":"tell","number":9,)"
                                                                     R"("change":"weather"})"});
  nodes.run_only(1);
  EXPECT_GT(f.env().trust->epoch(), before);
  const auto reads = f.reads.seen();
  EXPECT_EQ(state_on(1, there), error_code::none);
  EXPECT_EQ(f.reads.seen(), reads + 1) << "what was said may have been of this very session";
  nodes.advance(2s);
  EXPECT_TRUE(nodes.trusts(1)) << "they are connected again";
}

TEST_F(Cluster, HasOnePasswordOfAUser) {
  const auto there = user_on(2);
  const auto changed = nodes.on(0).begin(user_on(0), new_password());
  nodes.run();
  ASSERT_TRUE(changed.answer());
  EXPECT_EQ(sign_in(2, there, "correct horse"), error_code::invalid_credentials);
  EXPECT_EQ(sign_in(2, there, "battery staple"), error_code::none);
}

TEST_F(Cluster, HasOneRoleOfAUser) {
  const auto there = session_on(1);
  storage::user_changes changes;
  changes.role = "admin";
  const auto updated =
      nodes.on(0).begin(user_on(0), messages::update_user{changes, author(), nodes.on(0).soon()});
  nodes.run();
  ASSERT_TRUE(updated.answer());
  const auto validation = nodes.on(1).ask(there, messages::validate{});
  EXPECT_EQ(validation->role, "admin");
  EXPECT_EQ(nodes.on(2).ask(user_on(2), messages::describe_user{})->role, "admin");
}

TEST_F(Cluster, AnswersForWhatIsSoAlreadyWhenEveryNodeHasFollowed) {
  const auto there = session_on(1);
  const auto newer = nodes.on(0).clock.now();
  const auto with_role = [&](std::size_t index, const std::string& role, time_point told_at) {
    storage::user_changes changes;
    changes.role = role;
    changes.synced_at = told_at;
    auto asked = nodes.on(index).begin(
        user_on(index), messages::update_user{changes, author(), nodes.on(index).soon()});
    nodes.run();
    return asked;
  };
  nodes.cut(0, 1);
  const auto first = with_role(0, "admin", newer);
  EXPECT_FALSE(first.answered()) << "node 1 has not heard of it";
  const auto outdated = with_role(2, "user", newer - 1s);
  EXPECT_EQ(outdated.answer()->role, "admin");
  EXPECT_TRUE(nodes.trusts(1));
  EXPECT_EQ(nodes.on(1).ask(there, messages::validate{})->role, "admin");
}

TEST_F(Cluster, HasOneListOfAUsersKeys) {
  const auto there = user_on(1);
  EXPECT_TRUE(nodes.on(1).ask(there, messages::list_api_keys{})->keys.empty());
  messages::create_api_key wanted;
  wanted.caller.authenticated = {auth_method::password, nodes.on(0).clock.now()};
  wanted.name = "a key";
  wanted.author = author();
  wanted.deadline = nodes.on(0).soon();
  const auto created = nodes.on(0).begin(user_on(0), wanted);
  nodes.run();
  ASSERT_TRUE(created.answer());
  EXPECT_EQ(nodes.on(1).ask(there, messages::list_api_keys{})->keys.size(), 1U);
  messages::revoke_api_key unwanted;
  unwanted.shown = {auth_method::password, nodes.on(0).clock.now()};
  unwanted.id = created.answer()->key.id;
  unwanted.author = author();
  unwanted.deadline = nodes.on(0).soon();
  const auto revoked = nodes.on(0).begin(user_on(0), unwanted);
  nodes.run();
  ASSERT_TRUE(revoked.answer());
  EXPECT_TRUE(nodes.on(1).ask(there, messages::list_api_keys{})->keys.empty());
}

TEST_F(Cluster, IsLeftWithoutAGapForTheOthers) {
  const auto epoch = nodes.on(0).env().trust->epoch();
  const auto left = nodes.on(2).begin(nodes[2].member, messages::leave_cluster{});
  nodes.run();
  ASSERT_TRUE(left.answer());
  EXPECT_FALSE(nodes.trusts(2));
  EXPECT_EQ(nodes.rows(), 2U);
  nodes.kill(2);
  for (int i = 0; i < 30; ++i) {
    nodes.advance(100ms);
    ASSERT_TRUE(nodes.trusts(0)) << i;
  }
  EXPECT_EQ(nodes.on(0).env().trust->epoch(), epoch);
}

TEST_F(Cluster, GoesOnWithoutANodeThatDied) {
  const auto epoch = nodes.on(0).env().trust->epoch();
  nodes.kill(2);
  nodes.advance(4s);
  EXPECT_EQ(nodes.rows(), 2U);
  EXPECT_TRUE(nodes.trusts(0));
  EXPECT_GT(nodes.on(0).env().trust->epoch(), epoch) << "it may have changed what it never told";
  const auto revoked = nodes.on(0).begin(session_on(0), revocation(0));
  nodes.run();
  EXPECT_TRUE(revoked.answer());
}

TEST_F(Cluster, DividesALimitWhereNodesCannotAskEachOther) {
  auto& f = nodes.on(0);
  const auto take = [&f](const char* key) {
    int granted = 0;
    for (int i = 0; i < 30; ++i)
      granted += f.env().limiter->take(key, {12, 3600}, f.clock.steady()).granted ? 1 : 0;
    return granted;
  };
  EXPECT_EQ(take("of three"), 4);
  nodes.kill(2);
  nodes.advance(4s);
  EXPECT_EQ(take("of two"), 6);
}

TEST_F(Cluster, EndsANodeThatTheOthersHaveRemoved) {
  nodes.take_store_from(2);
  nodes.cut(0, 2);
  nodes.cut(1, 2);
  nodes.advance(4s);
  EXPECT_EQ(nodes.rows(), 2U);
  EXPECT_TRUE(nodes[2].fenced.empty()) << "it cannot know";
  EXPECT_FALSE(nodes.trusts(2));
  nodes.give_store_to(2);
  nodes.advance(1s);
  EXPECT_NE(nodes[2].fenced.find("removed"), std::string::npos);
}

TEST_F(Cluster, TrustsItsMemoryWhileTheStoreIsAway) {
  for (std::size_t i = 0; i < 3; ++i)
    nodes.take_store_from(i);
  nodes.advance(30s);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(nodes.trusts(i)) << i;
  for (std::size_t i = 0; i < 3; ++i)
    nodes.give_store_to(i);
  nodes.advance(5s);
  EXPECT_EQ(nodes.rows(), 3U) << "nobody was removed for it";
}

TEST_F(Cluster, OpensNoSessionThatHasEndedBeforeTheStoresAnswerCame) {
  auto& f = nodes.on(0);
  const auto here = user_on(0);
  f.commits.hold_answers();
  const auto sign_in = f.begin(
      here, messages::authenticate{secret{"correct horse"s}, surface::auth_service, {}, f.soon()});
  ASSERT_EQ(f.commits.held(), 1U) << "it is in the store";
  const auto changed = nodes.on(1).begin(user_on(1), new_password());
  nodes.run();
  ASSERT_TRUE(changed.answer()) << "and was ended there";
  f.commits.hold_nothing();
  f.commits.release();
  nodes.run();
  EXPECT_EQ(code_of(sign_in.answer()), error_code::invalid_credentials);
}

TEST_F(Cluster, KnowsNoKeyThatWasRevokedBeforeTheStoresAnswerCame) {
  auto& f = nodes.on(0);
  const auto here = user_on(0);
  f.commits.hold_answers();
  messages::create_api_key wanted;
  wanted.caller.authenticated = {auth_method::password, nodes.on(0).clock.now()};
  wanted.name = "a key";
  wanted.author = author();
  wanted.deadline = f.soon();
  const auto created = f.begin(here, wanted);
  ASSERT_EQ(f.commits.held(), 1U);
  const auto there = user_on(1);
  const auto listed = nodes.on(1).ask(there, messages::list_api_keys{});
  ASSERT_EQ(listed->keys.size(), 1U);
  messages::revoke_api_key unwanted;
  unwanted.shown = {auth_method::password, nodes.on(0).clock.now()};
  unwanted.id = listed->keys.front().id;
  unwanted.author = author();
  unwanted.deadline = nodes.on(1).soon();
  const auto revoked = nodes.on(1).begin(there, unwanted);
  nodes.run();
  ASSERT_TRUE(revoked.answer());
  EXPECT_TRUE(f.ask(here, messages::list_api_keys{})->keys.empty());
  f.commits.hold_nothing();
  f.commits.release();
  nodes.run();
  ASSERT_TRUE(created.answer());
  EXPECT_TRUE(f.ask(here, messages::list_api_keys{})->keys.empty());
}

TEST_F(Cluster, OpensNoSessionForAPasswordThatWasReplacedMeanwhile) {
  auto& f = nodes.on(1);
  const auto there = user_on(1);
  f.hashes.hold_answers();
  const auto sign_in = f.begin(
      there, messages::authenticate{secret{"correct horse"s}, surface::auth_service, {}, f.soon()});
  ASSERT_EQ(f.hashes.held(), 1U);
  f.commits.hold_questions();
  f.hashes.hold_nothing();
  f.hashes.release(); // it was right, and the session is on its way to the store
  ASSERT_EQ(f.commits.held(), 1U);
  // Nothing of what another node does has arrived yet.
  f.write({{storage::set_password_hash{ada.id, ada.version, secret{"plain:battery staple"s},
                                       f.clock.now()},
            storage::end_sessions_of{ada.id, std::nullopt, f.clock.now(), "password_changed"}}});
  f.commits.hold_nothing();
  f.commits.release();
  EXPECT_EQ(code_of(sign_in.answer()), error_code::invalid_credentials);
}

// -- what is not told ---------------------------------------------------------------------------

TEST_F(Cluster, TakesAtOneNodeWhatAnotherHasRotated) {
  const auto here = session_on(0);
  const auto there = session_on(1);
  EXPECT_EQ(state_on(1, there), error_code::none);
  auto& a = nodes.on(0);
  auto& b = nodes.on(1);
  ASSERT_TRUE(a.ask(here, messages::refresh{a.token_of(session, 1), {}, a.soon()}));
  EXPECT_TRUE(b.ask(there, messages::validate{2})) << "an access token of the next counter";
  ASSERT_TRUE(b.ask(there, messages::refresh{b.token_of(session, 2), {}, b.soon()}));
  ASSERT_TRUE(a.ask(here, messages::refresh{a.token_of(session, 3), {}, a.soon()}));
  EXPECT_EQ(a.stored(session.id)->counter, 4U);
}

TEST_F(Cluster, TakesATicketAtOneNodeAlone) {
  const messages::use_ticket ticket{7, nodes.on(0).clock.now() + 30s};
  EXPECT_TRUE(nodes.on(0).ask(session_on(0), ticket));
  EXPECT_EQ(code_of(nodes.on(1).ask(session_on(1), ticket)), error_code::token_invalid);
  EXPECT_EQ(code_of(nodes.on(0).ask(session_on(0), ticket)), error_code::token_invalid);
}

TEST_F(Cluster, HasOneSuccessorOfATokenThatIsShownToAll) {
  std::vector<asked<messages::token_pair>> all;
  for (std::size_t i = 0; i < 48; ++i) {
    auto& f = nodes.on(i % 3);
    all.push_back(
        f.ask_later(session_on(i % 3), messages::refresh{f.token_of(session, 1), {}, f.soon()}));
  }
  nodes.run();
  for (const auto& each : all) {
    const auto tokens = each.answer();
    ASSERT_TRUE(tokens) << static_cast<int>(tokens.error().code);
    EXPECT_EQ(parse_refresh_token(tokens->refresh_token.reveal())->counter, 2U);
  }
  EXPECT_EQ(nodes.on(0).stored(session.id)->counter, 2U);
}

TEST_F(Cluster, DoesNotTakeASessionForIdleThatAnotherHasRefreshed) {
  for (std::size_t i = 0; i < 3; ++i)
    nodes.on(i).env().policy.session_idle_ttl = 600s;
  const auto here = session_on(0);
  const auto there = session_on(1);
  auto& a = nodes.on(0);
  auto& b = nodes.on(1);
  watcher sockets{b}; // keep it in memory
  ASSERT_EQ(sockets.watch(there), error_code::none);
  nodes.advance(400s);
  ASSERT_TRUE(a.ask(here, messages::refresh{a.token_of(session, 1), {}, a.soon()}));
  nodes.advance(400s);
  EXPECT_EQ(state_on(1, there), error_code::none);
  EXPECT_TRUE(sockets.lines().empty());
  nodes.advance(400s);
  EXPECT_EQ(sockets.lines(), event_lines{"over expired"});
}

} // namespace
} // namespace latchkey::test

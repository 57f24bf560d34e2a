// What every engine does with sessions that another service speaks of.
#include "tests/storage/engines.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class SyncedSessions : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann_ = add(make_user("ann"));
  }
  session_record synced(time_point seen = noon) const {
    auto s = make_session(ann_.id);
    s.last_seen_at = seen;
    return s;
  }
  user_record ann_;
};
LATCHKEY_ON_EVERY_ENGINE(SyncedSessions);

TEST_P(SyncedSessions, NeedAnActiveUser) {
  auto s = synced();
  s.user = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({upsert_session{s}}), error_code::user_not_found));
  auto idle = make_user("idle");
  idle.user.is_active = false;
  s.user = add(idle).id;
  EXPECT_TRUE(failed_with(commit({upsert_session{s}}), error_code::user_not_found));
}

TEST_P(SyncedSessions, AreNotTakenFromTheirUser) {
  const auto bob = add(make_user("bob"));
  const auto s = add(make_session(bob.id));
  auto stolen = s;
  stolen.user = ann_.id;
  stolen.address = "10.0.0.1";
  EXPECT_TRUE(failed_with(commit({upsert_session{stolen}}), error_code::token_invalid));
  EXPECT_EQ(session(s.id).user, bob.id);
  EXPECT_EQ(session(s.id).address, "127.0.0.1");
}

TEST_P(SyncedSessions, DoNotComeBackOnceEndedOrExpired) {
  auto ended = add(make_session(ann_.id));
  ASSERT_TRUE(commit({end_session{ended.id, noon + 1s, "logout"}}));
  ended.expires_at = noon + 9h;
  EXPECT_TRUE(failed_with(commit({upsert_session{ended}}), error_code::token_invalid));
  EXPECT_TRUE(session(ended.id).ended_at);
  auto expired = add(make_session(ann_.id));
  expired.last_seen_at = expired.expires_at;
  expired.expires_at = noon + 9h;
  EXPECT_TRUE(failed_with(commit({upsert_session{expired}}), error_code::token_invalid));
  EXPECT_EQ(session(expired.id).expires_at, noon + 1h);
}

TEST_P(SyncedSessions, AreAddedWhole) {
  auto wanted = synced(noon + 3s);
  wanted.salt = std::string("\0\x01\\'\xff", 5);
  ASSERT_TRUE(commit({upsert_session{wanted}}));
  const auto found = session(wanted.id);
  EXPECT_EQ(found.user, ann_.id);
  EXPECT_EQ(found.counter, wanted.counter);
  EXPECT_EQ(found.salt, wanted.salt);
  EXPECT_EQ(found.opened_by, wanted.opened_by);
  EXPECT_EQ(found.user_agent, wanted.user_agent);
  EXPECT_EQ(found.created_at, noon);
  EXPECT_EQ(found.expires_at, wanted.expires_at);
  EXPECT_EQ(found.last_seen_at, noon + 3s);
  EXPECT_FALSE(found.ended_at);
  EXPECT_TRUE(commit({rotate_session{wanted.id, wanted.counter, noon + 4s}}));
}

TEST_P(SyncedSessions, TakeTheNewEndAndDeviceAndNothingElse) {
  const auto before = add(make_session(ann_.id));
  ASSERT_TRUE(commit({rotate_session{before.id, before.counter, noon + 1s}}));
  auto next = before;
  next.counter = 99;
  next.salt = "other";
  next.user_agent = "phone";
  next.address = "10.0.0.1";
  next.expires_at = noon + 2h;
  next.last_seen_at = noon + 5s;
  ASSERT_TRUE(commit({upsert_session{next}}));
  const auto after = session(before.id);
  EXPECT_EQ(after.counter, before.counter + 1);
  EXPECT_EQ(after.salt, before.salt);
  EXPECT_EQ(after.user_agent, "phone");
  EXPECT_EQ(after.address, "10.0.0.1");
  EXPECT_EQ(after.expires_at, noon + 2h);
  EXPECT_EQ(after.last_seen_at, noon + 5s);
}

TEST_P(SyncedSessions, AreUsedByBeingToldOf) {
  auto own = add(make_session(ann_.id));
  auto theirs = synced();
  theirs.opened_by = surface::integration;
  ASSERT_TRUE(commit({upsert_session{theirs}}));
  for (auto s : {own, theirs}) {
    s.opened_by = surface::integration;
    s.rotated_at = s.last_seen_at = noon + 5s;
    ASSERT_TRUE(commit({upsert_session{s}}));
  }
  EXPECT_EQ(session(theirs.id).rotated_at, noon + 5s);
  EXPECT_EQ(session(theirs.id).opened_by, surface::integration);
  EXPECT_EQ(session(own.id).rotated_at, noon) << "it is used by being refreshed";
  EXPECT_EQ(session(own.id).opened_by, own.opened_by);
}

TEST_P(SyncedSessions, AreFoundByTheServiceThatHoldsThem) {
  auto held = synced();
  held.held_by = "billing";
  ASSERT_TRUE(commit({upsert_session{held}}));
  auto others = synced();
  others.held_by = "reports";
  ASSERT_TRUE(commit({upsert_session{others}}));
  for (int i = 1; i <= 3; ++i) { // newer ones, of which there may be any number
    auto s = make_session(ann_.id);
    s.created_at = noon + std::chrono::seconds(i);
    add(s);
  }
  const auto found = reader_->answer_to(list_sessions{ann_.id, noon, 2, {}, "billing"}).value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, held.id);
  EXPECT_EQ(found[0].held_by, "billing");
}

TEST_P(SyncedSessions, KeepDeviceAndAddressWhenNoneIsTold) {
  const auto before = synced();
  ASSERT_TRUE(commit({upsert_session{before}}));
  auto next = before;
  next.user_agent.clear();
  next.address.clear();
  next.expires_at = noon + 2h;
  ASSERT_TRUE(commit({upsert_session{next}}));
  const auto after = session(before.id);
  EXPECT_FALSE(after.user_agent.empty());
  EXPECT_EQ(after.user_agent, before.user_agent);
  EXPECT_EQ(after.address, before.address);
  EXPECT_EQ(after.expires_at, noon + 2h);
}

TEST_P(SyncedSessions, KeepTheirPlaceInTheBatch) {
  const auto s = synced();
  const std::vector<unit> batch{{{upsert_session{s}}},
                                {{end_sessions_of{ann_.id, {}, noon + 1s, "all"}}},
                                {{upsert_session{s}}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  ASSERT_TRUE(answers[1]);
  EXPECT_EQ(answers[1]->sessions_ended, 1);
  EXPECT_TRUE(failed_with(answers[2], error_code::token_invalid));
}

TEST_P(SyncedSessions, RememberWhenTheyWereLastUsed) {
  const auto s = add(make_session(ann_.id));
  EXPECT_EQ(s.last_seen_at, noon);
  ASSERT_TRUE(commit({touch_session{s.id, noon + 7s}}));
  ASSERT_TRUE(commit({touch_session{s.id, noon + 5s}}));
  EXPECT_EQ(session(s.id).last_seen_at, noon + 7s);
  EXPECT_TRUE(commit({touch_session{session_id{make_uuid(noon)}, noon}}));
  ASSERT_TRUE(commit({end_session{s.id, noon + 8s, "logout"}}));
  ASSERT_TRUE(commit({touch_session{s.id, noon + 9s}}));
  EXPECT_EQ(session(s.id).last_seen_at, noon + 7s) << "it had ended";
}

TEST_P(SyncedSessions, RememberWhichOfTheirTokensWereSeen) {
  const auto s = add(make_session(ann_.id));
  EXPECT_EQ(session(s.id).seen, 0u);
  ASSERT_TRUE(commit({touch_session{s.id, noon + 7s, 3}}));
  EXPECT_EQ(session(s.id).seen, 3u);
  ASSERT_TRUE(commit({touch_session{s.id, noon + 9s, 2}}));
  EXPECT_EQ(session(s.id).seen, 3u) << "it does not go back";
  EXPECT_EQ(session(s.id).last_seen_at, noon + 9s);
  // The clock was set back: the time does not follow, what was seen does.
  ASSERT_TRUE(commit({touch_session{s.id, noon - 3600s, 4}}));
  EXPECT_EQ(session(s.id).seen, 4u);
  EXPECT_EQ(session(s.id).last_seen_at, noon + 9s);
}

} // namespace

} // namespace latchkey::test

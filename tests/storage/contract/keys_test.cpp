// What every engine does with API keys.
#include "tests/storage/racing.hpp"

#include <set>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

constexpr std::size_t keys_max = 100;

api_key_record make_key(const user_id& user, std::uint64_t id) {
  api_key_record k;
  k.id = id;
  k.user = user;
  k.name = "a key";
  k.prefix = "lk_abcdefgh";
  k.secret_hash = "hash" + std::to_string(id);
  k.scopes = {"projects:read", "users:read"};
  k.created_at = noon + std::chrono::seconds(id % 1000);
  return k;
}

class ApiKeys : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann = add(make_user("ann"));
  }
  std::vector<api_key_record> keys_of(const user_id& user) {
    return ask(*reader_, list_api_keys{user});
  }
  user_record ann;
};
LATCHKEY_ON_EVERY_ENGINE(ApiKeys);

TEST_P(ApiKeys, AreRefusedWithoutTheirUser) {
  const user_id nobody{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({add_api_key{make_key(nobody, 1), keys_max}}),
                          error_code::user_not_found));
  EXPECT_TRUE(keys_of(nobody).empty());
}

TEST_P(ApiKeys, AreRefusedWhenTheUserHasAsManyAsMayBe) {
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 1), 2}}));
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 2), 2}}));
  EXPECT_TRUE(failed_with(commit({add_api_key{make_key(ann.id, 3), 2}}), error_code::quota_exceeded,
                          "api_keys"));
  EXPECT_TRUE(failed_with(commit({add_api_key{make_key(ann.id, 3), 0}}), error_code::quota_exceeded,
                          "api_keys"));
  EXPECT_EQ(keys_of(ann.id).size(), 2u);
  const auto bob = add(make_user("bob"));
  EXPECT_TRUE(commit({add_api_key{make_key(bob.id, 3), 2}})) << "another user's do not count";
}

TEST_P(ApiKeys, ThatAreRevokedOrExpiredDoNotCount) {
  auto expiring = make_key(ann.id, 1);
  expiring.expires_at = noon + 10s;
  ASSERT_TRUE(commit({add_api_key{expiring, 2}}));
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 2), 2}}));
  auto third = make_key(ann.id, 3);
  third.created_at = noon + 9s;
  EXPECT_TRUE(failed_with(commit({add_api_key{third, 2}}), error_code::quota_exceeded));
  third.created_at = noon + 10s;
  EXPECT_TRUE(commit({add_api_key{third, 2}})) << "the first has expired";
  EXPECT_EQ(ask(*reader_, list_api_keys{ann.id, noon + 9s}).size(), 3u);
  EXPECT_EQ(ask(*reader_, list_api_keys{ann.id, noon + 10s}).size(), 2u);
  ASSERT_TRUE(commit({revoke_api_key{2, ann.id, noon + 11s}}));
  EXPECT_TRUE(commit({add_api_key{make_key(ann.id, 11), 2}}));
}

TEST_P(ApiKeys, OfAnIdThatIsTakenAreRefused) {
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 1), keys_max}}));
  auto second = make_key(ann.id, 1);
  second.secret_hash = "another";
  EXPECT_TRUE(failed_with(commit({add_api_key{second, keys_max}}), error_code::conflict, "id"));
  ASSERT_EQ(keys_of(ann.id).size(), 1u);
  EXPECT_EQ(keys_of(ann.id)[0].secret_hash, "hash1");
}

TEST_P(ApiKeys, AreRevokedOnceAndByTheirUserAlone) {
  const auto bob = add(make_user("bob"));
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 1), keys_max}}));
  EXPECT_TRUE(failed_with(commit({revoke_api_key{1, bob.id, noon}}), error_code::not_found));
  EXPECT_TRUE(failed_with(commit({revoke_api_key{2, ann.id, noon}}), error_code::not_found));
  EXPECT_EQ(keys_of(ann.id).size(), 1u);
  EXPECT_TRUE(commit({revoke_api_key{1, ann.id, noon}}));
  EXPECT_TRUE(failed_with(commit({revoke_api_key{1, ann.id, noon}}), error_code::not_found));
  EXPECT_TRUE(keys_of(ann.id).empty());
}

TEST_P(ApiKeys, AreReadBackAsTheyWereWrittenOldestFirst) {
  auto wanted = make_key(ann.id, 0xFEDC'BA98'7654'3210U);
  wanted.created_at = noon + 1s;
  wanted.expires_at = noon + 1h;
  auto younger = make_key(ann.id, 2);
  younger.created_at = noon + 2s;
  younger.scopes.clear();
  ASSERT_TRUE(commit({add_api_key{younger, keys_max}}));
  ASSERT_TRUE(commit({add_api_key{wanted, keys_max}}));
  const auto found = keys_of(ann.id);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, wanted.id);
  EXPECT_EQ(found[0].user, ann.id);
  EXPECT_EQ(found[0].name, wanted.name);
  EXPECT_EQ(found[0].prefix, wanted.prefix);
  EXPECT_EQ(found[0].secret_hash, wanted.secret_hash);
  EXPECT_EQ(found[0].scopes, wanted.scopes);
  EXPECT_EQ(found[0].created_at, noon + 1s);
  EXPECT_EQ(found[0].expires_at, noon + 1h);
  EXPECT_FALSE(found[0].last_used_at);
  EXPECT_FALSE(found[0].revoked_at);
  EXPECT_EQ(found[1].id, 2u);
  EXPECT_TRUE(found[1].scopes.empty());
  EXPECT_FALSE(found[1].expires_at);
}

TEST_P(ApiKeys, RememberTheirLatestUse) {
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 1), keys_max}}));
  const std::vector<unit> batch{
      {{touch_api_key{1, noon + 7s}}}, {{touch_api_key{1, noon + 5s}}}, {{touch_api_key{9, noon}}}};
  for (const auto& answer : writer_->commit(batch))
    EXPECT_TRUE(answer);
  ASSERT_EQ(keys_of(ann.id).size(), 1u);
  EXPECT_EQ(keys_of(ann.id)[0].last_used_at, noon + 7s);
}

TEST_P(ApiKeys, GoWithTheirUser) {
  ASSERT_TRUE(commit({add_api_key{make_key(ann.id, 1), keys_max}}));
  ASSERT_TRUE(commit({delete_user{ann.id, noon}}));
  EXPECT_TRUE(keys_of(ann.id).empty());
  auto again = make_user("ann");
  add(again);
  EXPECT_TRUE(commit({add_api_key{make_key(again.user.id, 1), keys_max}})) << "the id is free";
}

TEST_P(ApiKeys, ThatExpiredDoNotPileUp) {
  // Each is dead when the next one comes.
  std::vector<unit> batch;
  for (std::uint64_t i = 1; i <= 300; ++i) {
    auto key = make_key(ann.id, i);
    key.created_at = noon + std::chrono::seconds(i);
    key.expires_at = key.created_at + 1s;
    batch.push_back({{add_api_key{key, 1}}});
  }
  for (const auto& answer : writer_->commit(batch))
    ASSERT_TRUE(answer);
  const auto left = keys_of(ann.id);
  EXPECT_LE(left.size(), 101u);
  EXPECT_EQ(left.back().id, 300u);
}

TEST_P(ApiKeys, AddedAtOnceAreExactlyAsManyAsMayBe) {
  std::vector<unit> units;
  for (std::uint64_t i = 1; i <= 20; ++i)
    units.push_back({{add_api_key{make_key(ann.id, i), 5}}});
  EXPECT_EQ(winners(race(*store_, units), error_code::quota_exceeded), 5u);
  EXPECT_EQ(keys_of(ann.id).size(), 5u);
}

} // namespace

} // namespace latchkey::test

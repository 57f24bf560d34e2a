// What every engine does with services and their keys.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

service_record make_service(const std::string& id) {
  service_record s;
  s.id = id;
  s.scopes = {"projects:read", "users:read"};
  s.rate_count = 4'000'000'000;
  s.rate_window_s = 60;
  s.created_at = noon;
  s.updated_at = noon + 1s;
  return s;
}

service_key_record make_service_key(const std::string& service, const std::string& hash) {
  service_key_record k;
  k.id = make_uuid(noon);
  k.service = service;
  k.prefix = "abcd";
  k.key_hash = hash;
  k.created_at = noon;
  return k;
}

class Services : public Contract {
protected:
  list_services::answer all() { return ask(*reader_, list_services{}); }
};
LATCHKEY_ON_EVERY_ENGINE(Services);

TEST_P(Services, ThatAreNotThereGetNoKey) {
  EXPECT_TRUE(failed_with(commit({add_service_key{make_service_key("billing", "h")}}),
                          error_code::not_found));
  EXPECT_TRUE(all().keys.empty());
}

TEST_P(Services, AreRefusedAKeyThatIsThere) {
  ASSERT_TRUE(commit({put_service{make_service("billing")}, put_service{make_service("mail")}}));
  ASSERT_TRUE(commit({add_service_key{make_service_key("billing", "h")}}));
  EXPECT_TRUE(failed_with(commit({add_service_key{make_service_key("mail", "h")}}),
                          error_code::conflict, "key"));
  auto revoked = all().keys.at(0);
  ASSERT_TRUE(commit({revoke_service_key{revoked.id, noon}}));
  EXPECT_TRUE(failed_with(commit({add_service_key{make_service_key("billing", "h")}}),
                          error_code::conflict, "key"))
      << "a key that was revoked does not come back";
  EXPECT_EQ(all().keys.size(), 1u);
}

TEST_P(Services, AreRefusedAKeyOfAnIdThatIsTaken) {
  const auto first = make_service_key("billing", "h1");
  auto second = make_service_key("billing", "h2");
  second.id = first.id;
  ASSERT_TRUE(commit({put_service{make_service("billing")}, add_service_key{first}}));
  EXPECT_TRUE(failed_with(commit({add_service_key{second}}), error_code::conflict, "id"));
}

TEST_P(Services, LoseAKeyOnce) {
  const auto key = make_service_key("billing", "h");
  ASSERT_TRUE(commit({put_service{make_service("billing")}, add_service_key{key}}));
  EXPECT_TRUE(
      failed_with(commit({revoke_service_key{make_uuid(noon), noon}}), error_code::not_found));
  ASSERT_TRUE(commit({revoke_service_key{key.id, noon + 5s}}));
  EXPECT_TRUE(failed_with(commit({revoke_service_key{key.id, noon + 6s}}), error_code::not_found));
  ASSERT_EQ(all().keys.size(), 1u) << "revoked ones are listed too";
  EXPECT_EQ(all().keys[0].revoked_at, noon + 5s);
}

TEST_P(Services, AreReadBackAsTheyWereWritten) {
  const auto key = make_service_key("billing", "h");
  ASSERT_TRUE(commit({put_service{make_service("billing")}, put_service{make_service("audit")},
                      add_service_key{key}}));
  const auto found = all();
  ASSERT_EQ(found.services.size(), 2u);
  EXPECT_EQ(found.services[0].id, "audit");
  EXPECT_EQ(found.services[1].id, "billing");
  EXPECT_EQ(found.services[1].scopes, make_service("billing").scopes);
  EXPECT_EQ(found.services[1].rate_count, 4'000'000'000);
  EXPECT_EQ(found.services[1].rate_window_s, 60u);
  EXPECT_EQ(found.services[1].created_at, noon);
  EXPECT_EQ(found.services[1].updated_at, noon + 1s);
  ASSERT_EQ(found.keys.size(), 1u);
  EXPECT_EQ(found.keys[0].id, key.id);
  EXPECT_EQ(found.keys[0].service, "billing");
  EXPECT_EQ(found.keys[0].prefix, "abcd");
  EXPECT_EQ(found.keys[0].key_hash, "h");
  EXPECT_EQ(found.keys[0].created_at, noon);
  EXPECT_FALSE(found.keys[0].last_used_at);
  EXPECT_FALSE(found.keys[0].revoked_at);
}

TEST_P(Services, AreReplacedButForTheTimeTheyCame) {
  ASSERT_TRUE(commit({put_service{make_service("billing")}}));
  auto changed = make_service("billing");
  changed.scopes = {"*"};
  changed.rate_count = 0;
  changed.rate_window_s = 0;
  changed.created_at = changed.updated_at = noon + 9s;
  ASSERT_TRUE(commit({put_service{changed}}));
  const auto found = all().services;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].scopes, changed.scopes);
  EXPECT_EQ(found[0].rate_count, 0u);
  EXPECT_EQ(found[0].created_at, noon);
  EXPECT_EQ(found[0].updated_at, noon + 9s);
}

TEST_P(Services, RememberTheLatestUseOfAKey) {
  const auto key = make_service_key("billing", "h");
  ASSERT_TRUE(commit({put_service{make_service("billing")}, add_service_key{key}}));
  ASSERT_TRUE(commit({touch_service_key{key.id, noon + 7s}}));
  ASSERT_TRUE(commit({touch_service_key{key.id, noon + 5s}}));
  EXPECT_TRUE(commit({touch_service_key{make_uuid(noon), noon}}));
  EXPECT_EQ(all().keys.at(0).last_used_at, noon + 7s);
}

TEST_P(Services, GetOneOfManyEqualKeysAtOnce) {
  ASSERT_TRUE(commit({put_service{make_service("billing")}}));
  std::vector<unit> units;
  for (int i = 0; i < 8; ++i)
    units.push_back({{add_service_key{make_service_key("billing", "same")}}});
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 1u);
}

} // namespace

} // namespace latchkey::test

// What every engine does with passkeys.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class StoredPasskeys : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann_ = add(make_user("ann"));
  }
  passkey_record made(std::uint64_t id, bool is_second_factor = true) const {
    passkey_record key;
    key.id = id;
    key.user = ann_.id;
    key.name = "Laptop";
    key.credential_id = "credential-" + std::to_string(id);
    key.public_key = "public-key";
    key.sign_count = 7;
    key.aaguid = "AAAAAAAAAAAAAAAAAAAAAA";
    key.transports = {"hybrid", "internal"};
    key.is_backup_eligible = true;
    key.is_second_factor = is_second_factor;
    key.created_at = noon;
    return key;
  }
  result<storage::written> add_key(const passkey_record& key) {
    return commit({add_passkey{key, version()}});
  }
  std::int64_t version() { return user(ann_.id).version; }
  std::vector<passkey_record> passkeys() { return ask(*reader_, list_factors{ann_.id}).passkeys; }
  factor_kinds kinds() { return user(ann_.id).factors; }
  user_record ann_;
};
LATCHKEY_ON_EVERY_ENGINE(StoredPasskeys);

TEST_P(StoredPasskeys, AreReadAsTheyWereWritten) {
  auto key = made(0xfedcba9876543210u); // does not fit a signed number
  key.credential_id = std::string(credential_id_chars_max, 'c');
  key.sign_count = 0xffffffffu;
  key.is_foreign = true;
  ASSERT_TRUE(add_key(key));
  EXPECT_EQ(version(), ann_.version + 1);
  ASSERT_EQ(passkeys().size(), 1u);
  const auto found = passkeys()[0];
  EXPECT_EQ(found.id, key.id);
  EXPECT_EQ(found.user, ann_.id);
  EXPECT_EQ(found.name, key.name);
  EXPECT_EQ(found.credential_id, key.credential_id);
  EXPECT_EQ(found.public_key, key.public_key);
  EXPECT_EQ(found.sign_count, key.sign_count);
  EXPECT_EQ(found.aaguid, key.aaguid);
  EXPECT_EQ(found.transports, key.transports);
  EXPECT_TRUE(found.is_backup_eligible);
  EXPECT_FALSE(found.is_backed_up);
  EXPECT_TRUE(found.is_second_factor);
  EXPECT_TRUE(found.is_foreign);
  EXPECT_EQ(found.created_at, noon);
  EXPECT_FALSE(found.last_used_at);
}

TEST_P(StoredPasskeys, AreInTheUsersRowByWhatTheyAreFor) {
  ASSERT_TRUE(add_key(made(1, false)));
  EXPECT_FALSE(kinds().any()) << "only another way in";
  EXPECT_TRUE(kinds().has_passkeys());
  ASSERT_TRUE(add_key(made(2)));
  EXPECT_TRUE(kinds().has(factor_kinds::passkey));
  ASSERT_TRUE(commit({change_passkey{2, ann_.id, version(), "Key", false, noon}}));
  EXPECT_FALSE(kinds().any());
  EXPECT_EQ(passkeys()[1].name, "Key");
  ASSERT_TRUE(commit({change_passkey{2, ann_.id, version(), std::nullopt, true, noon}}));
  EXPECT_TRUE(kinds().any());
  EXPECT_EQ(passkeys()[1].name, "Key");
  ASSERT_TRUE(commit({remove_passkey{1, ann_.id, version(), noon}}));
  ASSERT_TRUE(commit({remove_passkey{2, ann_.id, version(), noon}}));
  EXPECT_FALSE(kinds().has_passkeys());
}

TEST_P(StoredPasskeys, BelongToOneUserAlone) {
  ASSERT_TRUE(add_key(made(1)));
  const auto bob = add(make_user("bob"));
  auto stolen = made(2);
  stolen.credential_id = made(1).credential_id;
  stolen.user = bob.id;
  EXPECT_TRUE(
      failed_with(commit({add_passkey{stolen, bob.version}}), error_code::conflict, "credential"));
  EXPECT_TRUE(failed_with(commit({use_passkey{1, bob.id, 8, false, noon}}), error_code::not_found));
  EXPECT_TRUE(failed_with(commit({change_passkey{1, bob.id, bob.version, "mine", {}, noon}}),
                          error_code::not_found));
  EXPECT_TRUE(
      failed_with(commit({remove_passkey{1, bob.id, bob.version, noon}}), error_code::not_found));
}

TEST_P(StoredPasskeys, OfTwentyRegistrationsOfOneCredentialExactlyOneWins) {
  std::vector<unit> all;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    const auto someone = add(make_user("user" + std::to_string(id)));
    auto key = made(id);
    key.credential_id = "the same";
    key.user = someone.id;
    all.push_back({{add_passkey{key, someone.version}}});
  }
  EXPECT_EQ(winners(race(*store_, all), error_code::conflict), 1u);
}

TEST_P(StoredPasskeys, AreFoundByTheirOwnerAndCredential) {
  const auto bob = add(make_user("bob"));
  auto second = made(2);
  second.sign_count = 9;
  ASSERT_TRUE(add_key(made(1)) && add_key(second));
  const auto found = ask(*reader_, find_passkey{ann_.id, second.credential_id});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, 2u);
  EXPECT_EQ(found->user, ann_.id);
  EXPECT_EQ(found->sign_count, 9u);
  EXPECT_FALSE(ask(*reader_, find_passkey{bob.id, second.credential_id}));
  EXPECT_FALSE(ask(*reader_, find_passkey{ann_.id, "credential-3"}));
}

TEST_P(StoredPasskeys, ACounterOnlyRises) {
  ASSERT_TRUE(add_key(made(1)));
  for (const std::uint32_t count : {0u, 6u, 7u})
    EXPECT_TRUE(failed_with(commit({use_passkey{1, ann_.id, count, false, noon}}),
                            error_code::conflict, "sign_count"));
  const auto before = version();
  ASSERT_TRUE(commit({use_passkey{1, ann_.id, 8, true, noon + 1s}}));
  EXPECT_EQ(version(), before);
  const auto used = passkeys()[0];
  EXPECT_EQ(used.sign_count, 8u);
  EXPECT_TRUE(used.is_backed_up);
  EXPECT_EQ(used.last_used_at, noon + 1s);
}

TEST_P(StoredPasskeys, OfTwentyUsesOfOneCountExactlyOneWinsWithItsSession) {
  ASSERT_TRUE(add_key(made(1)));
  std::vector<unit> uses;
  for (int i = 0; i < 20; ++i)
    uses.push_back({{create_session{make_session(ann_.id), version()},
                     use_passkey{1, ann_.id, 8, false, noon}}});
  EXPECT_EQ(winners(race(*store_, uses), error_code::conflict), 1u);
  EXPECT_EQ(ask(*reader_, list_sessions{ann_.id, noon, 100}).size(), 1u);
}

TEST_P(StoredPasskeys, WithoutACounterAreUsedAsOftenAsTheyAreAskedFor) {
  auto key = made(1);
  key.sign_count = 0;
  ASSERT_TRUE(add_key(key));
  EXPECT_TRUE(commit({use_passkey{1, ann_.id, 0, false, noon}}));
  EXPECT_TRUE(commit({use_passkey{1, ann_.id, 0, false, noon}}));
  EXPECT_TRUE(commit({use_passkey{1, ann_.id, 3, false, noon}}));
  EXPECT_TRUE(failed_with(commit({use_passkey{1, ann_.id, 0, false, noon}}), error_code::conflict,
                          "sign_count"))
      << "it has one now";
}

TEST_P(StoredPasskeys, AChangeOfWhatNobodySawLoses) {
  ASSERT_TRUE(add_key(made(1)));
  const auto old = version() - 1;
  EXPECT_TRUE(failed_with(commit({add_passkey{made(2), old}}), error_code::conflict, "version"));
  EXPECT_TRUE(failed_with(commit({change_passkey{1, ann_.id, old, "x", {}, noon}}),
                          error_code::conflict, "version"));
  EXPECT_TRUE(failed_with(commit({remove_passkey{1, ann_.id, old, noon}}), error_code::conflict,
                          "version"));
  const create_session late{make_session(ann_.id), old};
  EXPECT_TRUE(failed_with(commit({late}), error_code::conflict, "version"));
}

TEST_P(StoredPasskeys, RecoveryCodesGoWithTheLastThatIsAskedFor) {
  ASSERT_TRUE(add_key(made(1)));
  ASSERT_TRUE(add_key(made(2, false)));
  ASSERT_TRUE(commit({put_recovery_codes{ann_.id, version(), {"a"}, noon}}));
  ASSERT_TRUE(commit({remove_passkey{1, ann_.id, version(), noon}}));
  EXPECT_EQ(ask(*reader_, list_factors{ann_.id}).recovery_codes, 0u);
  EXPECT_TRUE(kinds().has(factor_kinds::extra_passkey));
}

TEST_P(StoredPasskeys, GoWithAllFactorsAndWithTheirUser) {
  ASSERT_TRUE(add_key(made(1)));
  ASSERT_TRUE(add_key(made(2, false)));
  ASSERT_TRUE(commit({remove_factors{ann_.id, version(), noon}}));
  EXPECT_TRUE(passkeys().empty());
  EXPECT_FALSE(kinds().has_passkeys());
  ASSERT_TRUE(add_key(made(3)));
  ASSERT_TRUE(commit({delete_user{ann_.id, noon}}));
  EXPECT_TRUE(passkeys().empty());
  const auto bob = add(make_user("bob"));
  auto again = made(4);
  again.credential_id = made(3).credential_id;
  again.user = bob.id;
  EXPECT_TRUE(commit({add_passkey{again, bob.version}}));
}

TEST_P(StoredPasskeys, WhatIsNoneIsRefusedByName) {
  const auto refused = [this](auto change) {
    auto key = made(1);
    change(key);
    const auto answer = add_key(key);
    return answer ? std::string{"nothing"} : answer.error().field;
  };
  EXPECT_EQ(refused([](passkey_record& key) { key.id = 0; }), "id");
  EXPECT_EQ(refused([](passkey_record& key) { key.name.clear(); }), "name");
  EXPECT_EQ(refused([](passkey_record& key) { key.name = std::string(101, 'n'); }), "name");
  EXPECT_EQ(refused([](passkey_record& key) { key.credential_id.clear(); }), "credential");
  EXPECT_EQ(refused([](passkey_record& key) { key.public_key.clear(); }), "public_key");
  EXPECT_EQ(refused([](passkey_record& key) { key.transports = {"a b"}; }), "transports");
}

} // namespace
} // namespace latchkey::test

// What every engine does with recovery passphrases and with tokens that work once.
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class StoredRecovery : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann_ = add(make_user("ann"));
  }
  reset_token_record token(std::uint64_t id) const {
    reset_token_record t;
    t.id = id;
    t.user = ann_.id;
    t.secret_hash = "hash of " + std::to_string(id);
    t.created_at = noon;
    t.expires_at = noon + 1h;
    return t;
  }
  use_reset_token use(std::uint64_t id, time_point at = noon + 1s) const {
    return {id, ann_.id, "hash of " + std::to_string(id), at};
  }
  user_record ann_;
};
LATCHKEY_ON_EVERY_ENGINE(StoredRecovery);

TEST_P(StoredRecovery, NeedsItsUser) {
  const user_id nobody{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({set_recovery{nobody, secret(std::string("phc")), noon}}),
                          error_code::user_not_found));
  auto t = token(1);
  t.user = nobody;
  EXPECT_TRUE(failed_with(commit({add_reset_token{t}}), error_code::user_not_found));
  EXPECT_FALSE(reader_->answer_to(find_recovery{nobody}).value());
  EXPECT_FALSE(reader_->answer_to(find_reset_token{1}).value());
}

TEST_P(StoredRecovery, HasOnePassphrase) {
  EXPECT_FALSE(reader_->answer_to(find_recovery{ann_.id}).value());
  for (const std::string phc : {"first", "second"}) {
    ASSERT_TRUE(commit({set_recovery{ann_.id, secret(phc), noon}}));
    const auto found = reader_->answer_to(find_recovery{ann_.id}).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reveal(), phc);
  }
}

TEST_P(StoredRecovery, TokensAreRefusedAnIdThatIsTaken) {
  ASSERT_TRUE(commit({add_reset_token{token(1)}}));
  EXPECT_TRUE(failed_with(commit({add_reset_token{token(1)}}), error_code::conflict, "id"));
}

TEST_P(StoredRecovery, TokensThatAreUnknownOrAnothersOrWrongOrExpiredAreNotUsed) {
  const auto bob = add(make_user("bob"));
  ASSERT_TRUE(commit({add_reset_token{token(1)}}));
  auto unknown = use(2);
  auto anothers = use(1);
  anothers.user = bob.id;
  auto wrong = use(1);
  wrong.secret_hash = "hash of 3";
  for (const auto& f : {unknown, anothers, wrong, use(1, noon + 1h)})
    EXPECT_TRUE(failed_with(commit({f}), error_code::token_invalid));
  EXPECT_FALSE(reader_->answer_to(find_reset_token{1}).value()->used_at);
  EXPECT_TRUE(commit({use(1)})) << "none of that used it up";
}

TEST_P(StoredRecovery, TokensAreReadBackAsTheyWereWritten) {
  const auto id = 0xfedcba9876543210u; // does not fit a signed number
  ASSERT_TRUE(commit({add_reset_token{token(id)}}));
  const auto found = reader_->answer_to(find_reset_token{id}).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->user, ann_.id);
  EXPECT_EQ(found->secret_hash, token(id).secret_hash);
  EXPECT_EQ(found->created_at, noon);
  EXPECT_EQ(found->expires_at, noon + 1h);
  EXPECT_FALSE(found->used_at);
}

TEST_P(StoredRecovery, TokensAreUsedUpTogether) {
  const auto bob = add(make_user("bob"));
  auto bobs = token(3);
  bobs.user = bob.id;
  ASSERT_TRUE(
      commit({add_reset_token{token(1)}, add_reset_token{token(2)}, add_reset_token{bobs}}));
  ASSERT_TRUE(commit({use(2)}));
  EXPECT_TRUE(failed_with(commit({use(2)}), error_code::token_invalid));
  ASSERT_TRUE(commit({use_up_reset_tokens{ann_.id, noon + 2s}}));
  EXPECT_TRUE(failed_with(commit({use(1)}), error_code::token_invalid));
  EXPECT_EQ(reader_->answer_to(find_reset_token{1}).value()->used_at, noon + 2s);
  EXPECT_EQ(reader_->answer_to(find_reset_token{2}).value()->used_at, noon + 1s);
  EXPECT_FALSE(reader_->answer_to(find_reset_token{3}).value()->used_at);
}

TEST_P(StoredRecovery, TokensLongExpiredMakeRoomForNewOnes) {
  ASSERT_TRUE(commit({add_reset_token{token(1)}}));
  auto late = token(2);
  late.created_at = noon + 24h;
  late.expires_at = noon + 25h;
  ASSERT_TRUE(commit({add_reset_token{late}}));
  EXPECT_TRUE(reader_->answer_to(find_reset_token{1}).value()) << "within a day it is kept";
  auto later = token(3);
  later.created_at = noon + 26h;
  later.expires_at = noon + 27h;
  ASSERT_TRUE(commit({add_reset_token{later}}));
  EXPECT_FALSE(reader_->answer_to(find_reset_token{1}).value());
  EXPECT_TRUE(reader_->answer_to(find_reset_token{2}).value());
}

TEST_P(StoredRecovery, ATokenIsUsedOnceInABatchWhateverElseItsUnitHolds) {
  ASSERT_TRUE(commit({add_reset_token{token(1)}}));
  std::vector<unit> batch;
  for (const std::string hash : {"a", "b"})
    batch.push_back({{use(1), set_password_hash{ann_.id, ann_.version, secret(hash), noon}}});
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(failed_with(answers[1], error_code::token_invalid)) << "its first fact lost first";
  EXPECT_EQ(user(ann_.id).password_hash.reveal(), "a");
}

TEST_P(StoredRecovery, ATokenIsUsedByOneOfTwentyParallelWriters) {
  ASSERT_TRUE(commit({add_reset_token{token(1)}}));
  const std::vector<unit> units(20, unit{{use(1)}});
  EXPECT_EQ(winners(race(*store_, units), error_code::token_invalid), 1u);
}

TEST_P(StoredRecovery, OfTwentyTokensOfOneUserOneIsUsed) {
  std::vector<unit> units;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    ASSERT_TRUE(commit({add_reset_token{token(id)}}));
    units.push_back({{use(id), use_up_reset_tokens{ann_.id, noon + 1s}}});
  }
  EXPECT_EQ(winners(race(*store_, units), error_code::token_invalid), 1u);
}

} // namespace

} // namespace latchkey::test

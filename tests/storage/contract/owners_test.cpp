// What every engine does when an account goes to its owner: what was set up before goes, numbers of
// others are passed over.
#include "tests/storage/racing.hpp"

#include <algorithm>
#include <set>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Owners : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    ann_ = add(make_user("ann"));
  }
  static api_key_record key(const user_id& user, std::uint64_t id) {
    api_key_record k;
    k.id = id;
    k.user = user;
    k.name = "ci";
    k.secret_hash = "hash" + std::to_string(id);
    k.scopes = {"profile:read"};
    k.created_at = noon;
    return k;
  }
  reset_token_record token(std::uint64_t id, token_purpose purpose) const {
    reset_token_record t;
    t.id = id;
    t.purpose = purpose;
    t.user = ann_.id;
    t.secret_hash = "hash" + std::to_string(id);
    t.created_at = noon;
    t.expires_at = noon + 1h;
    return t;
  }
  use_reset_token use(std::uint64_t id, token_purpose purpose) const {
    return {id, ann_.id, "hash" + std::to_string(id), noon + 1s, purpose};
  }
  static mail_record mail_to(const std::string& recipient, const std::string& kind,
                             time_point at = noon) {
    mail_record m;
    m.id = make_uuid(at);
    m.kind = kind;
    m.recipient = recipient;
    m.sealed = "sealed";
    m.created_at = m.next_attempt_at = at;
    return m;
  }
  create_user numbered(const std::string& name, std::int64_t number) {
    auto made = make_user(name);
    made.user.number = number;
    made.keeps_sequence = true;
    return made;
  }
  user_record ann_;
};
LATCHKEY_ON_EVERY_ENGINE(Owners);

TEST_P(Owners, ATokenProvesNothingButWhatItIsFor) {
  using enum token_purpose;
  ASSERT_TRUE(commit({add_reset_token{token(1, passphrase_reset)},
                      add_reset_token{token(2, email_verification)}}));
  EXPECT_EQ(ask(*reader_, find_reset_token{1})->purpose, passphrase_reset);
  EXPECT_EQ(ask(*reader_, find_reset_token{2})->purpose, email_verification);
  EXPECT_TRUE(failed_with(commit({use(1, mailed_reset)}), error_code::token_invalid));
  EXPECT_TRUE(failed_with(commit({use(2, mailed_reset)}), error_code::token_invalid));
  EXPECT_TRUE(failed_with(commit({use(1, email_verification)}), error_code::token_invalid));
  EXPECT_TRUE(commit({use(1, passphrase_reset)}));
  EXPECT_TRUE(commit({use(2, email_verification)}));
}

TEST_P(Owners, TokensThatVerifyOutliveAnotherPassword) {
  using enum token_purpose;
  ASSERT_TRUE(commit(
      {add_reset_token{token(1, mailed_reset)}, add_reset_token{token(2, email_verification)}}));
  ASSERT_TRUE(commit({use_up_reset_tokens{ann_.id, noon, use_up_reset_tokens::kind::resets}}));
  EXPECT_TRUE(failed_with(commit({use(1, mailed_reset)}), error_code::token_invalid));
  EXPECT_FALSE(ask(*reader_, find_reset_token{2})->used_at);
  ASSERT_TRUE(commit({use_up_reset_tokens{ann_.id, noon}}));
  EXPECT_TRUE(failed_with(commit({use(2, email_verification)}), error_code::token_invalid));
}

TEST_P(Owners, TheFirstUseStays) {
  EXPECT_FALSE(ann_.was_used());
  ASSERT_TRUE(commit({mark_used{ann_.id, noon}}));
  ASSERT_TRUE(commit({mark_used{ann_.id, noon + 1h}}));
  EXPECT_EQ(user(ann_.id).used_at, noon);
  EXPECT_EQ(user(ann_.id).version, ann_.version);
}

TEST_P(Owners, AServiceThatBroughtSomebodyInIsKept) {
  EXPECT_EQ(ann_.brought_by, "");
  user_changes changes;
  changes.brought_by = "billing";
  ASSERT_TRUE(commit({update_user{ann_.id, ann_.version, changes, noon}}));
  EXPECT_EQ(user(ann_.id).brought_by, "billing");
  ASSERT_TRUE(commit({update_user{ann_.id, ann_.version + 1, {}, noon}}));
  EXPECT_EQ(user(ann_.id).brought_by, "billing");
}

TEST_P(Owners, WhatWasSetUpBeforeGoesInOneUnit) {
  const auto bob = add(make_user("bob"));
  ASSERT_TRUE(commit({set_recovery{ann_.id, secret(std::string("phc")), noon},
                      add_api_key{key(ann_.id, 1), 5}, add_api_key{key(ann_.id, 2), 5},
                      add_api_key{key(bob.id, 3), 5}, add_mail{mail_to(ann_.email, "any")},
                      add_mail{mail_to(ann_.email, "email_changed")},
                      add_mail{mail_to(bob.email, "any")}}));
  const auto later = noon + 1min;
  ASSERT_TRUE(commit({remove_recovery{ann_.id}, revoke_api_keys_of{ann_.id, later},
                      drop_mails_to{ann_.email, later},
                      add_mail{mail_to(ann_.email, "password_changed", later)}}));
  EXPECT_FALSE(ask(*reader_, find_recovery{ann_.id}));
  EXPECT_TRUE(ask(*reader_, list_api_keys{ann_.id, noon}).empty());
  EXPECT_EQ(ask(*reader_, list_api_keys{bob.id, noon}).size(), 1u);
  std::vector<std::string> left;
  for (const auto& mail : ask(*reader_, due_mails{later}))
    left.push_back(mail.recipient + " " + mail.kind);
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{ann_.email + " email_changed",
                                            ann_.email + " password_changed", bob.email + " any"}));
}

TEST_P(Owners, NoKeyIsMadeInASessionThatHasEnded) {
  const auto live = add(make_session(ann_.id));
  const auto over = add(make_session(ann_.id));
  const auto bob = add(make_user("bob"));
  ASSERT_TRUE(commit({end_session{over.id, noon, "logout"}}));
  EXPECT_TRUE(
      failed_with(commit({add_api_key{key(ann_.id, 1), 5, over.id}}), error_code::token_invalid));
  EXPECT_TRUE(
      failed_with(commit({add_api_key{key(bob.id, 2), 5, live.id}}), error_code::token_invalid));
  EXPECT_TRUE(commit({add_api_key{key(ann_.id, 3), 5, live.id}}));
  // In one batch, in its order.
  const std::vector<unit> batch{
      {{end_sessions_of{ann_.id, std::nullopt, noon, "reset"}, revoke_api_keys_of{ann_.id, noon}}},
      {{add_api_key{key(ann_.id, 4), 5, live.id}}}};
  const auto outcomes = writer_->commit(batch);
  EXPECT_TRUE(outcomes[0]);
  EXPECT_TRUE(failed_with(outcomes[1], error_code::token_invalid));
  EXPECT_TRUE(ask(*reader_, list_api_keys{ann_.id, noon}).empty());
}

TEST_P(Owners, NumbersOfOthersArePassedOverAndMoveNothing) {
  ASSERT_TRUE(commit({numbered("far", 2'000'000'000)}));
  const auto last = add(make_user("one")).number;
  EXPECT_LT(last, 1000);
  for (const int ahead : {1, 2, 3, 5})
    ASSERT_TRUE(commit({numbered("n" + std::to_string(ahead), last + ahead)}));
  EXPECT_EQ(add(make_user("two")).number, last + 4);
  EXPECT_EQ(add(make_user("three")).number, last + 6);
  EXPECT_TRUE(
      failed_with(commit({numbered("again", last + 6)}), error_code::user_exists, "number"));
}

TEST_P(Owners, ManyAtOnceGetNumbersThatNobodyHas) {
  const auto last = add(make_user("first")).number;
  std::vector<unit> batch;
  for (int i = 0; i < 40; ++i)
    batch.push_back({{numbered("other" + std::to_string(i), last + 1 + 2 * i)}});
  for (const auto& outcome : writer_->commit(batch))
    ASSERT_TRUE(outcome);
  batch.clear();
  for (int i = 0; i < 60; ++i)
    batch.push_back({{make_user("own" + std::to_string(i))}});
  std::set<std::int64_t> numbers;
  for (const auto& outcome : writer_->commit(batch)) {
    ASSERT_TRUE(outcome);
    numbers.insert(outcome->user_number);
  }
  EXPECT_EQ(numbers.size(), 60u);
  for (const auto number : numbers)
    EXPECT_TRUE(number > last + 79 || (number - last) % 2 == 0) << number;
}

} // namespace
} // namespace latchkey::test

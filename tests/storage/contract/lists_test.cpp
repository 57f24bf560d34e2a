// What every engine answers about many users, in an order that stays.
#include "tests/storage/engines.hpp"

namespace latchkey::test {

namespace {

using namespace storage;

class Lists : public Contract {
protected:
  void SetUp() override {
    Contract::SetUp();
    // Their numbers do not rise with their ids or names.
    for (const std::int64_t number : {50, 10, 40, 20, 30}) {
      auto u = make_user("user" + std::to_string(number));
      u.user.number = number;
      u.user.is_active = number != 20;
      add(u);
    }
  }
  static std::vector<std::int64_t> numbers(const std::vector<user_record>& users) {
    std::vector<std::int64_t> out;
    for (const auto& u : users)
      out.push_back(u.number);
    return out;
  }
  using some = std::vector<std::int64_t>;
};
LATCHKEY_ON_EVERY_ENGINE(Lists);

TEST_P(Lists, AreEmptyPastTheirEndAndKeepTheirTotal) {
  for (const std::size_t offset : {std::size_t{5}, std::size_t{1000}, ~std::size_t{0}}) {
    const auto page = reader_->answer_to(list_users{{}, offset, 10}).value();
    EXPECT_TRUE(page.users.empty());
    EXPECT_EQ(page.total, 5);
  }
  EXPECT_TRUE(reader_->answer_to(list_users{{}, 0, 0}).value().users.empty());
  EXPECT_TRUE(reader_->answer_to(users_after{50, 10}).value().empty());
}

TEST_P(Lists, KnowWhetherAnAdministratorIsActive) {
  const auto has_one = [&] { return reader_->answer_to(has_administrator{}).value(); };
  EXPECT_FALSE(has_one());
  auto inactive = make_user("inactive");
  inactive.user.role = "superuser";
  inactive.user.is_active = false;
  add(inactive);
  EXPECT_FALSE(has_one());
  auto admin = make_user("admin");
  admin.user.role = "admin";
  add(admin);
  EXPECT_TRUE(has_one());
}

TEST_P(Lists, OfUsersGoByNumberPageByPage) {
  const auto page = [&](std::size_t offset) {
    return numbers(reader_->answer_to(list_users{{}, offset, 2}).value().users);
  };
  EXPECT_EQ(page(0), (some{10, 20}));
  EXPECT_EQ(page(2), (some{30, 40}));
  EXPECT_EQ(page(4), (some{50}));
  const auto all = reader_->answer_to(list_users{}).value();
  EXPECT_EQ(numbers(all.users), (some{10, 20, 30, 40, 50}));
  EXPECT_EQ(all.users[0].username, "user10");
  EXPECT_EQ(all.users[0].first_name, "First");
}

TEST_P(Lists, OfUsersMayBeOfTheActiveOrTheInactiveAlone) {
  const auto active = reader_->answer_to(list_users{true, 1, 2}).value();
  EXPECT_EQ(active.total, 4);
  EXPECT_EQ(numbers(active.users), (some{30, 40}));
  const auto inactive = reader_->answer_to(list_users{false, 0, 10}).value();
  EXPECT_EQ(inactive.total, 1);
  EXPECT_EQ(numbers(inactive.users), (some{20}));
}

TEST_P(Lists, GoOnAfterANumber) {
  EXPECT_EQ(numbers(reader_->answer_to(users_after{0, 3}).value()), (some{10, 20, 30}));
  EXPECT_EQ(numbers(reader_->answer_to(users_after{30, 3}).value()), (some{40, 50}));
}

TEST_P(Lists, OfHashesHaveThoseOfThePasswordAndOfThePassphrase) {
  const auto users = reader_->answer_to(users_after{30, 2}).value();
  ASSERT_EQ(users.size(), 2u);
  ASSERT_TRUE(commit({set_recovery{users[1].id, secret{std::string{"a passphrase's"}}, noon}}));
  const auto hashes = reader_->answer_to(hashes_after{30, 2}).value();
  ASSERT_EQ(hashes.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(hashes[i].user, users[i].id);
    EXPECT_EQ(hashes[i].number, users[i].number);
    EXPECT_EQ(hashes[i].password, users[i].password_hash);
  }
  EXPECT_TRUE(hashes[0].passphrase.empty());
  EXPECT_EQ(hashes[1].passphrase.reveal(), "a passphrase's");
}

TEST_P(Lists, HaveAMaximum) {
  std::vector<unit> batch(page_rows_max);
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].facts = {make_user("more" + std::to_string(i))};
  for (const auto& answer : writer_->commit(batch))
    ASSERT_TRUE(answer);
  const auto page = reader_->answer_to(list_users{{}, 0, 10 * page_rows_max}).value();
  EXPECT_EQ(page.users.size(), page_rows_max);
  EXPECT_EQ(page.total, static_cast<std::int64_t>(page_rows_max) + 5);
  EXPECT_EQ(reader_->answer_to(users_after{0, 10 * page_rows_max}).value().size(), page_rows_max);
  EXPECT_EQ(reader_->answer_to(hashes_after{0, 10 * page_rows_max}).value().size(), page_rows_max);
}

} // namespace

} // namespace latchkey::test

// What every engine does with users: names, numbers, passwords, logins.
#include "tests/storage/engines.hpp"

#include <set>

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Users : public Contract {};
LATCHKEY_ON_EVERY_ENGINE(Users);

TEST_P(Users, AreRefusedAUsernameThatIsTaken) {
  add(make_user("ann"));
  auto second = make_user("bob");
  second.username_key = "ann";
  EXPECT_TRUE(failed_with(commit({second}), error_code::user_exists, "username"));
  EXPECT_FALSE(reader_->find_user(second.user.id).value());
  EXPECT_FALSE(reader_->find_login("bob@example.org").value()) << "nothing of it may stay";
}

TEST_P(Users, AreRefusedAnEmailThatIsTaken) {
  add(make_user("ann"));
  auto second = make_user("bob");
  second.email_key = "ann@example.org";
  second.user.email = "Ann@example.org";
  EXPECT_TRUE(failed_with(commit({second}), error_code::user_exists, "email"));
  EXPECT_FALSE(reader_->find_login("bob").value());
}

TEST_P(Users, AreRefusedAUsernameThatIsAnothersEmail) {
  add(make_user("ann"));
  auto second = make_user("bob");
  second.username_key = "ann@example.org";
  EXPECT_TRUE(failed_with(commit({second}), error_code::user_exists, "username"));
}

TEST_P(Users, AreRefusedAnEmailThatIsAnothersUsername) {
  auto first = make_user("ann");
  first.username_key = "shared@example.org";
  add(first);
  auto second = make_user("bob");
  second.email_key = "shared@example.org";
  EXPECT_TRUE(failed_with(commit({second}), error_code::user_exists, "email"));
}

TEST_P(Users, MayHaveTheirOwnEmailAsUsername) {
  auto u = make_user("ann");
  u.user.username = u.user.email;
  u.username_key = u.email_key;
  add(u);
  EXPECT_EQ(reader_->find_login("ann@example.org").value(), u.user.id);
  EXPECT_FALSE(reader_->find_login("ann").value());
}

TEST_P(Users, AreRefusedAnIdOrANumberThatIsTaken) {
  const auto first = make_user("ann");
  const auto number = add(first).number;
  auto same_id = make_user("bob");
  same_id.user.id = first.user.id;
  EXPECT_TRUE(failed_with(commit({same_id}), error_code::user_exists, "id"));
  auto same_number = make_user("bob");
  same_number.user.number = number;
  EXPECT_TRUE(failed_with(commit({same_number}), error_code::user_exists, "number"));
  EXPECT_FALSE(reader_->find_login("bob").value());
}

TEST_P(Users, ChooseNoNumberThatLeavesTooFewForTheSequence) {
  auto far = make_user("ann");
  for (const auto number : {chosen_user_number_max + 1, user_number_max, std::int64_t{-1}}) {
    far.user.number = number;
    EXPECT_TRUE(failed_with(commit({far}), error_code::validation_error, "number")) << number;
  }
  far.user.number = chosen_user_number_max;
  ASSERT_TRUE(commit({far}));
  const auto next = add(make_user("bob")).number;
  EXPECT_GT(next, chosen_user_number_max);
  EXPECT_LT(next, user_number_max);
}

TEST_P(Users, OfOneNameInOneBatchAreTakenInTheirOrder) {
  const auto first = make_user("ann");
  const auto second = make_user("ann");
  auto third = make_user("cat");
  third.user.email = third.email_key = "dog@example.org";
  // Only the second loses: the third shares a name with it alone.
  auto loser = second;
  loser.user.email = loser.email_key = "cat@example.org";
  auto later = third;
  later.username_key = "cat@example.org";
  const std::vector<unit> batch{{{first}}, {{loser}}, {{later}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(failed_with(answers[1], error_code::user_exists, "username"));
  EXPECT_TRUE(answers[2]) << "a name that a loser wanted is free";
}

TEST_P(Users, AreReadBackAsTheyWereWritten) {
  auto wanted = make_user("ann");
  wanted.user.role = "auditor";
  wanted.user.client_id = "acme";
  wanted.user.subscription_tier = "pro";
  wanted.user.is_active = false;
  wanted.user.email_verified = true;
  wanted.user.version = 7;
  wanted.user.last_login_at = noon + 5s;
  role_record auditor;
  auditor.name = "auditor";
  ASSERT_TRUE(commit({add_role{auditor, 1}}));
  const auto answer = commit({wanted});
  ASSERT_TRUE(answer);
  EXPECT_GT(answer->user_number, 0);
  for (const auto& found : {reader_->find_user(wanted.user.id).value(),
                            reader_->answer_to(find_user_by_number{answer->user_number}).value()}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, wanted.user.id);
    EXPECT_EQ(found->number, answer->user_number);
    EXPECT_EQ(found->username, "ann");
    EXPECT_EQ(found->email, "ann@example.org");
    EXPECT_EQ(found->first_name, "First");
    EXPECT_EQ(found->last_name, "Last");
    EXPECT_EQ(found->full_name, "First van der Last");
    EXPECT_TRUE(found->password_hash == wanted.user.password_hash);
    EXPECT_EQ(found->role, "auditor");
    EXPECT_EQ(found->client_id, "acme");
    EXPECT_EQ(found->subscription_tier, "pro");
    EXPECT_FALSE(found->is_active);
    EXPECT_TRUE(found->email_verified);
    EXPECT_EQ(found->version, 7);
    EXPECT_EQ(found->created_at, noon);
    EXPECT_EQ(found->updated_at, noon + 1s);
    EXPECT_EQ(found->last_login_at, noon + 5s);
  }
  EXPECT_EQ(reader_->find_login("ann").value(), wanted.user.id);
  EXPECT_EQ(reader_->find_login("ann@example.org").value(), wanted.user.id);
}

TEST_P(Users, MayLackNamesAndAPassword) {
  auto u = make_user("ann");
  u.user.first_name = u.user.last_name = u.user.full_name = "";
  u.user.password_hash = secret();
  const auto found = add(u);
  EXPECT_EQ(found.first_name + found.last_name + found.full_name, "");
  EXPECT_TRUE(found.password_hash.empty());
  EXPECT_FALSE(found.last_login_at);
}

TEST_P(Users, ThatAreNotThereAreAbsentNotErrors) {
  EXPECT_EQ(reader_->find_login("nobody").value(), std::nullopt);
  EXPECT_FALSE(reader_->find_user(user_id{make_uuid(noon)}).value());
  EXPECT_FALSE(reader_->answer_to(find_user_by_number{4711}).value());
  EXPECT_EQ(reader_->count_users().value(), 0);
  EXPECT_TRUE(reader_->ping());
}

TEST_P(Users, HaveNumbersThatAreNeverUsedAgain) {
  std::set<std::int64_t> seen;
  for (const auto* name : {"ann", "bob", "cat"})
    seen.insert(add(make_user(name)).number);
  EXPECT_EQ(seen.size(), 3u);
  const auto highest = *seen.rbegin();
  engine_->execute("DELETE FROM user_profiles");
  engine_->execute("DELETE FROM login_names");
  engine_->execute("DELETE FROM users");
  EXPECT_GT(add(make_user("dog")).number, highest);
}

TEST_P(Users, OfAnExplicitNumberMoveTheSequencePastIt) {
  auto first = make_user("ann");
  first.user.number = 1; // also when nothing was taken from the sequence yet
  EXPECT_EQ(add(first).number, 1);
  EXPECT_GT(add(make_user("bob")).number, 1);
  auto far = make_user("cat");
  far.user.number = 5000;
  EXPECT_EQ(add(far).number, 5000);
  EXPECT_GT(add(make_user("dog")).number, 5000);
  auto back = make_user("eel");
  back.user.number = 3000;
  EXPECT_EQ(add(back).number, 3000);
  EXPECT_GT(add(make_user("fox")).number, 5001) << "the sequence never goes back";
}

TEST_P(Users, InOneBatchGetDifferentNumbers) {
  std::vector<unit> batch;
  for (int i = 0; i < 50; ++i)
    batch.push_back({{make_user("user" + std::to_string(i))}});
  std::set<std::int64_t> numbers;
  for (const auto& answer : writer_->commit(batch)) {
    ASSERT_TRUE(answer);
    numbers.insert(answer->user_number);
  }
  EXPECT_EQ(numbers.size(), 50u);
  EXPECT_EQ(reader_->count_users().value(), 50);
}

TEST_P(Users, ChangePasswordFromTheVersionTheyHave) {
  const auto before = add(make_user("ann"));
  const set_password_hash change{before.id, before.version, secret(std::string("new")), noon + 9s};
  ASSERT_TRUE(commit({change}));
  const auto after = user(before.id);
  EXPECT_EQ(after.password_hash.reveal(), "new");
  EXPECT_EQ(after.version, before.version + 1);
  EXPECT_EQ(after.updated_at, noon + 9s);
  EXPECT_TRUE(failed_with(commit({change}), error_code::conflict, "version"));
  auto nobody = change;
  nobody.user = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(commit({nobody}), error_code::user_not_found));
}

TEST_P(Users, ChangePasswordOnceWhenTwoChangesAreBasedOnOneVersion) {
  const auto before = add(make_user("ann"));
  const std::vector<unit> batch{
      {{set_password_hash{before.id, before.version, secret(std::string("one")), noon}}},
      {{set_password_hash{before.id, before.version, secret(std::string("two")), noon}}},
      {{set_password_hash{before.id, before.version + 1, secret(std::string("three")), noon}}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(failed_with(answers[1], error_code::conflict));
  EXPECT_TRUE(answers[2]);
  EXPECT_EQ(user(before.id).password_hash.reveal(), "three");
}

TEST_P(Users, RememberTheirLatestLogin) {
  const auto ann = add(make_user("ann"));
  const std::vector<unit> batch{{{touch_login{ann.id, noon + 3s}}},
                                {{touch_login{ann.id, noon + 7s}}},
                                {{touch_login{ann.id, noon + 5s}}}};
  for (const auto& answer : writer_->commit(batch))
    EXPECT_TRUE(answer);
  EXPECT_EQ(user(ann.id).last_login_at, noon + 7s);
  EXPECT_EQ(user(ann.id).version, ann.version);
  ASSERT_TRUE(commit({touch_login{ann.id, noon + 1s}}));
  EXPECT_EQ(user(ann.id).last_login_at, noon + 7s);
  EXPECT_TRUE(commit({touch_login{user_id{make_uuid(noon)}, noon}}));
}

} // namespace

} // namespace latchkey::test

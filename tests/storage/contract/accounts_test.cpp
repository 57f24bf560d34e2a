// What every engine does when a user is changed.
#include "tests/storage/engines.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

class Accounts : public Contract {
protected:
  /// A user who may not be the last administrator.
  user_record add_named(const std::string& name, const std::string& role = "user") {
    auto made = make_user(name);
    made.user.role = role;
    return add(made);
  }
  result<written> change(const user_record& user, const user_changes& changes) {
    return commit({update_user{user.id, user.version, changes, noon + 1min}});
  }
  std::optional<user_id> owner(const std::string& key) { return *reader_->find_login(key); }
  static user_changes named(const std::string& username) {
    user_changes c;
    c.username = c.username_key = username;
    return c;
  }
  static user_changes mailed(const std::string& email) {
    user_changes c;
    c.email = c.email_key = email;
    return c;
  }
  static user_changes given(const std::string& role) {
    user_changes c;
    c.role = role;
    return c;
  }
  static user_changes active(bool is_active) {
    user_changes c;
    c.is_active = is_active;
    return c;
  }
  void expect_unchanged(const user_record& before) {
    const auto after = user(before.id);
    EXPECT_EQ(after.version, before.version);
    EXPECT_EQ(after.username, before.username);
    EXPECT_EQ(after.email, before.email);
    EXPECT_EQ(after.role, before.role);
    EXPECT_EQ(after.is_active, before.is_active);
    EXPECT_EQ(owner(before.username), before.id);
    EXPECT_EQ(owner(before.email), before.id);
  }
};
LATCHKEY_ON_EVERY_ENGINE(Accounts);

TEST_P(Accounts, AreNotChangedFromAnotherVersionOrWhenTheyAreNotThere) {
  auto ann = add_named("ann");
  auto stale = ann;
  stale.version += 1;
  EXPECT_TRUE(failed_with(change(stale, named("eve")), error_code::conflict, "version"));
  auto nobody = ann;
  nobody.id = user_id{make_uuid(noon)};
  EXPECT_TRUE(failed_with(change(nobody, named("eve")), error_code::user_not_found));
  expect_unchanged(ann);
}

TEST_P(Accounts, DoNotTakeANameThatIsSomebodyElses) {
  const auto ann = add_named("ann");
  add_named("bob");
  EXPECT_TRUE(failed_with(change(ann, named("bob")), error_code::user_exists, "username"));
  EXPECT_TRUE(
      failed_with(change(ann, named("bob@example.org")), error_code::user_exists, "username"));
  EXPECT_TRUE(
      failed_with(change(ann, mailed("bob@example.org")), error_code::user_exists, "email"));
  EXPECT_TRUE(failed_with(change(ann, mailed("bob")), error_code::user_exists, "email"));
  auto both = named("ann2");
  both.email = both.email_key = "bob@example.org";
  EXPECT_TRUE(failed_with(change(ann, both), error_code::user_exists, "email"));
  EXPECT_EQ(owner("ann2"), std::nullopt) << "the whole change lost";
  expect_unchanged(ann);
}

TEST_P(Accounts, GiveTheirOldNameBack) {
  const auto ann = add_named("ann");
  ASSERT_TRUE(change(ann, named("anna")));
  EXPECT_EQ(owner("ann"), std::nullopt);
  EXPECT_EQ(owner("anna"), ann.id);
  EXPECT_EQ(owner("ann@example.org"), ann.id);
  const auto after = user(ann.id);
  EXPECT_EQ(after.username, "anna");
  EXPECT_EQ(after.version, ann.version + 1);
  EXPECT_EQ(after.updated_at, noon + 1min);
  ASSERT_TRUE(change(after, mailed("anna@example.org")));
  EXPECT_EQ(owner("ann@example.org"), std::nullopt);
  EXPECT_EQ(owner("anna@example.org"), ann.id);
  auto other = make_user("ann");
  EXPECT_TRUE(commit({other})) << "both of its names are free again";
}

TEST_P(Accounts, MayChangeTheirNamesAboutAndMakeThemOne) {
  auto ann = add_named("ann");
  auto swapped = named("ann@example.org");
  swapped.email = swapped.email_key = "ann@example.com";
  ASSERT_TRUE(change(ann, swapped));
  EXPECT_EQ(owner("ann@example.org"), ann.id);
  EXPECT_EQ(owner("ann"), std::nullopt);
  ASSERT_TRUE(change(user(ann.id), named("ann@example.com"))) << "username and email are one";
  EXPECT_EQ(owner("ann@example.com"), ann.id);
  EXPECT_EQ(owner("ann@example.org"), std::nullopt);
  ASSERT_TRUE(change(user(ann.id), named("ann"))) << "and two again";
  EXPECT_EQ(owner("ann"), ann.id);
  EXPECT_EQ(owner("ann@example.com"), ann.id);
  ASSERT_TRUE(change(user(ann.id), named("ann"))) << "what they have already";
}

TEST_P(Accounts, MaySwapNamesWithinABatch) {
  const auto ann = add_named("ann");
  const auto bob = add_named("bob");
  const std::vector<unit> batch{
      {{update_user{ann.id, ann.version, named("tmp"), noon}}},
      {{update_user{bob.id, bob.version, named("ann"), noon}}},
      {{update_user{ann.id, ann.version + 1, named("bob"), noon}}},
      {{update_user{ann.id, ann.version + 1, named("cat"), noon}}},
      {{make_user("tmp")}},
  };
  const auto answers = writer_->commit(batch);
  for (const auto i : {0, 1, 2, 4})
    EXPECT_TRUE(answers[static_cast<std::size_t>(i)]) << i;
  EXPECT_TRUE(failed_with(answers[3], error_code::conflict, "version"));
  EXPECT_EQ(owner("ann"), bob.id);
  EXPECT_EQ(owner("bob"), ann.id);
}

TEST_P(Accounts, ChangeOnlyWhatIsSet) {
  auto ann = add_named("ann");
  user_changes c;
  c.last_name = "Newname";
  c.full_name = "";
  c.company = "ACME";
  c.phone = "+44 1";
  c.avatar_url = "https://example.org/a.png";
  c.preferences = R"({"theme":"dark","n":[1,"'x"]})";
  c.client_id = "acme";
  c.email_verified = true;
  c.synced_at = noon + 5s;
  ASSERT_TRUE(change(ann, c));
  const auto after = user(ann.id);
  EXPECT_EQ(after.first_name, "First");
  EXPECT_EQ(after.last_name, "Newname");
  EXPECT_EQ(after.full_name, "");
  EXPECT_EQ(after.client_id, "acme");
  EXPECT_TRUE(after.email_verified);
  EXPECT_TRUE(after.is_active);
  EXPECT_EQ(after.synced_at, noon + 5s);
  EXPECT_EQ(after.username, "ann");
  EXPECT_EQ(after.password_hash.reveal(), ann.password_hash.reveal());
  user_changes next;
  next.phone = "";
  ASSERT_TRUE(change(after, next));
  const auto profile = reader_->answer_to(find_profile{ann.id}).value();
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->company, "ACME");
  EXPECT_EQ(profile->phone, "");
  EXPECT_EQ(profile->avatar_url, "https://example.org/a.png");
  EXPECT_EQ(profile->preferences, R"({"theme":"dark","n":[1,"'x"]})");
  next.preferences = "";
  ASSERT_TRUE(change(user(ann.id), next));
  EXPECT_EQ(reader_->answer_to(find_profile{ann.id}).value()->preferences, "");
  EXPECT_FALSE(reader_->answer_to(find_profile{user_id{make_uuid(noon)}}).value());
}

TEST_P(Accounts, TakeARoleThatIsThereAlone) {
  const auto ann = add_named("ann");
  EXPECT_TRUE(failed_with(change(ann, given("auditor")), error_code::validation_error, "role"));
  expect_unchanged(ann);
  role_record auditor;
  auditor.name = "auditor";
  ASSERT_TRUE(commit({add_role{auditor, 10}}));
  ASSERT_TRUE(change(ann, given("auditor")));
  EXPECT_EQ(user(ann.id).role, "auditor");
  ASSERT_TRUE(change(user(ann.id), given("user")));
}

TEST_P(Accounts, DoNotHoldWhatNoColumnHolds) {
  const auto ann = add_named("ann");
  const auto refused = [&](auto member, const std::string& text, const char* field) {
    user_changes c;
    c.*member = text;
    return failed_with(change(ann, c), error_code::validation_error, field);
  };
  EXPECT_TRUE(refused(&user_changes::preferences, "[1]", "preferences"));
  EXPECT_TRUE(refused(&user_changes::preferences, "{\"a\":}", "preferences"));
  EXPECT_TRUE(refused(&user_changes::company, std::string(256, 'c'), "company"));
  EXPECT_TRUE(refused(&user_changes::phone, std::string(51, '1'), "phone"));
  EXPECT_TRUE(refused(&user_changes::avatar_url, std::string("a\0b", 3), "avatar_url"));
  EXPECT_TRUE(refused(&user_changes::role, "", "role"));
  user_changes keyless;
  keyless.username = "x";
  EXPECT_TRUE(failed_with(change(ann, keyless), error_code::validation_error, "username"));
  expect_unchanged(ann);
}

TEST_P(Accounts, KeepTheLastActiveAdministrator) {
  const auto ann = add_named("ann", "admin");
  auto idle = make_user("idle");
  idle.user.role = "admin";
  idle.user.is_active = false;
  add(idle);
  EXPECT_TRUE(failed_with(change(ann, given("user")), error_code::conflict, "role"));
  EXPECT_TRUE(failed_with(change(ann, active(false)), error_code::conflict, "is_active"));
  EXPECT_TRUE(failed_with(commit({delete_user{ann.id, noon}}), error_code::conflict, "user_id"));
  expect_unchanged(ann);
  ASSERT_TRUE(change(ann, given("superuser"))) << "still an administrator";
  add_named("bob", "superuser");
  ASSERT_TRUE(change(user(ann.id), given("user")));
  EXPECT_TRUE(change(user(idle.user.id), given("user"))) << "it was not active";
}

TEST_P(Accounts, KeepOneOfTwoAdministratorsInABatch) {
  const auto ann = add_named("ann", "admin");
  const auto bob = add_named("bob", "admin");
  const std::vector<unit> batch{{{update_user{ann.id, ann.version, given("user"), noon}}},
                                {{delete_user{bob.id, noon}}},
                                {{update_user{bob.id, bob.version, active(false), noon}}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(failed_with(answers[1], error_code::conflict, "user_id"));
  EXPECT_TRUE(failed_with(answers[2], error_code::conflict, "is_active"));
}

TEST_P(Accounts, MakeRoomForAnotherAdministratorInTheirOrder) {
  const auto ann = add_named("ann", "admin");
  auto second = make_user("bob");
  second.user.role = "admin";
  const unit demotion{{update_user{ann.id, ann.version, given("user"), noon}}};
  const std::vector<unit> batch{demotion, {{second}}, demotion};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(failed_with(answers[0], error_code::conflict, "role"));
  EXPECT_TRUE(answers[1]);
  EXPECT_TRUE(answers[2]);
}

TEST_P(Accounts, ThatAreInactiveOpenNoSession) {
  const auto ann = add_named("ann");
  const auto before = add(make_session(ann.id));
  ASSERT_TRUE(commit({update_user{ann.id, ann.version, active(false), noon + 1s},
                      end_sessions_of{ann.id, {}, noon + 1s, "deactivated"}}));
  EXPECT_TRUE(session(before.id).ended_at);
  EXPECT_TRUE(
      failed_with(commit({create_session{make_session(ann.id)}}), error_code::user_not_found));
}

TEST_P(Accounts, BelongToTheirOwnClientUnlessToAnother) {
  const auto ann = add_named("ann");
  EXPECT_EQ(ann.client_id, to_string(ann.id));
  EXPECT_FALSE(ann.synced_at);
}

} // namespace

} // namespace latchkey::test

// What every engine does with roles.
#include "tests/storage/postgres/fixture.hpp"
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;
using namespace std::chrono_literals;

constexpr std::size_t roles_max = 256;

role_record make_role(const std::string& name) {
  role_record r;
  r.name = name;
  r.description = "Says what it is for: “" + name + "”";
  r.permissions = {"projects:read", "users:read"};
  r.created_at = noon;
  r.updated_at = noon + 1s;
  return r;
}

class Roles : public Contract {
protected:
  void give(const std::string& role, user_record& to) {
    update_user change;
    change.user = to.id;
    change.based_on = to.version;
    change.changes.role = role;
    change.at = noon;
    ASSERT_TRUE(commit({change}));
    to = user(to.id);
  }
  std::vector<role_record> roles() { return ask(*reader_, list_roles{}); }
};
LATCHKEY_ON_EVERY_ENGINE(Roles);

TEST_P(Roles, AreRefusedANameThatIsTaken) {
  ASSERT_TRUE(commit({add_role{make_role("auditor"), roles_max}}));
  auto second = make_role("auditor");
  second.description = "another";
  EXPECT_TRUE(failed_with(commit({add_role{second, roles_max}}), error_code::conflict, "name"));
  ASSERT_EQ(roles().size(), 1u);
  EXPECT_EQ(roles()[0].description, make_role("auditor").description);
}

TEST_P(Roles, SayWhetherTheirUsersMustHaveASecondFactor) {
  auto strict = make_role("auditor");
  strict.requires_second_factor = true;
  ASSERT_TRUE(commit({add_role{strict, roles_max}}));
  EXPECT_TRUE(roles().at(0).requires_second_factor);
  strict.requires_second_factor = false;
  ASSERT_TRUE(commit({update_role{strict}}));
  EXPECT_FALSE(roles().at(0).requires_second_factor);
}

TEST_P(Roles, AreRefusedANameThatIsBuiltIn) {
  for (const auto* name : {"user", "admin", "superuser"})
    EXPECT_TRUE(
        failed_with(commit({add_role{make_role(name), roles_max}}), error_code::conflict, "name"))
        << name;
  EXPECT_TRUE(roles().empty());
}

TEST_P(Roles, AreRefusedWhenThereAreAsManyAsThereMayBe) {
  ASSERT_TRUE(commit({add_role{make_role("one"), 2}}));
  ASSERT_TRUE(commit({add_role{make_role("two"), 2}}));
  EXPECT_TRUE(failed_with(commit({add_role{make_role("three"), 2}}), error_code::conflict, "name"));
  ASSERT_TRUE(commit({remove_role{"one"}}));
  EXPECT_TRUE(commit({add_role{make_role("three"), 2}}));
}

TEST_P(Roles, ThatAreNotThereCannotBeChangedOrRemoved) {
  EXPECT_TRUE(failed_with(commit({update_role{make_role("nobody")}}), error_code::not_found));
  EXPECT_TRUE(failed_with(commit({remove_role{"nobody"}}), error_code::not_found));
  EXPECT_TRUE(failed_with(commit({remove_role{"user"}}), error_code::not_found));
  EXPECT_TRUE(roles().empty());
}

TEST_P(Roles, ThatAreNotThereAreNobodysFromTheStart) {
  auto lost = make_user("lost");
  lost.user.role = "auditor";
  const std::vector<unit> batch{{{make_user("ann")}}, {{lost}}, {{make_user("bob")}}};
  const auto answers = writer_->commit(batch);
  EXPECT_TRUE(answers[0]);
  EXPECT_TRUE(failed_with(answers[1], error_code::validation_error, "role"));
  EXPECT_TRUE(answers[2]);
  EXPECT_FALSE(reader_->find_login("lost").value());
  ASSERT_TRUE(commit({add_role{make_role("auditor"), roles_max}}));
  EXPECT_EQ(add(lost).role, "auditor");
  EXPECT_TRUE(failed_with(commit({remove_role{"auditor"}}), error_code::conflict, "name"));
}

TEST_P(Roles, CannotBeRemovedWhileAUserHasThem) {
  ASSERT_TRUE(commit({add_role{make_role("auditor"), roles_max}}));
  auto ann = add(make_user("ann"));
  give("auditor", ann);
  EXPECT_TRUE(failed_with(commit({remove_role{"auditor"}}), error_code::conflict, "name"));
  ASSERT_EQ(roles().size(), 1u);
  give("user", ann);
  EXPECT_TRUE(commit({remove_role{"auditor"}}));
  EXPECT_TRUE(roles().empty());
}

TEST_P(Roles, OfALosingUnitAreNotAdded) {
  EXPECT_FALSE(commit({add_role{make_role("auditor"), roles_max}, remove_role{"nobody"}}));
  EXPECT_TRUE(roles().empty());
}

TEST_P(Roles, AreReadBackAsTheyWereWritten) {
  const auto wanted = make_role("auditor");
  ASSERT_TRUE(commit({add_role{wanted, roles_max}}));
  ASSERT_TRUE(commit({add_role{make_role("aide"), roles_max}}));
  const auto found = roles();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "aide") << "in the order of their names";
  EXPECT_EQ(found[1].name, "auditor");
  EXPECT_EQ(found[1].description, wanted.description);
  EXPECT_EQ(found[1].permissions, wanted.permissions);
  EXPECT_FALSE(found[1].is_built_in);
  EXPECT_EQ(found[1].created_at, noon);
  EXPECT_EQ(found[1].updated_at, noon + 1s);
}

TEST_P(Roles, MayGrantNothingOrEverything) {
  auto none = make_role("none");
  none.permissions.clear();
  auto all = make_role("all");
  all.permissions = {"*"};
  ASSERT_TRUE(commit({add_role{none, roles_max}, add_role{all, roles_max}}));
  const auto found = roles();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].permissions, std::vector<std::string>{"*"});
  EXPECT_TRUE(found[1].permissions.empty());
}

TEST_P(Roles, ChangeDescriptionAndPermissions) {
  ASSERT_TRUE(commit({add_role{make_role("auditor"), roles_max}}));
  auto changed = make_role("auditor");
  changed.description = "";
  changed.permissions = {"audit:read"};
  changed.created_at = noon + 5s;
  changed.updated_at = noon + 9s;
  ASSERT_TRUE(commit({update_role{changed}}));
  const auto found = roles();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].description, "");
  EXPECT_EQ(found[0].permissions, changed.permissions);
  EXPECT_EQ(found[0].created_at, noon);
  EXPECT_EQ(found[0].updated_at, noon + 9s);
}

TEST_P(Roles, AddedAtOnceAreNoMoreThanThereMayBe) {
  std::vector<unit> units;
  for (int i = 0; i < 8; ++i)
    units.push_back({{add_role{make_role("role" + std::to_string(i)), 3}}});
  EXPECT_EQ(winners(race(*store_, units), error_code::conflict), 3u);
  EXPECT_EQ(roles().size(), 3u);
}

TEST_P(Roles, RemovedWhileAUserGetsThemLeaveNoUserWithoutARole) {
  auto ann = add(make_user("ann"));
  for (int round = 0; round < 10; ++round) {
    const auto name = "role" + std::to_string(round);
    ASSERT_TRUE(commit({add_role{make_role(name), roles_max}}));
    update_user change;
    change.user = ann.id;
    change.based_on = ann.version;
    change.changes.role = name;
    change.at = noon;
    const auto answers = race(*store_, {{{change}}, {{remove_role{name}}}});
    EXPECT_NE(answers[0].has_value(), answers[1].has_value()) << "exactly one wins";
    ann = user(ann.id);
    EXPECT_EQ(answers[0].has_value(), ann.role == name);
  }
}

TEST_F(PostgresFaults, ARoleThatAUserIsJustGettingIsNotRemoved) {
  const auto out = store->open_writer();
  ASSERT_TRUE(commit(*out, {add_role{make_role("auditor"), roles_max}}));
  pqxx::connection other(url);
  pqxx::nontransaction giving(other);
  giving.exec("BEGIN; SELECT 1 FROM roles WHERE name = 'auditor' FOR KEY SHARE; "
              "UPDATE users SET role = 'auditor' WHERE username = 'ann'");
  result<written> answer;
  std::thread removing([&] { answer = commit(*out, {remove_role{"auditor"}}); });
  EXPECT_TRUE(
      eventually([&] { return !execute("SELECT 1 FROM pg_locks WHERE NOT granted").empty(); }));
  giving.exec("COMMIT");
  removing.join();
  EXPECT_TRUE(failed_with(answer, error_code::conflict, "name"));
  EXPECT_EQ(count("roles"), 1);
}

} // namespace

} // namespace latchkey::test

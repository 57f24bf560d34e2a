// What every engine does with usernames that look like another's, and with wrong passwords in a
// row.
#include "protocol/text/login_name.hpp"
#include "storage/migrations/migrations.hpp"
#include "tests/storage/engines.hpp"
#include "tests/storage/racing.hpp"

namespace latchkey::test {

namespace {

using namespace storage;

const std::string cyrillic_scope = "\xD1\x95\xD1\x81\xD0\xBE\xD1\x80\xD0\xB5"; // looks like "scope"
const std::string greek_o_scope = "sc\xCE\xBFpe";                              // so does this one

/// One of these names; the email is another for each.
create_user named(const std::string& name, const std::string& mail) {
  auto made = make_user(mail);
  made.user.username = name;
  made.username_key = fold_login_name(name).value();
  return made;
}

class LookAlikes : public Contract {};
LATCHKEY_ON_EVERY_ENGINE(LookAlikes);

TEST_P(LookAlikes, AreRefusedWhoeverCameFirst) {
  add(named("scope", "ann"));
  EXPECT_TRUE(
      failed_with(commit({named(cyrillic_scope, "bob")}), error_code::user_exists, "username"));
  EXPECT_FALSE(reader_->find_login("bob@example.org").value()) << "nothing of it may stay";
  const auto other = "\xD1\x80\xD0\xB0\xD1\x83"; // looks like "pay"
  const auto first = add(named(other, "cid"));
  EXPECT_TRUE(failed_with(commit({named("pay", "dan")}), error_code::user_exists, "username"));
  EXPECT_EQ(reader_->find_login(other).value(), first.id);
  EXPECT_FALSE(reader_->find_login("pay").value()) << "nobody signs in by what a name looks like";
}

TEST_P(LookAlikes, OfOneAnotherAreRefusedToo) {
  add(named(cyrillic_scope, "ann"));
  EXPECT_TRUE(
      failed_with(commit({named(greek_o_scope, "bob")}), error_code::user_exists, "username"));
}

TEST_P(LookAlikes, InCapitalsAreRefusedToo) {
  const std::string kate = "\xD0\x9A\xD0\x90\xD0\xA2\xD0\x95"; // Cyrillic, as "KATE"
  const std::string beta = "\xCE\x92\xCE\x95\xCE\xA4\xCE\x91"; // Greek, as "BETA"
  add(named("KATE", "ann"));
  EXPECT_TRUE(failed_with(commit({named(kate, "bob")}), error_code::user_exists, "username"));
  EXPECT_FALSE(reader_->find_login("bob@example.org").value()) << "nothing of it may stay";
  add(named(beta, "cid"));
  EXPECT_TRUE(failed_with(commit({named("beta", "dan")}), error_code::user_exists, "username"));
}

TEST_P(LookAlikes, AreNoneAmongNamesOfAscii) {
  add(named("user1", "ann"));
  add(named("userl", "bob"));
  add(named("modem", "cid"));
  add(named("modern", "dan"));
}

TEST_P(LookAlikes, HaveOneWinnerHoweverManyComeAtOnce) {
  std::vector<unit> units;
  for (int i = 0; i < 6; ++i) {
    const auto& name = i % 3 == 0 ? "scope" : i % 3 == 1 ? cyrillic_scope : greek_o_scope;
    units.push_back({{named(name, "m" + std::to_string(i))}});
  }
  EXPECT_EQ(winners(race(*store_, units), error_code::user_exists), 1u);
  EXPECT_EQ(reader_->count_users().value(), 1);
}

TEST_P(LookAlikes, AreGivenBackWithTheName) {
  const auto first = add(named(cyrillic_scope, "ann"));
  update_user renamed{first.id, first.version, {}, noon};
  renamed.changes.username = "ann";
  renamed.changes.username_key = "ann";
  ASSERT_TRUE(commit({renamed}));
  add(named("scope", "bob"));
  update_user back{first.id, first.version + 1, {}, noon};
  back.changes.username = cyrillic_scope;
  back.changes.username_key = cyrillic_scope;
  EXPECT_TRUE(failed_with(commit({back}), error_code::user_exists, "username"));
}

TEST_P(LookAlikes, StayRefusedWhenTheOtherChangesItsEmail) {
  const auto first = add(named(cyrillic_scope, "ann"));
  update_user moved{first.id, first.version, {}, noon};
  moved.changes.email = "new@example.org";
  moved.changes.email_key = "new@example.org";
  ASSERT_TRUE(commit({moved}));
  EXPECT_EQ(reader_->find_login(cyrillic_scope).value(), first.id);
  EXPECT_TRUE(failed_with(commit({named("scope", "bob")}), error_code::user_exists, "username"));
}

/// Only engines that keep a schema have older versions of it.
class LookAlikesFromBefore : public LookAlikes {};
INSTANTIATE_TEST_SUITE_P(On, LookAlikesFromBefore, testing::Values("sqlite", "postgresql"),
                         name_of_engine);

TEST_P(LookAlikesFromBefore, AreKnownAfterTheMigration) {
  add(named(cyrillic_scope, "ann"));
  add(named("\xD0\xB2\xD0\xB0\xD1\x81\xD1\x8F", "bob"));
  engine_->execute("DELETE FROM login_names WHERE kind = 'skeleton'");
  // As if the store had been made before names were compared by their looks.
  engine_->execute("DELETE FROM schema_migrations WHERE version >= 6");
  engine_->execute("DROP TABLE stripe_subscriptions");
  engine_->execute("DROP TABLE store_notes");
  engine_->execute("DROP INDEX workflows_by_owner");
  engine_->execute("ALTER TABLE workflows DROP COLUMN owner");
  for (const auto* table :
       {"spent_tickets", "spent_challenges", "recovery_codes", "totp_factors", "passkeys"})
    engine_->execute(std::string("DROP TABLE ") + table);
  engine_->execute("ALTER TABLE roles DROP COLUMN requires_second_factor");
  for (const auto* column : {"auth_methods", "authenticated_at", "awaits_second_factor"})
    engine_->execute(std::string("ALTER TABLE sessions DROP COLUMN ") + column);
  if (GetParam() == "postgresql") {
    engine_->execute("ALTER TABLE commit_marks DROP COLUMN member");
    engine_->execute("DROP TABLE cluster_members");
  }
  for (const auto* column :
       {"failures_of_strangers", "failures_of_known_clients", "failures_of_signed_in",
        "failures_of_factors", "second_factors", "second_factor_due_at"})
    engine_->execute(std::string("ALTER TABLE users DROP COLUMN ") + column);
  ASSERT_TRUE(engine_->open()->migrate());
  EXPECT_TRUE(failed_with(commit({named("scope", "cid")}), error_code::user_exists, "username"));
}

class PasswordFailures : public Contract {};
LATCHKEY_ON_EVERY_ENGINE(PasswordFailures);

TEST_P(PasswordFailures, AreCountedByBudgetAndForgottenTogether) {
  const auto ann = add(make_user("ann"));
  const auto bob = add(make_user("bob"));
  ASSERT_TRUE(commit({count_password_failures{ann.id, failure_budget::stranger, 2}}));
  ASSERT_TRUE(commit({count_password_failures{ann.id, failure_budget::stranger},
                      count_password_failures{ann.id, failure_budget::known_client},
                      count_password_failures{ann.id, failure_budget::signed_in, 5}}));
  using counts = decltype(ann.failures_in_a_row);
  EXPECT_EQ(user(ann.id).failures_in_a_row, (counts{3, 1, 5}));
  EXPECT_EQ(user(bob.id).failures_in_a_row, (counts{}));
  EXPECT_EQ(user(ann.id).version, ann.version);
  ASSERT_TRUE(commit({forget_password_failures{ann.id}}));
  EXPECT_EQ(user(ann.id).failures_in_a_row, (counts{}));
}

TEST_P(PasswordFailures, OfNobodyAreNoError) {
  EXPECT_TRUE(commit({count_password_failures{make_user("x").user.id}}));
  EXPECT_TRUE(commit({forget_password_failures{make_user("x").user.id}}));
}

} // namespace

} // namespace latchkey::test

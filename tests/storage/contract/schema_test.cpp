// How every engine brings its schema up to date.
#include "tests/storage/old_schema.hpp"
#include "tests/storage/racing.hpp"

#include "storage/migrations/migrations.hpp"

#include <atomic>
#include <thread>

namespace latchkey::test {

namespace {

class Schema : public testing::TestWithParam<std::string> {
protected:
  std::unique_ptr<engine> engine_ = make_engine(GetParam());
};
LATCHKEY_ON_EVERY_ENGINE(Schema);

class SchemaInSql : public Schema {};
INSTANTIATE_TEST_SUITE_P(On, SchemaInSql, testing::Values("sqlite", "postgresql"), name_of_engine);

TEST_P(Schema, IsMigratedOnce) {
  const auto store = engine_->open();
  EXPECT_FALSE(store->migrate().value().empty());
  EXPECT_TRUE(store->migrate().value().empty());
  EXPECT_TRUE(engine_->open()->migrate().value().empty());
}

TEST_P(Schema, IsMigratedByOneOfFourAtOnce) {
  std::atomic<int> applied = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      const auto store = engine_->open();
      ++ready;
      while (ready < 4)
        std::this_thread::yield();
      const auto names = store->migrate();
      failed += !names;
      applied += names && !names->empty();
    });
  for (auto& t : threads)
    t.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(applied, 1);
}

TEST_P(SchemaInSql, IsNeededBeforeAnythingElse) {
  const auto store = engine_->open();
  const storage::unit single{{make_user("ann")}};
  EXPECT_TRUE(
      failed_with(store->open_writer()->commit({&single, 1}).front(), error_code::internal_error));
  EXPECT_EQ(store->open_reader()->count_users().error().code, error_code::internal_error);
}

TEST_P(SchemaInSql, ThatIsMissingIsToldAndNotMade) {
  const auto store = engine_->open();
  for (int i = 0; i < 2; ++i) {
    const auto checked = store->check_schema();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, error_code::conflict);
    EXPECT_NE(checked.error().reason.find("no schema yet"), std::string::npos);
  }
  EXPECT_FALSE(store->open_reader()->count_users());
  ASSERT_TRUE(store->migrate());
  EXPECT_TRUE(store->check_schema());
  engine_->execute("DELETE FROM schema_migrations WHERE version > 1");
  const auto older = store->check_schema();
  ASSERT_FALSE(older);
  EXPECT_NE(older.error().reason.find("version 1, older than"), std::string::npos)
      << older.error().reason;
}

TEST_P(SchemaInSql, NewerThanTheProgramIsRefused) {
  const auto store = engine_->open();
  ASSERT_TRUE(store->migrate());
  engine_->execute("INSERT INTO schema_migrations (version, name, applied_at) "
                   "VALUES (999, '0999_from_the_future', '2030-01-01T00:00:00.000000Z')");
  const auto again = store->migrate();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, error_code::conflict);
  EXPECT_NE(again.error().reason.find("999"), std::string::npos) << again.error().reason;
  EXPECT_EQ(store->check_schema().error().reason, again.error().reason);
}

TEST_P(SchemaInSql, OfTheFirstVersionKeepsItsRows) {
  make_schema_of(1, *engine_, GetParam());
  const std::string id = "0190a000-0000-7000-8000-000000000001";
  engine_->execute("INSERT INTO users (id, email, password_hash, client_id, number) "
                   "VALUES ('" +
                   id + "', 'a@b.c', '', 'x', 1)");
  const std::string other = "0190a000-0000-7000-8000-000000000002";
  engine_->execute("INSERT INTO users (id, email, password_hash, client_id, number) "
                   "VALUES ('" +
                   other + "', 'b@b.c', '', 'default', 2)");
  engine_->execute("INSERT INTO audit_log (id, at, action, user_id, address, request_id, reason) "
                   "VALUES ('" +
                   id + "', '2026-01-01T00:00:00.000000Z', 'a', NULL, '', '', '')");
  const auto store = engine_->open();
  const auto applied = store->migrate();
  ASSERT_TRUE(applied) << applied.error().reason;
  EXPECT_EQ(applied->size(), storage::migrations().size() - 1);
  const auto user = store->open_reader()->answer_to(storage::find_user_by_number{1}).value();
  ASSERT_TRUE(user);
  EXPECT_EQ(to_string(user->id), id);
  EXPECT_FALSE(user->synced_at);
  EXPECT_EQ(user->client_id, "x");
  const auto shared = store->open_reader()->answer_to(storage::find_user_by_number{2}).value();
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->client_id, other) << "version 1 gave everybody the same, which meant nothing";
  const storage::unit single{{storage::add_audit{make_audit("b")}}};
  EXPECT_TRUE(store->open_writer()->commit({&single, 1}).front());
}

TEST_P(SchemaInSql, OfTheSixthVersionKeepsWhatStripeHadToldOf) {
  make_schema_of(6, *engine_, GetParam());
  const auto user = [](int number) {
    return "0190a000-0000-7000-8000-00000000000" + std::to_string(number);
  };
  for (int number = 1; number <= 5; ++number)
    engine_->execute("INSERT INTO users (id, email, password_hash, client_id, number) VALUES ('" +
                     user(number) + "', '" + std::to_string(number) + "@b.c', '', 'x', " +
                     std::to_string(number) + ")");
  // Of the user, and from the column of Stripe's subscription on.
  const auto subscribe = [&](int number, const std::string& rest) {
    engine_->execute("INSERT INTO subscriptions (id, user_id, tier, status, start_date, end_date, "
                     "stripe_customer_id, updated_at, stripe_subscription_id, stripe_event_at) "
                     "VALUES ('s" +
                     std::to_string(number) + "', '" + user(number) +
                     "', 'pro', 'active', '2026-01-01T00:00:00.000000Z', "
                     "'2026-12-01T00:00:00.000000Z', 'cus', '2026-02-01T00:00:00.000000Z', " +
                     rest + ")");
  };
  subscribe(1, "'sub_1', '2026-01-15T00:00:00.000000Z'");
  subscribe(2, "NULL, NULL");
  subscribe(3, "'', NULL");
  subscribe(4, "'sub_4', NULL");
  subscribe(5, "'sub_4', '2026-01-15T00:00:00.000000Z'");
  const auto store = engine_->open();
  ASSERT_TRUE(store->migrate());
  const auto reader = store->open_reader();
  const auto of = [&](int number) {
    return ask(*reader, storage::list_stripe_subscriptions{user_id{*parse_uuid(user(number))}});
  };
  const auto january = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  ASSERT_EQ(of(1).size(), 1u);
  const auto known = of(1).front();
  EXPECT_EQ(known.stripe_subscription_id, "sub_1");
  EXPECT_EQ(known.stripe_customer_id, "cus");
  EXPECT_EQ(known.tier, "pro");
  EXPECT_EQ(known.status, "active");
  EXPECT_EQ(known.start_date, january);
  EXPECT_EQ(known.end_date, january + std::chrono::days(334));
  EXPECT_EQ(known.stripe_event_at, january + std::chrono::days(14));
  EXPECT_EQ(of(2).size(), 0u) << "an administrator gave it";
  EXPECT_EQ(of(3).size(), 0u);
  ASSERT_EQ(of(4).size(), 1u) << "it was told of later than the other";
  EXPECT_EQ(of(4).front().stripe_event_at, january + std::chrono::days(31))
      << "when it was written";
  EXPECT_EQ(of(5).size(), 0u);
}

TEST_P(SchemaInSql, HasTheDocumentedColumnsAndDefaults) {
  const auto store = engine_->open();
  ASSERT_TRUE(store->migrate());
  engine_->execute("INSERT INTO users (id, email, password_hash, client_id, number) "
                   "VALUES ('0190a000-0000-7000-8000-000000000001', 'a@b.c', '', 'x', 1)");
  engine_->execute("INSERT INTO user_profiles (user_id, first_name, last_name, company, phone, "
                   "avatar_url, preferences) VALUES ('0190a000-0000-7000-8000-000000000001', "
                   "'f', 'l', 'c', 'p', 'u', '{}')");
  engine_->execute("INSERT INTO projects (id, client_id, name, description, owner_id) "
                   "VALUES ('p', 'c', 'n', 'd', '0190a000-0000-7000-8000-000000000001')");
  engine_->execute(
      "INSERT INTO subscriptions (id, user_id, tier, status, start_date, end_date, trial_ends_at, "
      "cancelled_at, payment_method, stripe_customer_id, stripe_subscription_id) VALUES "
      "('s', '0190a000-0000-7000-8000-000000000001', 't', 'a', '2026-01-01T00:00:00.000000Z', "
      "NULL, NULL, NULL, 'm', 'c', 's')");
  const auto user = store->open_reader()->answer_to(storage::find_user_by_number{1}).value();
  ASSERT_TRUE(user);
  EXPECT_EQ(user->role, "user");
  EXPECT_EQ(user->subscription_tier, "free");
  EXPECT_TRUE(user->is_active);
  EXPECT_FALSE(user->email_verified);
  EXPECT_EQ(user->version, 1);
  EXPECT_GT(user->created_at, noon - std::chrono::years(2));
  EXPECT_FALSE(user->last_login_at);
  EXPECT_EQ(user->first_name, "f");
}

TEST_P(SchemaInSql, CountsItsConnections) {
  const auto store = engine_->open();
  ASSERT_TRUE(store->migrate());
  const auto reader = store->open_reader();
  EXPECT_EQ(store->open_connections(), 0u) << "made when first used";
  ASSERT_TRUE(reader->ping());
  EXPECT_EQ(store->open_connections(), 1u);
  {
    const auto second = store->open_reader();
    ASSERT_TRUE(second->ping());
    EXPECT_EQ(store->open_connections(), 2u);
  }
  EXPECT_EQ(store->open_connections(), 1u);
}

TEST(Migrations, RiseByOneAndKeepTheirNames) {
  std::int64_t version = 0;
  for (const auto& step : storage::migrations()) {
    EXPECT_EQ(step.version, ++version);
    EXPECT_FALSE(step.name.empty());
    for (const auto dialect : {storage::sql_dialect::postgresql, storage::sql_dialect::sqlite})
      for (const auto& text : storage::statements_of(step, dialect))
        EXPECT_EQ(text.find('{'), std::string::npos) << text;
  }
  EXPECT_EQ(version, storage::newest_version());
}

} // namespace

} // namespace latchkey::test

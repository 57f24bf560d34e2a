// A pooler between us and PostgreSQL.
#include "tests/storage/engines.hpp"
#include "tests/storage/postgres/pooler.hpp"
#include "tests/support/postgres_server.hpp"

namespace latchkey::test {

namespace {

using namespace storage;

class PostgresPooler : public testing::TestWithParam<std::string> {};

TEST_P(PostgresPooler, ThatSharesConnectionsIsRefused) {
  const pooler between(make_postgres_database(), GetParam());
  const auto store = open_postgres(secret(between.url()));
  const auto claimed = store->claim("a test", [](const std::string&) {});
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, error_code::conflict);
  EXPECT_EQ(claimed.error().field, "DATABASE_URL");
  EXPECT_NE(claimed.error().reason.find("PgBouncer"), std::string::npos) << claimed.error().reason;
  EXPECT_NE(claimed.error().reason.find("pool_mode = session"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(On, PostgresPooler, testing::Values("transaction", "statement"),
                         [](const auto& mode) { return mode.param; });

TEST(PostgresPoolerInSessionMode, IsUsed) {
  const pooler between(make_postgres_database(), "session");
  const auto store = open_postgres(secret(between.url()));
  const auto claimed = store->claim("a test", [](const std::string&) {});
  ASSERT_TRUE(claimed) << claimed.error().reason;
  ASSERT_TRUE(store->migrate());
  const auto out = store->open_writer();
  const unit single{{make_user("ann")}};
  EXPECT_TRUE(out->commit({&single, 1}).front());
  EXPECT_TRUE(store->open_reader()->find_login("ann").value());
}

} // namespace

} // namespace latchkey::test

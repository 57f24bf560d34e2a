// When the store fails a service: "Service Integration API Documentation", Error Handling.
#include "tests/product/integration/integration.hpp"

namespace latchkey::test {
namespace {

class IntegrationFailure : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(IntegrationFailure);

// "Service Integration API Documentation", Internal Server Error (500)
TEST_P(IntegrationFailure, IsToldAsPrintedAndWithoutAWordOfSql) {
  product own{GetParam(), {{"SERVICE_KEYS", service_keys}}};
  const auto sync = [&] {
    const json body{{"id", 123}, {"email", "user@example.com"}, {"last_sync", nullptr}};
    return own.call(service_call("/api/auth/sync-user", body));
  };
  own.store.query("ALTER TABLE users RENAME COLUMN synced_at TO gone");
  const auto reply = sync();
  EXPECT_TRUE(is_flat(reply, 500, "Internal server error"));
  for (const auto* word : {"synced_at", "users", "column", "SELECT", "INSERT", "SQL"})
    EXPECT_EQ(reply.body.find(word), std::string::npos) << reply.body;
  EXPECT_EQ(own.store.count("SELECT count(*) FROM users WHERE number = 123"), 0);

  own.store.query("ALTER TABLE users RENAME COLUMN gone TO synced_at");
  EXPECT_TRUE(is_success(sync()));
  EXPECT_EQ(own.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

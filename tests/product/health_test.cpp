// health_test.cpp — GET /health and GET /internal/health.
#include "tests/product/product.hpp"
#include "tests/support/postgres_server.hpp"

namespace latchkey::test {
namespace {

class Health : public Product {};
LATCHKEY_ON_BOTH_ENGINES(Health);

bool is_digits(const json& text) {
  if (!text.is_string()) return false;
  const auto value = text.get<std::string>();
  return !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
}

TEST_P(Health, SaysWhatBothDocumentsShow) {
  const auto reply = call(get("/health"));
  EXPECT_EQ(reply.status, 200);
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"status", "service", "version", "uptime", "dependencies",
                                 "database", "redis", "timestamp"}))
      << reply.body;
  EXPECT_EQ(body["status"], "healthy");
  EXPECT_EQ(body["service"], "auth_service");
  EXPECT_EQ(body["version"], LATCHKEY_VERSION);
  EXPECT_TRUE(is_digits(body["uptime"])) << body["uptime"];
  EXPECT_EQ(body["dependencies"], (json{{"database", "connected"}, {"redis", "disabled"}}));
  EXPECT_EQ(body["database"], "connected");
  EXPECT_EQ(body["redis"], "disabled");
  EXPECT_TRUE(body["timestamp"].is_string());
}

TEST_P(Health, IsToldToTheInternalSideComponentByComponent) {
  const auto reply = on().call_internal(get("/internal/health"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(
      json_of(reply),
      (json{{"status", "healthy"},
            {"service", "auth-service"},
            {"version", LATCHKEY_VERSION},
            {"dependencies",
             {{"database", "healthy"}, {"core-manager", "disabled"}, {"redis", "disabled"}}}}))
      << reply.body;
}

TEST_P(Health, AnswersHeadWithoutABody) {
  const auto reply = call({"HEAD", "/health", {}, {}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_GT(std::stoi(reply.header("Content-Length")), 0);
}

TEST(HealthOnPostgres, IsUnhealthyWithoutTheDatabaseAndHealsWithIt) {
  postgres_server database;
  product one{place::on(database.make_database())};
  const auto held = one.sign_in_new_user();
  EXPECT_EQ(one.call(get("/health")).status, 200);

  database.stop_immediately();
  http_reply reply;
  ASSERT_TRUE(eventually([&] { return (reply = one.call(get("/health"))).status == 503; }));
  const auto body = json_of(reply);
  EXPECT_EQ(keys_of(body), (keys{"status", "error", "timestamp"})) << reply.body;
  EXPECT_EQ(body["status"], "unhealthy");
  EXPECT_EQ(body["error"], "Database connection failed");
  EXPECT_TRUE(body["timestamp"].is_string());
  // Each reactor's word stands for a moment.
  ASSERT_TRUE(eventually(
      [&] { return (reply = one.call_internal(get("/internal/health"))).status == 503; }));
  EXPECT_EQ(json_of(reply)["status"], "unhealthy");
  EXPECT_EQ(json_of(reply)["dependencies"]["database"], "unhealthy");

  // Who is signed in stays so, and what cannot be written is refused, to be tried again.
  EXPECT_EQ(one.status_of_me(held.access), 200);
  const auto name = new_name();
  const auto refused = one.call(post_json("/auth/register", registration(name).dump()));
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_TRUE(refused.has("Retry-After")) << refused.body;

  database.start();
  ASSERT_TRUE(eventually([&] { return one.call(get("/health")).status == 200; }));
  ASSERT_TRUE(eventually([&] {
    return one.call(post_json("/auth/register", registration(new_name()).dump())).status == 201;
  }));
  EXPECT_EQ(one.call(post("/auth/token/refresh").cookie(held.refresh)).status, 200);
  EXPECT_EQ(one.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

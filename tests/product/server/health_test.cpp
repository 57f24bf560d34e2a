// health_test.cpp — GET /health and GET /internal/health.
#include "tests/product/product.hpp"
#include "tests/support/postgres_server.hpp"

#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

class Health : public Product {};
LATCHKEY_ON_BOTH_ENGINES(Health);

/// A TCP port of 127.0.0.1 that takes connections, and says nothing on them.
class listener {
public:
  listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 16) != 0 ||
        ::getsockname(socket_, generic, &size) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(address.sin_port);
  }
  ~listener() { ::close(socket_); }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  int port() const noexcept { return port_; }

private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

bool is_digits(const json& text) {
  if (!text.is_string()) return false;
  const auto value = text.get<std::string>();
  return !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
}

// "Auth Service API Documentation", Health Check, Response (200 OK); "Flask Service Integration
// Documentation", Health Check. With Redis: redis_test.cpp.
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
  EXPECT_TRUE(is_time(body["timestamp"])) << body["timestamp"];
}

/// The body of /internal/health when the database is there.
json internal_health(const std::string& core_manager) {
  return {{"status", "healthy"},
          {"service", "auth-service"},
          {"version", LATCHKEY_VERSION},
          {"dependencies",
           {{"database", "healthy"}, {"core-manager", core_manager}, {"redis", "disabled"}}}};
}

// "Auth Service Internal API Documentation", Internal Health Check
TEST_P(Health, IsToldToTheInternalSideComponentByComponent) {
  const auto reply = on().call_internal(get("/internal/health"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json_of(reply), internal_health("disabled")) << reply.body;
}

// "Auth Service Internal API Documentation", Internal Health Check
TEST_P(Health, TellsWhetherTheCoreManagerTakesConnections) {
  auto core_manager = std::make_unique<listener>();
  const auto port = std::to_string(core_manager->port());
  const product instance{GetParam(), {{"CORE_MANAGER_URL", "http://127.0.0.1:" + port}}};
  http_reply reply;
  const auto says = [&](const char* word) {
    return json_of(reply = instance.call_internal(get("/internal/health"))) ==
           internal_health(word);
  };
  EXPECT_TRUE(eventually([&] { return says("healthy"); })) << reply.body;
  core_manager.reset();
  // Its absence is not ours. Each reactor's word stands for a moment.
  EXPECT_TRUE(eventually([&] { return says("unhealthy"); })) << reply.body;
  EXPECT_EQ(reply.status, 200);
}

TEST_P(Health, ProbesAreAnsweredOnTheInternalSideAlone) {
  for (const auto* path : {"/internal/live", "/internal/ready"}) {
    const auto reply = on().call_internal(get(path));
    EXPECT_EQ(reply.status, 200) << path;
    EXPECT_EQ(json_of(reply), (json{{"status", "healthy"}})) << path;
    EXPECT_EQ(call(get(path)).status, 404) << path;
  }
}

TEST_P(Health, AnswersHeadWithoutABody) {
  const auto reply = call({"HEAD", "/health", {}, {}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.body.empty());
  EXPECT_GT(std::stoi(reply.header("Content-Length")), 0);
}

/// "Auth Service API Documentation", Health Check, Error Response (503 Service Unavailable)
testing::AssertionResult is_unhealthy(const http_reply& reply) {
  const auto body = json_of(reply);
  if (reply.status != 503 || keys_of(body) != keys{"status", "error", "timestamp"} ||
      body["status"] != "unhealthy" || body["error"] != "Database connection failed" ||
      !is_time(body["timestamp"]))
    return testing::AssertionFailure() << reply.status << " " << reply.body;
  return testing::AssertionSuccess();
}

/// Each reactor's word stands for a moment.
testing::AssertionResult becomes_unhealthy(const product& instance) {
  http_reply reply;
  const auto is_down = [&](const http_reply& answer) { return (reply = answer).status == 503; };
  if (!eventually([&] { return is_down(instance.call(get("/health"))); }))
    return testing::AssertionFailure() << "/health stays well";
  if (auto as_printed = is_unhealthy(reply); !as_printed) return as_printed;
  if (!eventually([&] { return is_down(instance.call_internal(get("/internal/health"))); }))
    return testing::AssertionFailure() << "/internal/health stays well";
  const auto body = json_of(reply);
  if (body["status"] != "unhealthy" || body["dependencies"]["database"] != "unhealthy")
    return testing::AssertionFailure() << reply.body;
  return testing::AssertionSuccess();
}

// "Auth Service API Documentation", Health Check, Error Response (503 Service Unavailable)
TEST(HealthOnSqlite, IsUnhealthyWithoutTheDatabaseAndHealsWithIt) {
  const product instance{"sqlite"};
  EXPECT_EQ(instance.call(get("/health")).status, 200);
  instance.store.query("ALTER TABLE schema_migrations RENAME TO elsewhere");
  EXPECT_TRUE(becomes_unhealthy(instance));
  instance.store.query("ALTER TABLE elsewhere RENAME TO schema_migrations");
  EXPECT_TRUE(eventually([&] { return instance.call(get("/health")).status == 200; }));
  EXPECT_EQ(instance.server->stop(), 0);
}

// "Auth Service API Documentation", Health Check, Error Response (503 Service Unavailable)
TEST(HealthOnPostgres, IsUnhealthyWithoutTheDatabaseAndHealsWithIt) {
  postgres_server database;
  product instance{test_store::on(database.make_database())};
  const auto held = instance.sign_in_new_user();
  EXPECT_EQ(instance.call(get("/health")).status, 200);

  database.stop_immediately();
  ASSERT_TRUE(becomes_unhealthy(instance));
  EXPECT_EQ(instance.call_internal(get("/internal/live")).status, 200);
  EXPECT_EQ(instance.call_internal(get("/internal/ready")).status, 200) << "it has its memory";

  // Who is signed in stays so, and what cannot be written is refused, to be tried again.
  EXPECT_EQ(instance.status_of_me(held.access), 200);
  const auto name = new_name();
  const auto refused = instance.call(post_json("/auth/register", registration(name).dump()));
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_TRUE(refused.has("Retry-After")) << refused.body;

  database.start();
  ASSERT_TRUE(eventually([&] { return instance.call(get("/health")).status == 200; }));
  ASSERT_TRUE(eventually([&] {
    return instance.call(post_json("/auth/register", registration(new_name()).dump())).status ==
           201;
  }));
  EXPECT_EQ(instance.call(post("/auth/token/refresh").cookie(held.refresh)).status, 200);
  EXPECT_EQ(instance.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

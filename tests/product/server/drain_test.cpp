// drain_test.cpp — SIGTERM: what is under way is answered, nothing new is taken, exit 0.
#include "tests/product/product.hpp"

#include <chrono>
#include <stdexcept>

namespace latchkey::test {
namespace {

class Drain : public testing::TestWithParam<std::string> {};
LATCHKEY_ON_BOTH_ENGINES(Drain);

bool refuses_connections(std::uint16_t port) {
  try {
    http_connection peer{port};
    return false;
  } catch (const std::runtime_error&) {
    return true;
  }
}

TEST_P(Drain, AnswersWhatIsUnderWayAndEndsWithZero) {
  product instance{
      GetParam(),
      {{"HASH_WORKERS", "1"}, {"ARGON2_MEMORY_KIB", "32768"}, {"ARGON2_ITERATIONS", "8"}}};
  const auto name = new_name();
  instance.add_user(name);
  const auto port = instance.server->port();
  http_connection idle{port};
  EXPECT_EQ(idle.exchange(get("/health")).status, 200);

  std::vector<http_connection> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(port);
    waiting.back().send(post_json("/auth/token", credentials(name).dump()));
  }
  // All four must have come in; who asks for the metrics is one request more.
  ASSERT_TRUE(eventually([&] {
    return instance.metric("requests_in_flight") - 1 +
               instance.metric(R"(logins_total{outcome="success"})") >=
           4;
  }));
  instance.server->ask_to_stop();
  EXPECT_TRUE(idle.ends());
  EXPECT_TRUE(eventually([&] { return refuses_connections(port); }));
  for (auto& peer : waiting) {
    const auto reply = peer.receive();
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_TRUE(peer.ends());
  }
  EXPECT_EQ(instance.server->wait(), 0);
  EXPECT_NE(instance.server->log().find("stopped"), std::string::npos);

  // Every answer was true.
  instance.settings["ARGON2_MEMORY_KIB"] = "1024";
  instance.start();
  EXPECT_EQ(instance.store.count("SELECT count(*) FROM sessions"), 4);
  EXPECT_EQ(instance.server->stop(), 0);
}

// -- DRAIN_DELAY ---------------------------------------------------------------------------------

/// "Auth Service API Documentation", Health Check, Error Response (503 Service Unavailable)
testing::AssertionResult says_that_it_stops(const http_reply& reply) {
  const auto body = json_of(reply);
  if (reply.status != 503 || keys_of(body) != keys{"status", "error", "timestamp"} ||
      body["status"] != "unhealthy" || body["error"] != "The server is stopping" ||
      !is_time(body["timestamp"]))
    return testing::AssertionFailure() << reply.status << " " << reply.body;
  return testing::AssertionSuccess();
}

class DrainDelay : public testing::Test {
protected:
  explicit DrainDelay(const char* delay = "3s") : one_("sqlite", {{"DRAIN_DELAY", delay}}) {}
  bool is_unready() const { return one_.call_internal(get("/internal/ready")).status == 503; }
  product one_;
};

TEST_F(DrainDelay, LetsLoadBalancersSendRequestsElsewhereWhileAllAreServed) {
  const auto user = one_.sign_in_new_user();
  EXPECT_EQ(one_.call(get("/health")).status, 200);
  EXPECT_EQ(one_.call_internal(get("/internal/ready")).status, 200);
  const auto begun = std::chrono::steady_clock::now();
  one_.server->ask_to_stop();
  ASSERT_TRUE(eventually([&] { return is_unready(); }));
  ASSERT_TRUE(eventually([&] { return one_.call(get("/health")).status == 503; }));
  EXPECT_TRUE(says_that_it_stops(one_.call(get("/health"))));
  const auto internal = one_.call_internal(get("/internal/health"));
  EXPECT_EQ(internal.status, 503);
  EXPECT_EQ(json_of(internal)["error"], "The server is stopping");
  EXPECT_EQ(json_of(internal)["dependencies"]["database"], "healthy");
  EXPECT_EQ(one_.call_internal(get("/internal/live")).status, 200) << "it need not be killed";
  EXPECT_EQ(one_.status_of_me(user.access), 200);
  EXPECT_EQ(one_.sign_in_new_user().access.empty(), false);
  EXPECT_EQ(one_.server->wait(), 0);
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, std::chrono::seconds{3});
  EXPECT_LT(took, std::chrono::seconds{10});
}

class LongDrainDelay : public DrainDelay {
protected:
  LongDrainDelay() : DrainDelay("5m") {}
};

TEST_F(LongDrainDelay, IsCutShortByASecondSignal) {
  one_.server->ask_to_stop();
  ASSERT_TRUE(eventually([&] { return is_unready(); }));
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST(Port, ThatAnotherServerHasStopsTheStart) {
  product first{"sqlite"};
  const test_store second{"sqlite"};
  const auto taken = [&](const char* name, std::uint16_t port) {
    const auto number = std::to_string(port);
    const auto result = run_latchkey({"serve"}, second.settings({{name, number}}), second.folder());
    EXPECT_EQ(result.exit_code, 1) << result.out;
    EXPECT_EQ(result.out.find("ready"), std::string::npos) << result.out;
    EXPECT_NE(result.err.find("cannot listen on 127.0.0.1:" + number), std::string::npos)
        << result.err;
  };
  taken("HTTP_PORT", first.server->port());
  taken("INTERNAL_PORT", first.server->internal_port());
  EXPECT_EQ(first.call(get("/health")).status, 200);
  EXPECT_EQ(first.server->stop(), 0);
}

} // namespace
} // namespace latchkey::test

// drain_test.cpp — SIGTERM: what is under way is answered, nothing new is taken, exit 0.
#include "tests/product/product.hpp"

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

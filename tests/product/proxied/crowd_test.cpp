// crowd_test.cpp — how many calls of one user and of many go to an upstream at a time, and
// that nobody shuts others out of it. SQLite alone; the bounds are the settings' defaults.
#include "tests/product/core_manager.hpp"

#include <algorithm>
#include <atomic>
#include <poll.h>

namespace latchkey::test {
namespace {

class GatewayCrowd : public testing::Test {
protected:
  static environment with(const core_manager& upstream) {
    const json routes{{"routes", json::array({{{"methods", {"POST"}},
                                               {"path", brief},
                                               {"upstream", "core-manager"},
                                               {"signed_in", true},
                                               {"deadline_ms", 1000}}})}};
    return {{"CORE_MANAGER_URL", upstream.url()},
            {"PROXY_ROUTES", routes.dump()},
            {"RATE_LIMIT_DEFAULT", "0"}};
  }
  http_reply call(const http_call& asked) const { return product_.call(asked); }
  /// So many calls of the user that are not answered.
  std::vector<http_connection> hanging(const std::string& user, std::size_t count) const {
    std::vector<http_connection> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.emplace_back(product_.server->port());
      all.back().send(get(instances + "/hangs").as(user));
    }
    return all;
  }
  /// Sends a body byte by byte until there is an answer; its status.
  int trickle(const std::string& user) const {
    http_connection connection(product_.server->port());
    connection.send_raw("POST " + brief +
                        " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Transfer-Encoding: chunked\r\nAuthorization: Bearer " +
                        user + "\r\n\r\n");
    pollfd look{connection.socket(), POLLIN, 0};
    while (::poll(&look, 1, static_cast<int>(poll_pause.count())) == 0)
      connection.send_raw("1\r\nx\r\n");
    return connection.receive().status;
  }

  static constexpr std::size_t calls_of_a_user_max = 32;
  static inline const std::string instances = "/api/v1/personas/instances";
  static inline const std::string brief = "/api/v1/brief"; // its upstream has a second to answer

  core_manager upstream_{testing::TempDir()};
  product product_{"sqlite", with(upstream_)};
};

TEST_F(GatewayCrowd, OfOneUserIsBoundedAndOthersGoOn) {
  const auto user = product_.sign_in_new_user().access;
  const auto another = product_.sign_in_new_user().access;
  upstream_.behave({{"silent", true}, {"match", instances + "/hangs"}});
  auto under_way = hanging(user, calls_of_a_user_max);
  ASSERT_TRUE(eventually([&] { return upstream_.seen().size() == calls_of_a_user_max; }));
  const auto refused = call(get(instances).as(user));
  EXPECT_TRUE(is_error(refused, 429, "RATE_LIMITED"));
  EXPECT_TRUE(refused.has("Retry-After"));
  EXPECT_EQ(call(get(instances).as(another)).status, 200);
  under_way.pop_back(); // whoever goes gives the place back
  EXPECT_TRUE(eventually([&] { return call(get(instances).as(user)).status == 200; }));
}

TEST_F(GatewayCrowd, OfBodiesThatTrickleShutsNobodyElseOut) {
  constexpr std::size_t tricklers = 80;
  const auto user = product_.sign_in_new_user().access;
  const auto another = product_.sign_in_new_user().access;
  std::atomic<std::size_t> timed_out = 0, refused = 0, under_way = tricklers;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tricklers; ++i)
    threads.emplace_back([&] {
      try {
        const auto status = trickle(user);
        timed_out += status == 408;
        refused += status == 429;
      } catch (const std::runtime_error&) {
        // Its connection was closed while it was sending.
      }
      --under_way;
    });
  while (under_way > 0) {
    const auto reply = call(get(instances).as(another));
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::this_thread::sleep_for(poll_pause); // the machine is the tricklers' meanwhile
  }
  for (auto& thread : threads)
    thread.join();
  // Each was at the upstream for longer than that has to answer.
  EXPECT_GE(timed_out, calls_of_a_user_max / 2);
  EXPECT_GE(refused, 1u);
  EXPECT_EQ(call(get(instances).as(another)).status, 200);
  EXPECT_EQ(product_.metric(R"(upstream_breaker_openings_total{upstream="core-manager"})"), 0);
}

TEST_F(GatewayCrowd, OfThousandsOfSlowCallsLetsOthersSignInMeanwhile) {
  constexpr std::size_t users = 63;
  raise_descriptor_limit();
  upstream_.behave({{"silent", true}, {"match", instances + "/hangs"}});
  std::vector<std::vector<http_connection>> waiting;
  std::string user;
  for (std::size_t i = 0; i < users; ++i) {
    user = product_.sign_in_new_user().access;
    waiting.push_back(hanging(user, calls_of_a_user_max));
  }
  const auto waiting_there = R"(upstream_requests_waiting{upstream="core-manager"})";
  EXPECT_TRUE(eventually([&] { return product_.metric(waiting_there) >= 500; }));
  const auto name = new_name();
  product_.add_user(name);
  EXPECT_FALSE(product_.sign_in(name).access.empty());
  EXPECT_EQ(product_.status_of_me(user), 200);
  EXPECT_GT(product_.metric(waiting_there), 0) << "all of it was answered while they waited";
}

} // namespace
} // namespace latchkey::test

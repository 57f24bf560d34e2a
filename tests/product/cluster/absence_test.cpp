// What clients notice when a node, or the database, is gone: next to nothing.
#include "tests/product/cluster/few_servers.hpp"
#include "tests/support/postgres_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

/// Asks one node without a pause and without trying again.
class impatient_client {
public:
  impatient_client(const product& at, tokens held) : at_(at), held_(std::move(held)) {
    thread_ = std::thread([this] { live(); });
  }
  ~impatient_client() { stop(); }
  impatient_client(const impatient_client&) = delete;
  impatient_client& operator=(const impatient_client&) = delete;

  void stop() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t asked() const { return asked_; } // so far
  /// Answers that say to try again.
  std::size_t put_off() const { return put_off_; }
  /// All others that are no success.
  const std::vector<std::string>& wrong() const { return wrong_; }

private:
  void live() {
    for (std::size_t i = 0; !is_over_; ++i)
      take(i % 8 == 0 ? post("/auth/token/refresh").cookie(held_.refresh)
                      : get("/auth/me").as(held_.access));
  }
  void take(const http_call& call) {
    ++asked_;
    const auto reply = exchange(at_.server->port(), call);
    if (reply.status == 503 && !reply.header("Retry-After").empty()) {
      ++put_off_;
    } else if (reply.status != 200) {
      wrong_.push_back(call.target + ": " + std::to_string(reply.status) + " " + reply.body);
    } else if (call.method == "POST") {
      held_ = tokens_of(reply);
    }
  }

  const product& at_;
  tokens held_;
  std::atomic<bool> is_over_{false};
  std::atomic<std::size_t> asked_{0};
  std::size_t put_off_ = 0;
  std::vector<std::string> wrong_;
  std::thread thread_;
};

TEST(ClusterAbsence, ANodeThatDiedIsHardlyMissed) {
  few_servers nodes{3};
  const auto user = nodes[0].sign_in_new_user();
  std::vector<std::unique_ptr<impatient_client>> others;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& at = nodes[1 + i % 2];
    others.push_back(std::make_unique<impatient_client>(at, at.sign_in_new_user()));
  }
  const auto each_has_asked = [&others](std::size_t count) {
    return std::ranges::all_of(others, [count](const auto& one) { return one->asked() >= count; });
  };
  ASSERT_TRUE(eventually([&] { return each_has_asked(500); }));
  nodes[0].server->kill();
  const auto died = clock_type::now();
  const auto next = tokens_of(nodes[1].call(post("/auth/token/refresh").cookie(user.refresh)));
  EXPECT_EQ(nodes[2].status_of_me(next.access), 200);
  EXPECT_EQ(nodes[1].call(post("/auth/logout").as(next.access)).status, 200);
  const auto took = clock_type::now() - died;
  EXPECT_LT(took, 3s) << "its users are the others' now";
  ASSERT_TRUE(eventually([&] { // it is missed, removed and forgotten
    return nodes[1].metric("cluster_members") == 2 && nodes[2].metric("cluster_members") == 2;
  }));
  const auto since = others.front()->asked();
  ASSERT_TRUE(eventually([&] { return each_has_asked(since + 2500); }));
  std::size_t asked = 0;
  std::size_t put_off = 0;
  for (auto& each : others) {
    each->stop();
    asked += each->asked();
    put_off += each->put_off();
    for (const auto& wrong : each->wrong())
      ADD_FAILURE() << wrong;
  }
  std::cout << "its user was served after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms; "
            << put_off << " of " << asked << " requests of others were to be tried again\n";
  EXPECT_GT(asked, 2000u);
  EXPECT_LE(put_off * 1000, asked) << "at most one in a thousand";
}

/// Asks some node, and once more the next one when that gives no answer or puts it off.
class client_that_tries_twice {
public:
  using port_list = std::array<std::atomic<std::uint16_t>, 3>;

  client_that_tries_twice(const port_list& ports, std::size_t first, tokens held)
      : ports_(ports), next_(first), held_(std::move(held)) {
    thread_ = std::thread([this] {
      while (!is_over_)
        live();
    });
  }
  ~client_that_tries_twice() { stop(); }
  client_that_tries_twice(const client_that_tries_twice&) = delete;
  client_that_tries_twice& operator=(const client_that_tries_twice&) = delete;

  void stop() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::size_t asked() const { return asked_; } // so far
  std::size_t tried_again() const { return tried_again_; }
  const std::vector<std::string>& failed() const { return failed_; }

private:
  void live() {
    const bool refreshes = ++asked_ % 8 == 0;
    const auto call = refreshes ? post("/auth/token/refresh").cookie(held_.refresh)
                                : get("/auth/me").as(held_.access);
    auto reply = try_once(call);
    if (reply.status != 200) {
      ++tried_again_;
      reply = try_once(call);
    }
    if (reply.status != 200)
      failed_.push_back(call.target + ": " + std::to_string(reply.status) + " " + reply.body);
    else if (refreshes)
      held_ = tokens_of(reply);
  }
  http_reply try_once(const http_call& call) {
    try {
      return exchange(ports_[++next_ % ports_.size()].load(), call);
    } catch (const std::runtime_error&) {
      return {};
    }
  }

  const port_list& ports_;
  std::size_t next_;
  tokens held_;
  std::atomic<bool> is_over_{false};
  std::atomic<std::size_t> asked_{0};
  std::size_t tried_again_ = 0;
  std::vector<std::string> failed_;
  std::thread thread_;
};

TEST(ClusterAbsence, NodesThatRestartInTurnFailNobodyWhoTriesOnceMore) {
  few_servers nodes{3};
  client_that_tries_twice::port_list ports{};
  for (std::size_t i = 0; i < 3; ++i)
    ports[i] = nodes[i].server->port();
  std::vector<std::unique_ptr<client_that_tries_twice>> clients;
  for (std::size_t i = 0; i < 3; ++i)
    clients.push_back(
        std::make_unique<client_that_tries_twice>(ports, i, nodes[i].sign_in_new_user()));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto stopped = clock_type::now();
    EXPECT_EQ(nodes[i].server->stop(), 0) << nodes[i].server->log();
    EXPECT_LT(clock_type::now() - stopped, 10s);
    nodes[i].start();
    ports[i] = nodes[i].server->port();
    // All of them go on before the next one restarts.
    for (const auto& each : clients) {
      const auto before = each->asked();
      ASSERT_TRUE(eventually([&] { return each->asked() >= before + 100; }));
    }
  }
  std::size_t asked = 0;
  std::size_t tried_again = 0;
  for (auto& each : clients) {
    each->stop();
    asked += each->asked();
    tried_again += each->tried_again();
    for (const auto& failure : each->failed())
      ADD_FAILURE() << failure;
  }
  std::cout << tried_again << " of " << asked << " requests were tried again\n";
  EXPECT_GT(tried_again, 0u) << "a node was away";
  EXPECT_GT(asked, 1000u);
}

/// Half a minute by LATCHKEY_CHAOS=10 and more.
std::chrono::seconds away_for() {
  const char* times = std::getenv("LATCHKEY_CHAOS");
  return std::chrono::seconds{
      std::min(30, 3 * (times != nullptr ? std::max(1, std::atoi(times)) : 1))};
}

TEST(ClusterAbsence, TheDatabaseIsNotNeededToValidate) {
  postgres_server database;
  few_servers nodes{3, {}, database.make_database()};
  const auto user = nodes[0].sign_in_new_user();
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(nodes[i].status_of_me(user.access), 200);
  database.stop_immediately();
  const auto back_at = clock_type::now() + away_for();
  std::size_t asked = 0;
  while (clock_type::now() < back_at) {
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(nodes[i].status_of_me(user.access), 200) << "at node " << i;
    ++asked;
  }
  EXPECT_EQ(nodes[0].call(post("/auth/logout").as(user.access)).status, 503)
      << "nothing can be made durable";
  database.start();
  std::cout << "validated " << asked << " times at each node in " << away_for().count()
            << " s without the database\n";
  EXPECT_TRUE(eventually([&] {
    return nodes[1].call(post_json("/auth/register", registration(new_name()).dump())).status ==
           201;
  }));
}

} // namespace
} // namespace latchkey::test

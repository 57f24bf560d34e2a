// durability_test.cpp — what was acked survives `kill -9`, and nothing is there twice.
// LATCHKEY_CHAOS=N kills N times as often.
#include "tests/product/product.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

namespace latchkey::test {
namespace {

int rounds() {
  const char* times = std::getenv("LATCHKEY_CHAOS");
  return 20 * (times != nullptr ? std::max(1, std::atoi(times)) : 1);
}
constexpr int registering = 3; // threads
constexpr int refreshing = 3;

/// One client's view of a round: what it was promised before the server died.
struct promised {
  std::vector<std::string> users;     // registrations that were acked
  std::vector<std::string> attempts;  // acked or not
  std::vector<std::string> refreshes; // refresh tokens, oldest first; the first is a sign-in's
};

/// Counts acks of all clients and lets one thread wait for some number of them.
class ack_count {
public:
  void add() {
    ++count_;
    count_.notify_all();
  }
  /// A client has stopped; nobody waits for acks that do not come any more.
  void end(bool by_wrong_answer) {
    if (by_wrong_answer) wrong_ = true;
    ended_ = true;
    add();
  }
  void wait_for(int number) const {
    for (int seen = count_; seen < number && !ended_; seen = count_)
      count_.wait(seen);
  }
  bool had_wrong_answer() const { return wrong_; }

private:
  std::atomic<int> count_{0};
  std::atomic<bool> ended_{false};
  std::atomic<bool> wrong_{false};
};

/// Until the connection breaks or an answer is not the one that was due.
void keep_registering(std::uint16_t port, promised& own, ack_count& acks) {
  try {
    http_connection peer{port};
    for (;;) {
      const auto name = new_name();
      own.attempts.push_back(name);
      const auto reply = peer.exchange(post_json("/auth/register", registration(name).dump()));
      if (reply.status != 201) return acks.end(/*by_wrong_answer*/ true);
      own.users.push_back(name);
      acks.add();
    }
  } catch (const std::runtime_error&) { // the server was killed
    acks.end(/*by_wrong_answer*/ false);
  }
}

void keep_refreshing(std::uint16_t port, promised& own, ack_count& acks) {
  try {
    http_connection peer{port};
    for (;;) {
      const auto reply = peer.exchange(post("/auth/token/refresh").cookie(own.refreshes.back()));
      if (reply.status != 200) return acks.end(/*by_wrong_answer*/ true);
      own.refreshes.push_back(tokens_of(reply).refresh);
      acks.add();
    }
  } catch (const std::runtime_error&) { // the server was killed
    acks.end(/*by_wrong_answer*/ false);
  }
}

class Durability : public testing::TestWithParam<std::string> {
protected:
  // A restart on a busy machine may take longer than the usual grace.
  product one_{GetParam(), {{"REFRESH_GRACE", "300"}}};
  std::mt19937 random_{7};
  std::set<std::string> acked_;
  std::set<std::string> attempted_;

  /// Load until some acks were heard, then SIGKILL in the middle of it.
  std::vector<promised> run_and_kill() {
    std::vector<promised> all(registering + refreshing);
    for (std::size_t i = registering; i < all.size(); ++i)
      all[i].refreshes.push_back(one_.sign_in_new_user().refresh);
    ack_count acks;
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < all.size(); ++i)
      clients.emplace_back(i < registering ? keep_registering : keep_refreshing,
                           one_.server->port(), std::ref(all[i]), std::ref(acks));
    acks.wait_for(20 + static_cast<int>(random_() % 80));
    one_.server->kill();
    for (auto& client : clients)
      client.join();
    EXPECT_FALSE(acks.had_wrong_answer());
    return all;
  }

  void expect_users(const promised& own) {
    for (const auto& name : own.users) {
      const auto again = one_.call(post_json("/auth/register", registration(name).dump()));
      EXPECT_TRUE(is_error(again, 409, "USER002")) << name;
      EXPECT_FALSE(one_.sign_in(name).access.empty());
    }
    acked_.insert(own.users.begin(), own.users.end());
    attempted_.insert(own.attempts.begin(), own.attempts.end());
  }

  /// The newest token that was acked is the current or, when one more rotation was made
  /// durable and not told, the previous one: either gives its one successor. Had an acked
  /// rotation been lost, the newest token would be one the server has never heard of.
  void expect_line(const promised& own) {
    const auto& acked = own.refreshes;
    const auto counter = counter_of(acked.back());
    EXPECT_EQ(counter, static_cast<long>(acked.size()));
    const auto next = tokens_of(one_.call(post("/auth/token/refresh").cookie(acked.back())));
    EXPECT_EQ(counter_of(next.refresh), counter + 1);
    EXPECT_EQ(one_.status_of_me(next.access), 200);
    const auto session = acked.back().substr(0, 36);
    EXPECT_EQ(one_.store.count("SELECT counter FROM sessions WHERE id = '" + session + "'"),
              counter + 1);
    if (acked.size() < 2) return;
    const auto& older = acked[acked.size() - 2];
    EXPECT_TRUE(is_error(one_.call(post("/auth/token/refresh").cookie(older)), 401, "AUTH003"));
    EXPECT_EQ(one_.status_of_me(next.access), 401);
  }
};
LATCHKEY_ON_BOTH_ENGINES(Durability);

TEST_P(Durability, KeepsEveryAckedWriteOnceHoweverOftenItIsKilled) {
  std::size_t refreshes = 0;
  for (int round = 0; round < rounds() && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const auto all = run_and_kill();
    one_.start();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i < registering)
        expect_users(all[i]);
      else
        expect_line(all[i]);
      if (i >= registering) refreshes += all[i].refreshes.size() - 1;
    }
  }
  EXPECT_GT(acked_.size(), 50u);
  EXPECT_GT(refreshes, 50u);
  EXPECT_EQ(one_.server->stop(), 0);

  std::multiset<std::string> stored;
  for (const auto& row : one_.store.query("SELECT username FROM users"))
    stored.insert(row.front());
  for (const auto& name : acked_)
    EXPECT_EQ(stored.count(name), 1u) << name;
  for (const auto& name : attempted_)
    EXPECT_LE(stored.count(name), 1u) << name;
  const auto users = one_.store.count("SELECT count(*) FROM users");
  // Beside them: the administrator and who refreshed.
  EXPECT_LE(users, static_cast<long>(attempted_.size()) + 1 + rounds() * refreshing);
  EXPECT_EQ(one_.store.count("SELECT count(DISTINCT number) FROM users"), users);
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM login_names"), 2 * users);
  EXPECT_EQ(one_.store.count("SELECT count(*) FROM login_names WHERE user_id NOT IN "
                             "(SELECT id FROM users)"),
            0);
}

} // namespace
} // namespace latchkey::test

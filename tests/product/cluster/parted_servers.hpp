// parted_servers.hpp — nodes of a cluster, each in a network of its own, and somebody who asks all
// of them all the time.
#pragma once

#include "tests/product/cluster/few_servers.hpp"
#include "tests/product/cluster/networks.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/support/postgres_server.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

inline constexpr std::size_t parted_count = 3;

inline long in_ms(std::chrono::steady_clock::duration took) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
}

/// Three nodes, each in a network of its own.
class parted_servers {
public:
  parted_servers() {
    for (std::size_t i = 0; i < parted_count; ++i) {
      const inside there{net.of(i)};
      nodes_.push_back(
          std::make_unique<product>(test_store::on(url_), settings_of(net.address_of(i))));
    }
  }

  /// What `use` makes of a node, from that node's own network.
  template <class Use>
  auto at(std::size_t i, Use use) {
    const inside there{net.of(i)};
    return use(*nodes_.at(i));
  }
  http_reply call(std::size_t i, const http_call& asked) {
    return at(i, [&](product& node) { return node.call(asked); });
  }
  std::vector<int> statuses_of(const http_call& asked) {
    std::vector<int> out;
    for (std::size_t i = 0; i < parted_count; ++i)
      out.push_back(call(i, asked).status);
    return out;
  }
  /// Whether it answers from memory.
  bool believes_its_memory(std::size_t i) {
    return at(i, [](product& node) { return node.metric("memory_trusted"); }) == 1;
  }
  bool all_believe_their_memory() {
    for (std::size_t i = 0; i < parted_count; ++i)
      if (!believes_its_memory(i)) return false;
    return true;
  }
  server_process& process(std::size_t i) { return *nodes_.at(i)->server; }
  const test_store& store() const { return nodes_.front()->store; }

  networks net{parted_count};

private:
  static environment settings_of(const std::string& address) {
    return {{"CLUSTER_BIND", address + ":0"},
            {"CLUSTER_SECRET", cluster_secret},
            {"ISSUER", "https://auth.example.com"},
            {"WORKERS", "1"},
            {"SERVICE_KEYS", service_keys},
            {"REFRESH_GRACE", "300"},
            {"TIERS", "free:api_keys=unlimited"},
            {"LOGIN_FAILURE_LIMIT", "0"}, // old passwords are tried again and again
            {"LOGIN_FAILURES_IN_A_ROW", "0"}};
  }

  postgres_server postgres_;
  std::string url_ = postgres_.make_database();
  std::vector<std::unique_ptr<product>> nodes_;
};

/// Asks all nodes the same again and again, each on a thread, and keeps what they answer.
class parted_watch {
public:
  parted_watch(parted_servers& nodes, const http_call& asked) {
    for (std::size_t i = 0; i < parted_count; ++i)
      threads_.emplace_back([&nodes, asked, i, this] {
        while (!is_over_) {
          const auto begun = std::chrono::steady_clock::now();
          seen_[i].push_back({begun, status_of(nodes, i, asked)});
          ++answers_[i];
          std::this_thread::sleep_for(std::chrono::milliseconds{2});
        }
      });
  }
  ~parted_watch() { stop(); }
  parted_watch(const parted_watch&) = delete;
  parted_watch& operator=(const parted_watch&) = delete;

  /// Waits for so many more answers of each node.
  void await_answers(long more) const {
    for (const auto& each : answers_) {
      const auto wanted = each + more;
      EXPECT_TRUE(eventually([&] { return each >= wanted; }));
    }
  }
  void stop() {
    is_over_ = true;
    for (auto& each : threads_)
      each.join();
    threads_.clear();
  }
  /// Of each question that was sent at `then` or later. Call after `stop`.
  void expect_since(std::chrono::steady_clock::time_point then, int status) const {
    for (std::size_t i = 0; i < parted_count; ++i) {
      long count = 0;
      for (const auto& each : seen_[i]) {
        if (each.asked_at < then) continue;
        ++count;
        ASSERT_EQ(each.status, status) << "node " << i << ", asked " << in_ms(each.asked_at - then)
                                       << " ms after the change was answered";
      }
      EXPECT_GE(count, 20) << "node " << i << " was hardly asked";
    }
  }

private:
  struct answer {
    std::chrono::steady_clock::time_point asked_at;
    int status; // 0: there was none
  };
  static int status_of(parted_servers& nodes, std::size_t i, const http_call& asked) {
    try {
      return nodes.call(i, asked).status;
    } catch (const std::runtime_error&) {
      return 0;
    }
  }

  std::atomic<bool> is_over_{false};
  std::array<std::vector<answer>, parted_count> seen_;
  std::array<std::atomic<long>, parted_count> answers_{};
  std::vector<std::thread> threads_;
};

} // namespace latchkey::test

// A cluster under load while its nodes and its database fail: what was acked is there, once. Each
// test prints its seed; LATCHKEY_CHAOS=N repeats each fault N times as often.
#include "tests/product/cluster/workflow_load.hpp"
#include "tests/product/core_manager.hpp"
#include "tests/product/integration/integration.hpp"
#include "tests/support/postgres_server.hpp"

#include <cstdlib>
#include <iostream>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

class ClusterChaos : public testing::Test {
protected:
  static constexpr std::size_t nodes_count = std::tuple_size_v<steady_load::port_list>;

  ClusterChaos() {
    std::cout << "seed " << seed_ << "\n";
    for (std::size_t i = 0; i < nodes_count; ++i)
      ports_[i] = nodes_[i].server->port();
    upstream_.behave({{"statuses", workflow_load::statuses}, {"interval_ms", 40}});
  }

  static std::uint64_t any_seed() {
    const char* given = std::getenv("LATCHKEY_CHAOS_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }
  /// How often a fault comes.
  static int rounds(int usual) {
    const char* times = std::getenv("LATCHKEY_CHAOS");
    return usual * (times != nullptr ? std::max(1, std::atoi(times)) : 1);
  }
  std::size_t any_node() { return chance_() % nodes_count; }
  void kill_and_restart(std::size_t i) {
    ports_[i] = 0;
    nodes_[i].server->kill();
    load_.await_acks(20); // the others serve
    nodes_[i].start();
    ports_[i] = nodes_[i].server->port();
  }
  /// One that was removed has ended by itself.
  void restart_if_ended(std::size_t i) {
    if (nodes_[i].server->is_running()) return;
    ports_[i] = 0;
    nodes_[i].start();
    ports_[i] = nodes_[i].server->port();
  }
  void begin() {
    load_.begin();
    flows_.begin();
  }
  void end_and_check() {
    load_.stop();
    flows_.stop();
    std::vector<std::uint16_t> all;
    for (std::size_t i = 0; i < nodes_count; ++i) {
      restart_if_ended(i);
      all.push_back(ports_[i]);
    }
    load_.check(nodes_[0].store, all);
    flows_.check(nodes_[0].store);
    EXPECT_EQ(upstream_.workflows_started(),
              nodes_[0].store.count("SELECT count(*) FROM workflows"));
    std::cout << load_.acks() << " acks, " << flows_.finished() << " workflows\n";
  }

  std::uint64_t seed_ = any_seed();
  std::mt19937_64 chance_{seed_};
  postgres_server postgres_;
  core_manager upstream_{testing::TempDir()};
  few_servers nodes_{nodes_count,
                     {{"REFRESH_GRACE", "300"},
                      {"TIERS", "free:api_keys=unlimited,workflows=unlimited"},
                      {"CORE_MANAGER_URL", upstream_.url()},
                      {"SERVICE_KEYS", service_keys}},
                     postgres_.make_database()};
  steady_load::port_list ports_{};
  steady_load load_{ports_, seed_};
  workflow_load flows_{ports_, seed_};
};

TEST_F(ClusterChaos, ANodeThatIsKilledLosesNothing) {
  begin();
  for (int round = 0; round < rounds(3); ++round) {
    load_.await_acks(100);
    kill_and_restart(any_node());
  }
  end_and_check();
}

TEST_F(ClusterChaos, ADatabaseThatCrashesLosesNothing) {
  begin();
  for (int round = 0; round < rounds(2); ++round) {
    load_.await_acks(100);
    postgres_.stop_immediately();
    std::this_thread::sleep_for(std::chrono::milliseconds{chance_() % 1500});
    postgres_.start();
  }
  load_.await_acks(100);
  end_and_check();
}

TEST_F(ClusterChaos, ADatabaseThatIsFrozenLosesNothing) {
  begin();
  for (int round = 0; round < rounds(1); ++round) {
    load_.await_acks(100);
    postgres_.freeze();
    std::this_thread::sleep_for(10s);
    postgres_.thaw();
  }
  load_.await_acks(100);
  end_and_check();
}

TEST_F(ClusterChaos, ANodeThatIsFrozenLosesNothing) {
  begin();
  for (int round = 0; round < rounds(3); ++round) {
    const auto i = any_node();
    load_.await_acks(50);
    nodes_[i].server->freeze();
    std::this_thread::sleep_for(std::chrono::milliseconds{200 + chance_() % 4000});
    nodes_[i].server->thaw();
    load_.await_acks(50);
    restart_if_ended(i);
  }
  end_and_check();
}

TEST_F(ClusterChaos, NodesThatRestartInTurnLoseNothing) {
  begin();
  for (int round = 0; round < rounds(1); ++round)
    for (std::size_t i = 0; i < nodes_count; ++i) {
      load_.await_acks(50);
      ports_[i] = 0;
      EXPECT_EQ(nodes_[i].server->stop(), 0) << nodes_[i].server->log();
      nodes_[i].start();
      ports_[i] = nodes_[i].server->port();
    }
  end_and_check();
}

} // namespace
} // namespace latchkey::test

// nodes_under_load.hpp — three nodes that clients use without a pause, in every way that there is:
// registrations, sign-ins, refreshes, validations, keys, sessions of other services, workflows on
// live sockets. Whatever happens to the nodes meanwhile, what was acked is held against the
// database in the end.
#pragma once

#include "tests/product/cluster/workflow_load.hpp"
#include "tests/product/core_manager.hpp"

#include <cstdint>
#include <random>
#include <string>

namespace latchkey::test {

class nodes_under_load {
public:
  static constexpr std::size_t count = std::tuple_size_v<steady_load::port_list>;

  /// LATCHKEY_CHAOS_SEED, or any.
  static std::uint64_t any_seed();

  /// Prints the seed.
  explicit nodes_under_load(std::string database_url, const environment& more = {});

  /// How often a fault comes: `usual`, times LATCHKEY_CHAOS.
  static int times(int usual);
  std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }

  product& operator[](std::size_t i) { return nodes_[i]; }
  /// The clients begin.
  void begin();
  void await_acks(std::uint64_t more) const { load_.await_acks(more); }
  /// The clients leave it alone until `start`.
  void leave_alone(std::size_t i) { ports_[i] = 0; }
  void start(std::size_t i);
  /// One that the others have removed has ended by itself, and said so.
  void start_if_removed(std::size_t i);

  /// Ends the clients, and finds what was acked: lost 0, doubled 0, nobody logged out.
  void end_and_check();

private:
  environment settings_with(environment more) const;

  std::uint64_t seed_;
  std::mt19937_64 chance_{seed_};
  core_manager upstream_{testing::TempDir()};
  few_servers nodes_;
  test_store reader_;
  steady_load::port_list ports_{};
  steady_load load_{ports_, seed_};
  workflow_load flows_{ports_, seed_};
};

} // namespace latchkey::test

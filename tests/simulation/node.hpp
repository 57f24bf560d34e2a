// node.hpp — one node of a simulated cluster, from start to death: the product's actors on a clock,
// a network and a store that the world plays.
#pragma once

#include "actors/cluster/cluster.hpp"
#include "tests/simulation/world.hpp"
#include "tests/support/actor_fixture.hpp"

#include <memory>
#include <string>

namespace latchkey::test::simulation {

class node {
public:
  /// Starts at that place, on the data of `home`. Its clock is off by so many millionths.
  node(world& of, place at, faulty_store& home, int drift);
  /// Its process is gone, in the middle of whatever it did.
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  actor_fixture& on() const noexcept { return *on_; }
  place at() const noexcept { return at_; }
  time_point clock_now() const { return on_->clock.steady(); }
  const member_id& id() const noexcept { return id_; }
  /// Whether it accepts requests.
  bool is_open() const noexcept { return is_open_; }
  /// Whether its process must end: it was removed.
  bool is_fenced() const noexcept { return is_fenced_; }

  /// Until then nothing of it runs. Then it goes on as if no time had passed, but for its clock.
  void freeze_until(microseconds when) { frozen_until_ = when; }
  /// Until then what it asks of the store takes up to seconds.
  void slow_store_until(microseconds when) { slow_until_ = when; }
  /// Whether it has written what the store has not told it of yet.
  bool is_in_doubt() const { return commits_due_.needs_store && commits_due_.due > 0; }
  bool is_frozen() const { return world_.now() < frozen_until_; }

  /// When something is due of itself.
  microseconds next_timer() const;
  /// Runs what has come and what is due by now.
  void run();

private:
  /// Moves its clock to the world's time, and runs what has come and what is due by then.
  void catch_up();
  /// How many of a gate's messages will be released, and what they wait for.
  struct schedule {
    std::size_t due = 0;
    bool needs_store = false; // an answer that waits while there is no way from the store
  };
  /// Lets what is held there go on, each after a moment.
  template <class Gate>
  void take_time(Gate& gate, schedule& plan, microseconds most);
  template <class Gate>
  void release_later(Gate& gate, schedule& plan, microseconds when);
  /// Where the store's work waits: before it is done, or before its answer is told.
  template <class Gate>
  void hold(Gate& gate, schedule& plan);

  world& world_;
  place at_;
  int drift_;
  microseconds born_;
  microseconds ran_to_;
  microseconds own_time_{0}; // that has passed by its own clock
  microseconds frozen_until_{0};
  microseconds slow_until_{0};
  std::unique_ptr<actor_fixture> on_;
  member_id id_;
  cluster_actor member_;
  asked<messages::done> opening_;
  std::shared_ptr<const bool> is_alive_ = std::make_shared<const bool>(true);
  schedule commits_due_;
  schedule reads_due_;
  schedule hashes_due_;
  bool is_open_ = false;
  bool is_fenced_ = false;
};

} // namespace latchkey::test::simulation

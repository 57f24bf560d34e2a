// few_nodes.hpp — nodes of a cluster in one process: each has its own actor system, clock and
// memory; they share a store, a table of members and a network that a test cuts.
#pragma once

#include "actors/cluster/cluster.hpp"
#include "tests/support/actor_fixture.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

/// What the nodes have in common.
struct few_nodes_world {
  struct row {
    storage::member_row is;
    time_point beaten_at{};
    time_point gapless_since{};
  };
  struct delivery {
    member_id from;
    member_id to;
    std::string frame;
  };
  std::map<member_id, row> rows;
  std::set<member_id> without_store;
  member_id joins;                                  // nil: nobody
  std::map<member_id, cluster_actor> hear;          // who is there
  std::set<std::pair<member_id, member_id>> wanted; // connections, each by both
  std::set<std::pair<member_id, member_id>> is_up;  // the smaller first
  std::set<std::pair<member_id, member_id>> is_cut; // the same; nothing crosses
  std::deque<delivery> on_the_way;
  const clock_source* clock = nullptr;
  std::uint64_t frames = 0; // that were ever delivered
};

class few_nodes {
public:
  explicit few_nodes(std::size_t count);
  ~few_nodes();

  /// One node: what a test asks of it, it asks its fixture.
  struct node {
    std::unique_ptr<actor_fixture> on;
    member_id id;
    cluster_actor member;
    std::string fenced; // the sentence; empty: it was not
  };
  node& operator[](std::size_t index) { return *nodes_[index]; }
  actor_fixture& on(std::size_t index) { return *nodes_[index]->on; }

  /// Time passes for all, in small steps.
  void advance(std::chrono::microseconds by);
  /// Until nobody has anything to do and nothing is on the way.
  void run();
  /// Only what that node has to do, and nothing on the way arrives.
  void run_only(std::size_t index) { on(index).run(); }
  /// Until every node serves; fails the test when that takes a minute.
  void open_all();
  /// Nothing crosses between the two from now on. Their connection does not break.
  void cut(std::size_t a, std::size_t b);
  void heal(std::size_t a, std::size_t b);
  /// Its process is gone.
  void kill(std::size_t index);
  void take_store_from(std::size_t index) { world_->without_store.insert(nodes_[index]->id); }
  void give_store_to(std::size_t index) { world_->without_store.erase(nodes_[index]->id); }

  bool trusts(std::size_t index) {
    auto& f = on(index);
    return f.env().trust->holds(f.clock.steady());
  }
  std::uint64_t frames() const { return world_->frames; }
  std::size_t rows() const { return world_->rows.size(); }

private:
  void connect();
  bool deliver();

  std::shared_ptr<few_nodes_world> world_ = std::make_shared<few_nodes_world>();
  std::vector<std::unique_ptr<node>> nodes_;
};

} // namespace latchkey::test

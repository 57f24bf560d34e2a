// world.hpp — what the nodes of a simulated cluster stand on: one time for all, a network, a table
// of members, and a seed that decides everything.
//
// Nothing here runs by itself and no thread is waited for. The same seed gives the same events in
// the same order.
#pragma once

#include "actors/cluster/link.hpp"
#include "protocol/interfaces.hpp"
#include "storage/members.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace latchkey::test::simulation {

using std::chrono::microseconds;
using place = std::size_t; // of a node, whichever life it is in

class world {
public:
  /// `blame` hears what must not be.
  world(std::uint64_t seed, std::function<void(const std::string&)> blame)
      : blame_(std::move(blame)), chance_(seed) {}

  // -- time, in microseconds since the beginning
  microseconds now() const noexcept { return now_; }
  void at(microseconds when, std::function<void()> event) {
    events_.emplace(when, std::move(event));
  }
  void after(microseconds pause, std::function<void()> event) {
    at(now_ + pause, std::move(event));
  }
  /// Moves time to `when` and lets what is due by then happen.
  void go_to(microseconds when);
  /// When the next event is due; `limit` if that is earlier.
  microseconds next_event(microseconds limit) const;

  // -- chance
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : chance_() % bound; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  microseconds between(microseconds least, microseconds most) {
    return least + microseconds{below(static_cast<std::uint64_t>((most - least).count()) + 1)};
  }

  // -- the network
  std::shared_ptr<cluster::link> link_of(member_id self, place at);
  /// That life is over: whoever was connected hears so after a moment.
  void silence(const member_id& gone);
  /// What `from` says does not arrive at `to` until `heal`. A connection that is cut for five
  /// seconds is lost.
  void cut(place from, place to);
  void heal(place from, place to);
  void heal_all();
  bool is_cut(place from, place to) const { return cuts_.contains({from, to}); }

  // -- the table of members
  std::shared_ptr<storage::member_table> table_of(member_id self, place at);
  void set_store_reachable(place at, bool is_reachable);
  bool is_store_reachable(place at) const { return !without_store_.contains(at); }
  bool is_member(const member_id& member) const { return rows_.contains(member); }
  std::size_t members() const noexcept { return rows_.size(); }

  /// Frames that have arrived.
  std::uint64_t frames() const noexcept { return frames_; }

private:
  friend class played_link;
  friend class played_table;

  struct row {
    storage::member_row is;
    microseconds beaten_at{};
    microseconds gapless_since{};
  };
  struct end_point {
    place at = 0;
    cluster_actor hears; // invalid: it has not opened, or is over
    std::set<member_id> wants;
  };
  /// From one member to another, while they are connected.
  struct direction {
    std::deque<std::string> on_the_way;
    microseconds arrives_at{}; // the newest
  };
  using members_pair = std::pair<member_id, member_id>;

  void want(const member_id& self, const member_id& other);
  void try_to_connect(const member_id& a, const member_id& b);
  void disconnect(const member_id& a, const member_id& b);
  void send(const member_id& from, const member_id& to, std::string frame);
  void arrive(const member_id& from, const member_id& to);
  bool may_cross(const member_id& from, const member_id& to) const;
  microseconds delay() {
    return between(microseconds{100}, microseconds{one_in(50) ? 40'000 : 2'000});
  }
  void lose_connections(place from, place to, std::uint64_t cut_number);
  /// Nobody is removed by one who was without the store itself a moment ago: the other may have
  /// been as well.
  void check_fence(place by);

  std::function<void(const std::string&)> blame_;
  microseconds now_{0};
  std::multimap<microseconds, std::function<void()>> events_;
  std::mt19937_64 chance_;
  std::map<member_id, end_point> ends_;
  std::map<members_pair, direction> directions_; // both of each connection
  std::map<std::pair<place, place>, std::uint64_t> cuts_;
  std::map<place, microseconds> without_store_; // since when
  std::map<place, microseconds> store_is_back_; // when it last came back after a second or more
  std::map<member_id, row> rows_;
  member_id joins_; // nil: nobody
  std::uint64_t frames_ = 0;
  std::uint64_t cuts_made_ = 0;
};

} // namespace latchkey::test::simulation

// promise_walk_world.hpp — what a walk over a seed consists of: see promise_walk.hpp.
#pragma once

#include "tests/actors/cluster/promise_walk.hpp"

#include "actors/cluster/membership.hpp"
#include "actors/cluster/promises.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test::promise_walking {

using namespace std::chrono_literals;
using cluster::fence;
using cluster::membership;
using cluster::promise_terms;
using cluster::promises;
using storage::member_row;
using micros = std::chrono::microseconds;

inline constexpr std::size_t keys = 4;
inline constexpr std::size_t log_lines_max = 400;
inline constexpr micros dead_after = 2s;

struct message {
  enum class kind : std::uint8_t { ask, give, welcome, told, confirmed, leaving } is = kind::ask;
  std::uint64_t number = 0;
  std::size_t key = 0;
};

/// A life of a node.
struct member {
  struct remembered {
    std::uint64_t version = 0;
    std::uint64_t epoch = 0;
  };
  struct load {
    std::uint64_t epoch = 0;
    bool is_overtaken = false;
  };

  member(std::size_t node, member_id self, const promise_terms& terms)
      : place(node), id(self), owed(terms), who(self, owed, terms, dead_after) {}

  std::size_t place;
  member_id id;
  promises owed;
  membership who;
  bool is_alive = true;
  bool has_joined = false;
  bool is_leaving = false;
  micros frozen_until{};
  micros beats_at{};
  bool is_beating = false;
  bool is_opening = false;
  std::array<std::optional<remembered>, keys> memory{};
  std::array<std::optional<load>, keys> loads{};
  std::map<promises::change_number, std::pair<std::size_t, std::uint64_t>> changes; // key, version
  std::set<promises::change_number> unanswered_only; // whose asker was told nothing
};

/// A connection of two members, the one of the smaller place first.
struct connection {
  bool is_up = false;
  std::uint64_t life = 0;
  std::array<micros, 2> last_arrival{};
  std::array<bool, 2> is_cut{};           // from the first to the second, and back
  std::array<std::uint64_t, 2> lost_in{}; // the life in which a message was lost: none follows it
  micros next_attempt{};
};

struct row {
  std::size_t place = 0;
  micros beaten_at{};
  micros gapless_since{};
  bool is_open = false;
};

class walk {
public:
  explicit walk(const promise_walk_options& options);

  promise_walk_outcome run();

private:
  struct event {
    micros at;
    std::uint64_t order;
    std::function<void()> run;
    bool operator<(const event& other) const {
      return std::pair(other.at, other.order) < std::pair(at, order);
    }
  };

  // -- chance and time: promise_walk.cpp
  std::int64_t pick(std::int64_t from, std::int64_t to);
  bool chance(int in_a_thousand) { return pick(1, 1000) <= in_a_thousand; }
  /// Mostly short, sometimes long; short when nothing is wrong any more.
  micros delay();
  bool is_calm() const { return now_ >= calm_; }
  void after(micros wait, std::function<void()> run);
  /// In that life of that node, once it is not frozen.
  void in(const std::shared_ptr<member>& whose, micros wait, std::function<void(member&)> run);
  time_point clock_of(const member& whose) const;
  template <class... Words>
  void note(const Words&... words);

  // -- the store: promise_walk.cpp
  bool reaches_store(std::size_t place) const { return store_cut_until_[place] <= now_; }
  /// `act` is done in the store, `then` hears that it was; `lost` when that is not known.
  template <class Answer>
  void in_store(const std::shared_ptr<member>& whose, std::function<Answer()> act,
                std::function<void(member&, Answer)> then, std::function<void(member&)> lost);
  std::vector<member_row> read_table() const;

  // -- a member's life: promise_walk_members.cpp
  void start(std::size_t place);
  void succeed(const std::shared_ptr<member>& whose);
  void join(const std::shared_ptr<member>& whose);
  void tick(const std::shared_ptr<member>& whose);
  void beat(const std::shared_ptr<member>& whose);
  void remove(const std::shared_ptr<member>& whose, const fence& silent);
  void open(const std::shared_ptr<member>& whose);
  void die(member& whose);
  void leave(const std::shared_ptr<member>& whose);

  // -- what it does: promise_walk_members.cpp
  void work(const std::shared_ptr<member>& whose);
  bool counts(const member& whose, std::size_t key) const;
  void load(const std::shared_ptr<member>& whose, std::size_t key);
  void follow(member& here, std::size_t key);
  void change(const std::shared_ptr<member>& whose, std::size_t key);
  /// The outcome is not known: once it is, others are told, and nobody is answered.
  void find_out(const std::shared_ptr<member>& whose, std::size_t key);
  void tell(member& here, std::size_t key, std::uint64_t version, bool is_answered);
  void settle(member& here);

  // -- the network: promise_walk_network.cpp
  connection& link(std::size_t a, std::size_t b);
  static std::size_t direction(std::size_t from, std::size_t to) { return from < to ? 0 : 1; }
  std::shared_ptr<member> find(const member_id& id) const;
  void attempt_connections();
  /// Both know each other by the table, whichever of them has read it first.
  void connect(std::size_t a, std::size_t b);
  void greet(const std::shared_ptr<member>& whose, member_id other, std::uint64_t life);
  void send(member& from, member_id to_id, message said);
  void hear(member& here, const member_id& from, const message& said);
  /// The connections of that place are gone; each end finds out in its own time.
  void break_off(std::size_t a);
  void break_link(std::size_t a, std::size_t b);

  // -- trouble: promise_walk_trouble.cpp
  void trouble();
  void cut(std::size_t a, std::size_t b, std::int64_t ways, micros lasts = 0us);
  /// Some members lose the store and all the others, for long, and may be replaced meanwhile.
  void part_company();
  void heal();

  // -- what must hold: promise_walk_trouble.cpp
  void look();
  void look_at_end();
  std::string at() const;

  promise_walk_options options_;
  std::mt19937_64 random_;
  promise_terms terms_;
  micros now_{};
  micros end_;
  micros calm_;
  std::uint64_t order_ = 0;
  std::priority_queue<event> events_;
  std::vector<std::shared_ptr<member>> members_; // by place; dead ones stay until they restart
  std::vector<connection> links_;
  std::vector<micros> store_cut_until_;
  std::vector<double> clock_rate_;
  std::vector<micros> clock_offset_;
  std::map<member_id, row> table_;
  std::weak_ptr<member> joining_;
  std::array<std::uint64_t, keys> stored_{};
  std::array<std::uint64_t, keys> answered_{};
  std::uint16_t lives_ = 0;
  promise_walk_outcome out_;
};

template <class... Words>
void walk::note(const Words&... words) {
  if (!options_.keeps_log) return;
  std::ostringstream line;
  line << static_cast<double>(now_.count()) / 1e6;
  ((line << ' ' << words), ...);
  out_.log.push_back(line.str());
  if (out_.log.size() > log_lines_max) out_.log.pop_front();
}

template <class Answer>
void walk::in_store(const std::shared_ptr<member>& whose, std::function<Answer()> act,
                    std::function<void(member&, Answer)> then, std::function<void(member&)> lost) {
  const auto place = whose->place;
  if (!reaches_store(place)) return in(whose, 100ms, lost);
  after(delay(), [=, this] {
    if (!reaches_store(place)) return in(whose, 500ms, lost);
    const auto answer = act();
    const bool comes_back = !chance(5) || is_calm();
    if (!comes_back) return in(whose, 500ms, lost);
    after(delay(), [=, this] {
      if (!reaches_store(place)) return in(whose, 500ms, lost);
      in(whose, 0us, [then, answer](member& here) { then(here, answer); });
    });
  });
}

} // namespace latchkey::test::promise_walking

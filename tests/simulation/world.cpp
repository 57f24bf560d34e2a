#include "tests/simulation/world.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <vector>

namespace latchkey::test::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto dial_pause = 100ms;
constexpr auto silence_max = 5s;

tl::unexpected<failure> away() {
  return tl::unexpected<failure>(failure{error_code::store_unavailable});
}

} // namespace

// -- time ------------------------------------------------------------------------------------

void world::go_to(microseconds when) {
  now_ = when;
  while (!events_.empty() && events_.begin()->first <= now_) {
    auto event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
}

microseconds world::next_event(microseconds limit) const {
  return events_.empty() ? limit : std::min(limit, events_.begin()->first);
}

// -- the network -----------------------------------------------------------------------------

class played_link final : public cluster::link {
public:
  played_link(world& of, member_id self) : world_(of), self_(self) {}

  void open(cluster_actor hears) override { world_.ends_.at(self_).hears = std::move(hears); }
  void keep(const member_id& to, const std::string&) override { world_.want(self_, to); }
  void drop(const member_id& to) override {
    world_.ends_.at(self_).wants.erase(to);
    world_.disconnect(self_, to);
  }
  void send(const member_id& to, std::string frame) override {
    world_.send(self_, to, std::move(frame));
  }

private:
  world& world_;
  member_id self_;
};

std::shared_ptr<cluster::link> world::link_of(member_id self, place at) {
  ends_[self].at = at;
  return std::make_shared<played_link>(*this, self);
}

void world::silence(const member_id& gone) {
  auto& end = ends_.at(gone);
  end.hears = nullptr;
  end.wants.clear();
  std::vector<member_id> others;
  for (const auto& [pair, flow] : directions_)
    if (pair.first == gone) others.push_back(pair.second);
  for (const auto& other : others)
    disconnect(gone, other);
}

void world::want(const member_id& self, const member_id& other) {
  if (!ends_.at(self).wants.insert(other).second) return;
  after(delay(), [this, self, other] { try_to_connect(self, other); });
}

bool world::may_cross(const member_id& from, const member_id& to) const {
  return !cuts_.contains({ends_.at(from).at, ends_.at(to).at});
}

void world::try_to_connect(const member_id& a, const member_id& b) {
  const auto& here = ends_.at(a);
  if (!here.hears || !here.wants.contains(b) || directions_.contains({a, b})) return;
  const auto there = ends_.find(b);
  const bool can = there != ends_.end() && there->second.hears && there->second.wants.contains(a) &&
                   may_cross(a, b) && may_cross(b, a);
  if (!can) return after(dial_pause, [this, a, b] { try_to_connect(a, b); });
  directions_[{a, b}] = directions_[{b, a}] = {};
  caf::anon_send(here.hears, messages::member_connected{b});
  caf::anon_send(there->second.hears, messages::member_connected{a});
}

void world::disconnect(const member_id& a, const member_id& b) {
  if (directions_.erase({a, b}) + directions_.erase({b, a}) == 0) return;
  for (const auto& [here, there] : {members_pair{a, b}, members_pair{b, a}}) {
    auto& end = ends_.at(here);
    if (!end.hears) continue;
    caf::anon_send(end.hears, messages::member_disconnected{there});
    after(delay(), [this, here = here, there = there] { try_to_connect(here, there); });
  }
}

void world::send(const member_id& from, const member_id& to, std::string frame) {
  const auto flow = directions_.find({from, to});
  if (flow == directions_.end()) return;
  flow->second.on_the_way.push_back(std::move(frame));
  flow->second.arrives_at = std::max(flow->second.arrives_at, now_ + delay());
  at(flow->second.arrives_at, [this, from, to] { arrive(from, to); });
}

void world::arrive(const member_id& from, const member_id& to) {
  const auto flow = directions_.find({from, to});
  if (flow == directions_.end() || flow->second.on_the_way.empty() || !may_cross(from, to)) return;
  auto frame = std::move(flow->second.on_the_way.front());
  flow->second.on_the_way.pop_front();
  ++frames_;
  caf::anon_send(ends_.at(to).hears, messages::member_said{from, std::move(frame)});
}

void world::cut(place from, place to) {
  const auto number = ++cuts_made_;
  cuts_[{from, to}] = number;
  after(silence_max, [this, from, to, number] { lose_connections(from, to, number); });
}

void world::lose_connections(place from, place to, std::uint64_t cut_number) {
  const auto still = cuts_.find({from, to});
  if (still == cuts_.end() || still->second != cut_number) return;
  std::vector<members_pair> lost;
  for (const auto& [pair, flow] : directions_)
    if (ends_.at(pair.first).at == from && ends_.at(pair.second).at == to) lost.push_back(pair);
  for (const auto& [a, b] : lost)
    disconnect(a, b);
}

void world::heal(place from, place to) {
  if (cuts_.erase({from, to}) == 0) return;
  // What TCP has kept arrives now.
  for (const auto& [pair, flow] : directions_)
    if (ends_.at(pair.first).at == from && ends_.at(pair.second).at == to)
      for (std::size_t i = 0; i < flow.on_the_way.size(); ++i)
        after(1ms, [this, pair = pair] { arrive(pair.first, pair.second); });
}

void world::heal_all() {
  for (const auto& [pair, number] : std::map{cuts_})
    heal(pair.first, pair.second);
}

// -- the table of members --------------------------------------------------------------------

class played_table final : public storage::member_table {
public:
  played_table(world& of, member_id self, place at) : world_(of), self_(self), at_(at) {}

  result<void> remove_predecessors(const std::string& node) override {
    if (is_away()) return away();
    std::erase_if(world_.rows_, [&](const auto& entry) { return entry.second.is.node == node; });
    return {};
  }
  result<bool> join(const storage::member_row& row) override {
    if (is_away()) return away();
    if (world_.joins_ != self_ && world_.rows_.contains(world_.joins_)) return false;
    world_.joins_ = self_;
    world_.rows_[row.id] = {row, world_.now(), world_.now()};
    return true;
  }
  result<std::vector<storage::member_row>> beat(const member_id& self,
                                                microseconds gap_from) override {
    if (is_away()) return away();
    if (const auto own = world_.rows_.find(self); own != world_.rows_.end()) {
      if (world_.now() - own->second.beaten_at >= gap_from)
        own->second.gapless_since = world_.now();
      own->second.beaten_at = world_.now();
    }
    std::vector<storage::member_row> out;
    for (const auto& [id, row] : world_.rows_) {
      out.push_back(row.is);
      out.back().silent_for = world_.now() - row.beaten_at;
      out.back().gapless_for = world_.now() - row.gapless_since;
    }
    return out;
  }
  result<bool> open(const member_id& self) override {
    if (is_away()) return away();
    world_.joins_ = {};
    const auto own = world_.rows_.find(self);
    if (own == world_.rows_.end()) return false;
    return own->second.is.is_open = true;
  }
  result<bool> fence(const member_id& self, const member_id& silent, microseconds silent_for,
                     microseconds judge_from) override {
    if (is_away()) return away();
    const auto own = world_.rows_.find(self);
    const auto other = world_.rows_.find(silent);
    if (own == world_.rows_.end() || other == world_.rows_.end()) return false;
    if (world_.now() - own->second.gapless_since < judge_from) return false;
    if (world_.now() - other->second.beaten_at < silent_for) return false;
    world_.check_fence(at_);
    world_.rows_.erase(other);
    return true;
  }
  result<void> leave(const member_id& self) override {
    if (is_away()) return away();
    world_.rows_.erase(self);
    return {};
  }

private:
  bool is_away() const { return !world_.is_store_reachable(at_); }

  world& world_;
  member_id self_;
  place at_;
};

std::shared_ptr<storage::member_table> world::table_of(member_id self, place at) {
  return std::make_shared<played_table>(*this, self, at);
}

void world::set_store_reachable(place at, bool is_reachable) {
  if (!is_reachable)
    without_store_.try_emplace(at, now_);
  else if (const auto since = without_store_.extract(at); since && now_ - since.mapped() >= 1s)
    store_is_back_[at] = now_;
}

void world::check_fence(place by) {
  const auto back = store_is_back_.find(by);
  if (back != store_is_back_.end() && now_ - back->second < 1s)
    blame_("node " + std::to_string(by) + " removes another as soon as the store is back");
}

} // namespace latchkey::test::simulation

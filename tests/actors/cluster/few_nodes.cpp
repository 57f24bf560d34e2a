#include "tests/actors/cluster/few_nodes.hpp"

#include "actors/cluster/member_table.hpp"

#include <algorithm>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

using few_nodes_pair = std::pair<member_id, member_id>;

few_nodes_pair in_order(const member_id& a, const member_id& b) {
  return {std::min(a, b), std::max(a, b)};
}

/// The table of members, without a database.
class played_table final : public storage::member_table {
public:
  played_table(std::shared_ptr<few_nodes_world> world, member_id self)
      : world_(std::move(world)), self_(self) {}

  result<void> remove_predecessors(const std::string& node) override {
    if (is_away()) return away();
    std::erase_if(world_->rows, [&](const auto& entry) { return entry.second.is.node == node; });
    return {};
  }
  result<bool> join(const storage::member_row& row) override {
    if (is_away()) return away();
    if (!world_->joins.is_nil() && world_->joins != self_) return false;
    world_->joins = self_;
    world_->rows[row.id] = {row, now(), now()};
    return true;
  }
  result<std::vector<storage::member_row>> beat(const member_id& self,
                                                std::chrono::microseconds gap_from) override {
    if (is_away()) return away();
    if (const auto own = world_->rows.find(self); own != world_->rows.end()) {
      if (now() - own->second.beaten_at >= gap_from) own->second.gapless_since = now();
      own->second.beaten_at = now();
    }
    std::vector<storage::member_row> out;
    for (const auto& [id, row] : world_->rows) {
      out.push_back(row.is);
      out.back().silent_for = now() - row.beaten_at;
      out.back().gapless_for = now() - row.gapless_since;
    }
    return out;
  }
  result<bool> open(const member_id& self) override {
    if (is_away()) return away();
    world_->joins = {};
    const auto own = world_->rows.find(self);
    if (own == world_->rows.end()) return false;
    return own->second.is.is_open = true;
  }
  result<bool> fence(const member_id& self, const member_id& silent,
                     std::chrono::microseconds silent_for,
                     std::chrono::microseconds judge_from) override {
    if (is_away()) return away();
    const auto own = world_->rows.find(self);
    const auto other = world_->rows.find(silent);
    if (own == world_->rows.end() || other == world_->rows.end()) return false;
    if (now() - own->second.gapless_since < judge_from) return false;
    if (now() - other->second.beaten_at < silent_for) return false;
    world_->rows.erase(other);
    return true;
  }
  result<void> leave(const member_id& self) override {
    if (is_away()) return away();
    world_->rows.erase(self);
    return {};
  }

private:
  time_point now() const { return world_->clock->steady(); }
  bool is_away() const { return world_->without_store.contains(self_); }
  static tl::unexpected<failure> away() {
    return tl::unexpected<failure>(failure{error_code::store_unavailable});
  }

  std::shared_ptr<few_nodes_world> world_;
  member_id self_;
};

/// The network.
class played_link final : public cluster::link {
public:
  played_link(std::shared_ptr<few_nodes_world> world, member_id self)
      : world_(std::move(world)), self_(self) {}

  void open(cluster_actor hears) override { world_->hear[self_] = std::move(hears); }
  void keep(const member_id& to, const std::string&) override { world_->wanted.emplace(self_, to); }
  void drop(const member_id& to) override {
    world_->wanted.erase({self_, to});
    world_->is_up.erase(in_order(self_, to));
  }
  void send(const member_id& to, std::string frame) override {
    const auto pair = in_order(self_, to);
    if (world_->is_up.contains(pair) && !world_->is_cut.contains(pair))
      world_->on_the_way.push_back({self_, to, std::move(frame)});
  }

private:
  std::shared_ptr<few_nodes_world> world_;
  member_id self_;
};

} // namespace

few_nodes::few_nodes(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto made = std::make_unique<node>();
    made->on = i == 0 ? std::make_unique<actor_fixture>()
                      : std::make_unique<actor_fixture>(nodes_.front()->on->store);
    auto& f = *made->on;
    if (i == 0) world_->clock = &f.clock;
    made->id = member_id{make_uuid(f.clock.now())};
    cluster_options options;
    options.self = {made->id, "node" + std::to_string(i), "127.0.0.1:1", "", false, 0us, 0us};
    options.fenced = [made = made.get()](const std::string& why) { made->fenced = why; };
    const auto table = f.spawn(member_table, std::make_shared<played_table>(world_, made->id));
    const auto net = std::make_shared<played_link>(world_, made->id);
    made->member = f.spawn(cluster_member, f.shared_env(), options, table, net);
    f.env().cluster = made->member;
    f.env().member = made->id;
    caf::anon_send(made->member, messages::cluster_tick{});
    f.run();
    nodes_.push_back(std::move(made));
  }
}

few_nodes::~few_nodes() {
  world_->hear.clear();
  for (auto& each : nodes_)
    each->member = nullptr;
  while (!nodes_.empty())
    nodes_.pop_back();
}

void few_nodes::connect() {
  for (const auto& [a, b] : world_->wanted) {
    const auto pair = in_order(a, b);
    if (world_->is_up.contains(pair) || world_->is_cut.contains(pair)) continue;
    if (!world_->wanted.contains({b, a}) || !world_->hear.contains(a) || !world_->hear.contains(b))
      continue;
    world_->is_up.insert(pair);
    caf::anon_send(world_->hear.at(a), messages::member_connected{b});
    caf::anon_send(world_->hear.at(b), messages::member_connected{a});
  }
}

bool few_nodes::deliver() {
  if (world_->on_the_way.empty()) return false;
  auto next = std::move(world_->on_the_way.front());
  world_->on_the_way.pop_front();
  const auto pair = in_order(next.from, next.to);
  if (!world_->is_up.contains(pair) || world_->is_cut.contains(pair)) return true;
  const auto whom = world_->hear.find(next.to);
  if (whom == world_->hear.end()) return true;
  ++world_->frames;
  caf::anon_send(whom->second, messages::member_said{next.from, std::move(next.frame)});
  return true;
}

void few_nodes::run() {
  do {
    for (auto& each : nodes_)
      if (each->on) each->on->run();
    connect();
    for (auto& each : nodes_)
      if (each->on) each->on->run();
  } while (deliver());
}

void few_nodes::advance(std::chrono::microseconds by) {
  constexpr std::chrono::microseconds step = 10ms;
  for (auto left = by; left > 0us; left -= step) {
    for (auto& each : nodes_)
      if (each->on) each->on->advance_once(std::min(step, left));
    run();
  }
}

void few_nodes::open_all() {
  std::vector<asked<messages::done>> opened;
  for (auto& each : nodes_)
    opened.push_back(each->on->begin(each->member, messages::await_open{}));
  for (int i = 0; i < 6000; ++i) {
    if (std::all_of(opened.begin(), opened.end(), [](const auto& each) { return each.answered(); }))
      return;
    advance(10ms);
  }
  ADD_FAILURE() << "not every node has opened";
}

void few_nodes::cut(std::size_t a, std::size_t b) {
  world_->is_cut.insert(in_order(nodes_[a]->id, nodes_[b]->id));
}

void few_nodes::heal(std::size_t a, std::size_t b) {
  const auto pair = in_order(nodes_[a]->id, nodes_[b]->id);
  world_->is_cut.erase(pair);
  // What was lost on it has ended the connection.
  if (world_->is_up.erase(pair) == 0) return;
  for (const auto& [here, there] : {pair, few_nodes_pair{pair.second, pair.first}})
    if (world_->hear.contains(here))
      caf::anon_send(world_->hear.at(here), messages::member_disconnected{there});
}

void few_nodes::kill(std::size_t index) {
  auto& gone = *nodes_[index];
  world_->hear.erase(gone.id);
  for (auto& each : nodes_) {
    const auto pair = in_order(gone.id, each->id);
    if (each.get() == &gone || world_->is_up.erase(pair) == 0) continue;
    if (world_->hear.contains(each->id))
      caf::anon_send(world_->hear.at(each->id), messages::member_disconnected{gone.id});
  }
  gone.member = nullptr;
  gone.on.reset();
}

} // namespace latchkey::test

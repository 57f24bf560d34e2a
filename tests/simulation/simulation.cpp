#include "tests/simulation/simulation.hpp"

#include "tests/simulation/clients.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/seeded_random.hpp"
#include "tests/simulation/workflows.hpp"

#include <algorithm>
#include <deque>
#include <thread>

namespace latchkey::test::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t lines_kept = 60;
constexpr auto grain = 1ms; // of time: what is due within one happens together

std::string as_text(microseconds at) {
  auto micros = std::to_string(at.count() % 1'000'000);
  micros.insert(0, 6 - micros.size(), '0');
  return std::to_string(at / 1s) + "." + micros;
}

class run {
public:
  explicit run(const options& wanted)
      : options_(wanted), world_(wanted.seed, [this](const std::string& claim) { blame(claim); }) {
    nodes_.resize(wanted.nodes);
    for (place at = 0; at < nodes_.size(); ++at)
      world_.at(world_.between(0us, 300ms), [this, at] { start(at); });
    const microseconds length = wanted.length;
    trouble_ends_ = length * 2 / 3;
    acts_end_ = length - 1s;
    world_.at(2s, [this] { act(); });
    world_.at(4s, [this] { trouble(); });
    world_.at(trouble_ends_, [this] { end_trouble(); });
  }

  outcome to_the_end() {
    const microseconds end = options_.length;
    while (world_.now() < end && result_.violation.empty())
      go_on(end);
    if (result_.violation.empty()) check_the_end();
    result_.operations = requests_.operations();
    result_.answered = requests_.answered();
    result_.frames = world_.frames();
    if (!result_.violation.empty()) result_.newest.assign(newest_.begin(), newest_.end());
    for (auto& each : nodes_)
      if (each) lose(*each);
    return std::move(result_);
  }

private:
  // -- the log
  void tell(const std::string& line) {
    auto text = "[" + as_text(world_.now()) + "] " + line;
    for (const unsigned char byte : text)
      result_.digest = (result_.digest ^ byte) * 1'099'511'628'211U; // FNV-1a
    if (options_.log) options_.log(text);
    newest_.push_back(std::move(text));
    if (newest_.size() > lines_kept) newest_.pop_front();
  }
  void blame(const std::string& claim) {
    tell("VIOLATION: " + claim);
    if (result_.violation.empty()) result_.violation = claim;
  }

  // -- time
  void go_on(microseconds end) {
    auto next = world_.next_event(end);
    for (const auto& each : nodes_)
      if (each) next = std::min(next, each->next_timer());
    next = std::max(next, world_.now());
    world_.go_to(std::min<microseconds>(end, (next / grain + 1) * grain));
    settle();
  }
  void run_nodes() {
    for (auto& each : nodes_)
      if (each) each->run();
    requests_.poll();
    people_.follow_up();
  }
  /// Until nobody has anything to do at this time.
  void settle() {
    for (std::uint64_t before = ~std::uint64_t{0}; before != requests_.answered();) {
      before = requests_.answered();
      run_nodes();
      if (requests_.under_way() > 0) run_nodes(); // a request finds its actor first
    }
    for (place at = 0; at < nodes_.size(); ++at)
      if (nodes_[at] && nodes_[at]->is_fenced()) {
        ++result_.fences;
        end(at, "was removed by the others and stops");
      }
  }

  // -- lives
  void start(place at) {
    if (nodes_[at]) return;
    tell("node " + std::to_string(at) + " starts");
    const auto drift = static_cast<int>(world_.below(401)) - 200;
    nodes_[at] = std::make_unique<node>(world_, at, home_.store, drift);
    sockets_.join(*nodes_[at]);
    workflows_.join(*nodes_[at]);
  }
  void end(place at, const std::string& how) {
    tell("node " + std::to_string(at) + " " + how);
    lose(*nodes_[at]);
    nodes_[at].reset();
    world_.after(world_.between(200ms, 4s), [this, at] { start(at); });
  }

  void lose(const node& gone) {
    sockets_.lose(gone);
    workflows_.lose(gone);
    requests_.lose(gone);
  }

  // -- requests
  void act() {
    const auto at = world_.below(nodes_.size());
    if (nodes_[at] && nodes_[at]->is_open()) {
      if (world_.one_in(4))
        workflows_.act(at, *nodes_[at]);
      else
        people_.act(at, *nodes_[at]);
    }
    const auto pause = world_.between(1ms, 250ms);
    if (world_.now() + pause < acts_end_) world_.after(pause, [this] { act(); });
  }

  void visit_serving(const clients::visit& hears) {
    for (place at = 0; at < nodes_.size(); ++at)
      if (nodes_[at] && nodes_[at]->is_open() && !nodes_[at]->is_frozen()) hears(at, *nodes_[at]);
  }

  node* any_serving() {
    std::vector<node*> all;
    visit_serving([&all](place, node& each) { all.push_back(&each); });
    return all.empty() ? nullptr : all[world_.below(all.size())];
  }

  // -- trouble
  void trouble() {
    if (world_.now() >= trouble_ends_) return;
    const auto at = world_.below(nodes_.size());
    switch (world_.below(8)) {
    case 0:
      kill(at);
      break;
    case 1:
      freeze(at);
      break;
    case 2:
      take_store_from({at}, store_loss());
      break;
    case 3:
      take_store_from_all();
      break;
    case 4:
      isolate(at);
      break;
    case 5:
      slow_store(at);
      break;
    case 6:
      slow_store(at);
      take_store_in_doubt(at, world_.now() + 3s);
      break;
    default:
      cut(at, world_.below(nodes_.size()), world_.one_in(2));
    }
    world_.after(world_.between(300ms, 5s), [this] { trouble(); });
  }
  void kill(place at) {
    if (!nodes_[at]) return;
    ++result_.kills;
    end(at, "is killed");
  }
  void freeze(place at) {
    if (!nodes_[at] || nodes_[at]->is_frozen()) return;
    ++result_.freezes;
    const auto length = world_.between(50ms, world_.one_in(3) ? 5s : 1500ms);
    tell("node " + std::to_string(at) + " is frozen for " + as_text(length));
    nodes_[at]->freeze_until(world_.now() + length);
  }
  void slow_store(place at) {
    if (!nodes_[at]) return;
    const auto length = world_.between(500ms, 6s);
    tell("the store is slow at node " + std::to_string(at) + " for " + as_text(length));
    nodes_[at]->slow_store_until(world_.now() + length);
  }
  microseconds store_loss() { return world_.between(100ms, world_.one_in(3) ? 14s : 2s); }
  void take_store_from(std::vector<place> whom, microseconds length) {
    ++result_.store_losses;
    for (const auto at : whom) {
      tell("node " + std::to_string(at) + " has no store for " + as_text(length));
      world_.set_store_reachable(at, false);
    }
    world_.after(length, [this, whom] {
      for (const auto at : whom)
        world_.set_store_reachable(at, true);
    });
  }
  /// Takes the store from a node that has written something and does not know it, for so long that
  /// the others remove it.
  void take_store_in_doubt(place at, microseconds until) {
    if (nodes_[at] && nodes_[at]->is_in_doubt())
      take_store_from({at}, world_.between(2500ms, 6s));
    else if (world_.now() < until)
      world_.after(5ms, [this, at, until] { take_store_in_doubt(at, until); });
  }
  void take_store_from_all() {
    std::vector<place> all;
    for (place at = 0; at < nodes_.size(); ++at)
      all.push_back(at);
    take_store_from(std::move(all), store_loss());
  }
  void cut(place a, place b, bool is_both_ways) {
    if (a == b) return;
    ++result_.cuts;
    const auto length = world_.between(50ms, world_.one_in(3) ? 8s : 2s);
    tell("nothing crosses from node " + std::to_string(a) + " to node " + std::to_string(b) +
         (is_both_ways ? " and back for " : " for ") + as_text(length));
    world_.cut(a, b);
    if (is_both_ways) world_.cut(b, a);
    world_.after(length, [this, a, b] {
      world_.heal(a, b);
      world_.heal(b, a);
    });
  }
  /// From the other nodes, and perhaps from the store too.
  void isolate(place at) {
    for (place other = 0; other < nodes_.size(); ++other)
      cut(at, other, true);
    if (world_.one_in(2)) take_store_from({at}, store_loss());
  }
  void end_trouble() {
    tell("nothing fails any more");
    workflows_.finish();
    world_.heal_all();
    for (place at = 0; at < nodes_.size(); ++at) {
      world_.set_store_reachable(at, true);
      if (nodes_[at]) nodes_[at]->freeze_until(world_.now());
      start(at);
    }
  }

  // -- the end
  void check_the_end() {
    for (place at = 0; at < nodes_.size(); ++at) {
      if (!nodes_[at] || !nodes_[at]->is_open())
        return blame("node " + std::to_string(at) + " does not serve");
      auto& f = nodes_[at]->on();
      if (!f.env().trust->holds(f.clock.steady()))
        blame("node " + std::to_string(at) + " does not believe its memory");
    }
    if (world_.members() != nodes_.size()) blame("the table of members has another length");
    for (place at = 0; at < nodes_.size(); ++at)
      people_.check_all(at, *nodes_[at]);
    const auto until = world_.now() + 60s;
    while (world_.now() < until && result_.violation.empty() &&
           (requests_.under_way() > 0 || !workflows_.unfinished().empty()))
      go_on(until);
    if (requests_.under_way() > 0)
      blame(std::to_string(requests_.under_way()) + " requests have no answer");
    if (const auto who = workflows_.unfinished(); !who.empty()) blame(who);
    workflows_.check_all();
  }

  options options_;
  world world_;
  outcome result_;
  std::deque<std::string> newest_;
  actor_fixture home_; // whose store all share
  const std::function<void(const std::string&)> tells_ = [this](const auto& line) { tell(line); };
  const std::function<void(const std::string&)> blames_ = [this](const auto& claim) {
    blame(claim);
  };
  requests requests_{tells_};
  sockets sockets_;
  clients people_{world_,
                  requests_,
                  sockets_,
                  home_,
                  [this](const clients::visit& hears) { visit_serving(hears); },
                  tells_,
                  blames_};
  workflows workflows_{world_, requests_,        sockets_,
                       home_,  people_.people(), [this] { return any_serving(); },
                       tells_, blames_};
  std::vector<std::unique_ptr<node>> nodes_; // by place; null: between two lives
  microseconds trouble_ends_{0};
  microseconds acts_end_{0};
};

} // namespace

outcome simulate(const options& wanted) {
  outcome result;
  std::thread alone([&] {
    const seeded_random random{wanted.seed};
    result = run{wanted}.to_the_end();
  });
  alone.join();
  return result;
}

} // namespace latchkey::test::simulation

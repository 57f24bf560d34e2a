#include "tests/actors/cluster/promise_walk.hpp"

#include "actors/cluster/membership.hpp"
#include "actors/cluster/promises.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <sstream>
#include <utility>
#include <vector>

namespace latchkey::test {
namespace promise_walking {
namespace {

using namespace std::chrono_literals;
using cluster::fence;
using cluster::membership;
using cluster::promise_terms;
using cluster::promises;
using storage::member_row;
using micros = std::chrono::microseconds;

constexpr std::size_t keys = 4;
constexpr std::size_t log_lines_max = 400;
constexpr micros dead_after = 2s;
constexpr micros beat_every = 500ms;
constexpr micros tick_every = 25ms;
constexpr micros calm_at_end = 30s;

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
  explicit walk(const promise_walk_options& options)
      : options_(options), random_(options.seed),
        end_(micros{std::chrono::seconds{options.seconds}}), calm_(end_ - calm_at_end) {
    const auto count = static_cast<std::size_t>(options.nodes);
    links_.resize(count * count);
    store_cut_until_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      clock_rate_.push_back(1.0 + (static_cast<double>(pick(0, 1800)) - 900) / 100000);
      clock_offset_.push_back(micros{pick(0, 1000000)});
      members_.push_back(nullptr);
      after(micros{pick(0, 3000000)}, [this, i] { start(i); });
    }
    after(0us, [this] { trouble(); });
    after(0us, [this] { attempt_connections(); });
  }

  promise_walk_outcome run() {
    while (!events_.empty() && out_.violation.empty()) {
      auto next = events_.top();
      if (next.at > end_) break;
      events_.pop();
      now_ = next.at;
      next.run();
      look();
    }
    if (out_.violation.empty()) look_at_end();
    return out_;
  }

private:
  struct event {
    micros at;
    std::uint64_t order;
    std::function<void()> run;
    bool operator<(const event& other) const {
      return std::pair(other.at, other.order) < std::pair(at, order);
    }
  };

  // -- chance and time ---------------------------------------------------------------------

  std::int64_t pick(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(to - from + 1));
  }
  bool chance(int in_a_thousand) { return pick(1, 1000) <= in_a_thousand; }
  /// Mostly short, sometimes long; short when nothing is wrong any more.
  micros delay() {
    if (!is_calm() && chance(20)) return micros{pick(1000, 400000)};
    return micros{pick(100, 5000)};
  }
  bool is_calm() const { return now_ >= calm_; }

  void after(micros wait, std::function<void()> run) {
    events_.push({now_ + wait, ++order_, std::move(run)});
  }
  /// In that life of that node, once it is not frozen.
  void in(const std::shared_ptr<member>& whose, micros wait, std::function<void(member&)> run) {
    after(wait, [this, whose, run = std::move(run)]() mutable {
      if (!whose->is_alive) return;
      if (whose->frozen_until > now_) return in(whose, whose->frozen_until - now_, std::move(run));
      run(*whose);
    });
  }
  time_point clock_of(const member& whose) const {
    const auto passed = static_cast<double>(now_.count()) * clock_rate_[whose.place];
    return time_point{} + 1h + clock_offset_[whose.place] +
           micros{static_cast<std::int64_t>(passed)};
  }

  template <class... Words>
  void note(const Words&... words) {
    if (!options_.keeps_log) return;
    std::ostringstream line;
    line << static_cast<double>(now_.count()) / 1e6;
    ((line << ' ' << words), ...);
    out_.log.push_back(line.str());
    if (out_.log.size() > log_lines_max) out_.log.pop_front();
  }

  // -- the store -----------------------------------------------------------------------------

  bool reaches_store(std::size_t place) const { return store_cut_until_[place] <= now_; }

  /// `act` is done in the store, `then` hears that it was; `lost` when that is not known.
  template <class Answer>
  void in_store(const std::shared_ptr<member>& whose, std::function<Answer()> act,
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

  std::vector<member_row> read_table() const {
    std::vector<member_row> rows;
    for (const auto& [id, here] : table_)
      rows.push_back({id, "node" + std::to_string(here.place), std::to_string(here.place), "",
                      here.is_open, now_ - here.beaten_at, now_ - here.gapless_since});
    return rows;
  }

  // -- a member's life -----------------------------------------------------------------------

  void start(std::size_t place) {
    if (members_[place] && members_[place]->is_alive) return;
    member_id id;
    id.bytes[0] = static_cast<std::uint8_t>(++lives_ >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(lives_);
    members_[place] = std::make_shared<member>(place, id, terms_);
    succeed(members_[place]);
    tick(members_[place]);
    note("node", place, "starts as", lives_);
  }

  void succeed(const std::shared_ptr<member>& whose) {
    in_store<bool>(
        whose,
        [this, whose] {
          return std::erase_if(table_, [&](const auto& entry) {
                   return entry.second.place == whose->place;
                 }) > 0;
        },
        [this, whose](member&, bool) { join(whose); }, [this, whose](member&) { succeed(whose); });
  }

  void join(const std::shared_ptr<member>& whose) {
    // One at a time; whoever dies gives the lock back.
    const auto held = joining_.lock();
    if (held && held != whose && held->is_alive && !held->who.is_open())
      return in(whose, 100ms, [this, whose](member&) { join(whose); });
    joining_ = whose;
    in_store<bool>(
        whose,
        [this, whose] {
          table_[whose->id] = {whose->place, now_, now_, false};
          return true;
        },
        [](member& here, bool) { here.has_joined = true; },
        [this, whose](member&) { join(whose); });
  }

  void tick(const std::shared_ptr<member>& whose) {
    in(whose, tick_every, [this, whose](member& here) {
      const auto now = clock_of(here);
      for (const auto& question : here.owed.ask(now))
        send(here, question.member, {message::kind::ask, question.number, 0});
      settle(here);
      if (here.has_joined && !here.is_beating && now_ >= here.beats_at) beat(whose);
      if (here.has_joined && !here.who.is_open() && !here.is_opening && here.who.may_open(now))
        open(whose);
      if (here.who.is_open() && !here.is_leaving) work(whose);
      tick(whose);
    });
  }

  void beat(const std::shared_ptr<member>& whose) {
    whose->is_beating = true;
    whose->beats_at = now_ + beat_every;
    const auto sent = clock_of(*whose);
    in_store<std::vector<member_row>>(
        whose,
        [this, whose] {
          const auto own = table_.find(whose->id);
          if (own != table_.end()) {
            if (now_ - own->second.beaten_at >= dead_after / 2) own->second.gapless_since = now_;
            own->second.beaten_at = now_;
          }
          return read_table();
        },
        [this, whose, sent](member& here, std::vector<member_row> rows) {
          here.is_beating = false;
          const bool is_there = std::any_of(rows.begin(), rows.end(),
                                            [&](const member_row& r) { return r.id == here.id; });
          if (!is_there) return die(here); // fenced
          for (const auto& silent : here.who.table_read(rows, sent, clock_of(here)))
            remove(whose, silent);
        },
        [](member& here) { here.is_beating = false; });
  }

  void remove(const std::shared_ptr<member>& whose, const fence& silent) {
    in_store<bool>(
        whose,
        [this, whose, silent] {
          const auto own = table_.find(whose->id);
          const auto other = table_.find(silent.id);
          if (own == table_.end() || other == table_.end()) return false;
          if (own->second.gapless_since > now_ - dead_after) return false;
          if (now_ - other->second.beaten_at < silent.silent_for) return false;
          note("node", whose->place, "fences node", other->second.place);
          table_.erase(other);
          ++out_.fences;
          return true;
        },
        [](member&, bool) {}, [](member&) {});
  }

  void open(const std::shared_ptr<member>& whose) {
    whose->is_opening = true;
    in_store<bool>(
        whose,
        [this, whose] {
          const auto own = table_.find(whose->id);
          if (own == table_.end()) return false;
          return own->second.is_open = true;
        },
        [this](member& here, bool done) {
          here.is_opening = false;
          if (!done) return die(here);
          here.who.opened();
          here.owed.forget_memory();
          note("node", here.place, "is open");
          ++out_.joins;
        },
        [](member& here) { here.is_opening = false; });
  }

  void die(member& whose) {
    note("node", whose.place, "dies");
    whose.is_alive = false;
    ++out_.deaths;
    for (std::size_t other = 0; other < members_.size(); ++other)
      if (other != whose.place) link(whose.place, other).is_up = false;
    break_off(whose.place);
    after(is_calm() ? 500ms : micros{pick(100000, 8000000)},
          [this, place = whose.place] { start(place); });
  }

  void leave(const std::shared_ptr<member>& whose) {
    whose->is_leaving = true;
    in(whose, 200ms, [this, whose](member& here) {
      settle(here);
      if (!here.changes.empty()) return leave(whose);
      for (const auto& id : here.owed.told_of_leaving())
        send(here, id, {message::kind::leaving, 0, 0});
      in_store<bool>(
          whose, [this, whose] { return table_.erase(whose->id) > 0; },
          [this](member& gone, bool) { die(gone); }, [this](member& gone) { die(gone); });
    });
  }

  // -- what it does ----------------------------------------------------------------------------

  void work(const std::shared_ptr<member>& whose) {
    if (!is_calm() && chance(40)) change(whose, static_cast<std::size_t>(pick(0, keys - 1)));
    for (std::size_t key = 0; key < keys; ++key)
      if (!whose->loads[key] && !counts(*whose, key) && chance(500)) load(whose, key);
  }

  bool counts(const member& whose, std::size_t key) const {
    const auto& known = whose.memory[key];
    return known && whose.who.is_open() && !whose.is_leaving &&
           known->epoch == whose.owed.epoch() && clock_of(whose) < whose.owed.trusted_until();
  }

  void load(const std::shared_ptr<member>& whose, std::size_t key) {
    whose->loads[key] = member::load{whose->owed.epoch(), false};
    in_store<std::uint64_t>(
        whose, [this, key] { return stored_[key]; },
        [this, key](member& here, std::uint64_t version) {
          const auto done = std::exchange(here.loads[key], std::nullopt);
          note("node", here.place, "has read", version, "of key", key,
               done->is_overtaken ? "too late" : "");
          if (!done->is_overtaken) here.memory[key] = member::remembered{version, done->epoch};
        },
        [key](member& here) { here.loads[key].reset(); });
  }

  void follow(member& here, std::size_t key) {
    here.memory[key].reset();
    if (here.loads[key]) here.loads[key]->is_overtaken = true;
  }

  void change(const std::shared_ptr<member>& whose, std::size_t key) {
    in_store<std::uint64_t>(
        whose,
        [this, whose, key]() -> std::uint64_t {
          return table_.contains(whose->id) ? ++stored_[key] : 0;
        },
        [this, key](member& here, std::uint64_t version) {
          if (version == 0) return die(here); // fenced
          tell(here, key, version, true);
        },
        [this, whose, key](member&) { find_out(whose, key); });
  }

  /// The outcome is not known: once it is, others are told, and nobody is answered.
  void find_out(const std::shared_ptr<member>& whose, std::size_t key) {
    in_store<std::uint64_t>(
        whose, [this, key] { return stored_[key]; },
        [this, key](member& here, std::uint64_t version) { tell(here, key, version, false); },
        [this, whose, key](member&) { find_out(whose, key); });
  }

  void tell(member& here, std::size_t key, std::uint64_t version, bool is_answered) {
    follow(here, key);
    const auto [number, whom] = here.owed.begin(clock_of(here));
    note("node", here.place, "tells", whom.size(), "of version", version, "of key", key, "as",
         number);
    here.changes.emplace(number, std::pair(key, version));
    if (!is_answered) here.unanswered_only.insert(number);
    for (const auto& each : whom)
      send(here, each.member, {message::kind::told, each.number, key});
    settle(here);
  }

  void settle(member& here) {
    for (const auto number : here.owed.take_over(clock_of(here))) {
      const auto [key, version] = here.changes.at(number);
      here.changes.erase(number);
      if (here.unanswered_only.erase(number) != 0) continue;
      answered_[key] = std::max(answered_[key], version);
      note("node", here.place, "answers version", version, "of key", key);
      ++out_.changes;
    }
  }

  // -- the network -----------------------------------------------------------------------------

  connection& link(std::size_t a, std::size_t b) {
    return links_[std::min(a, b) * members_.size() + std::max(a, b)];
  }
  static std::size_t direction(std::size_t from, std::size_t to) { return from < to ? 0 : 1; }

  std::shared_ptr<member> find(const member_id& id) const {
    for (const auto& each : members_)
      if (each && each->id == id) return each;
    return nullptr;
  }

  void attempt_connections() {
    for (std::size_t a = 0; a < members_.size(); ++a)
      for (std::size_t b = a + 1; b < members_.size(); ++b)
        connect(a, b);
    after(100ms, [this] { attempt_connections(); });
  }

  /// Both know each other by the table, whichever of them has read it first.
  void connect(std::size_t a, std::size_t b) {
    auto& pair = link(a, b);
    const auto first = members_[a];
    const auto second = members_[b];
    if (pair.is_up || now_ < pair.next_attempt || !first || !second || !first->is_alive ||
        !second->is_alive || pair.is_cut[0] || pair.is_cut[1])
      return;
    if (!first->owed.knows(second->id) || !second->owed.knows(first->id)) return;
    pair.is_up = true;
    const auto life = ++pair.life;
    note("nodes", a, "and", b, "are connected");
    greet(first, second->id, life);
    greet(second, first->id, life);
  }

  void greet(const std::shared_ptr<member>& whose, member_id other, std::uint64_t life) {
    const auto to = find(other);
    auto& pair = link(whose->place, to->place);
    // Nothing arrives before the greeting.
    const auto wait = delay();
    auto& arrival = pair.last_arrival[direction(to->place, whose->place)];
    arrival = now_ + wait;
    in(whose, wait, [this, other, life, place = to->place](member& here) {
      if (link(here.place, place).life != life) return;
      for (const auto& each : here.owed.connected(other, clock_of(here)))
        send(here, other, {message::kind::told, each.number, here.changes.at(each.change).first});
    });
  }

  void send(member& from, member_id to_id, message said) {
    const auto to = find(to_id);
    if (!to || !to->is_alive) return;
    auto& pair = link(from.place, to->place);
    if (!pair.is_up) return;
    const auto way = direction(from.place, to->place);
    if (pair.is_cut[way]) pair.lost_in[way] = pair.life;
    if (pair.lost_in[way] == pair.life) return;
    auto& arrival = pair.last_arrival[way];
    arrival = std::max(arrival, now_ + delay());
    after(arrival - now_,
          [this, to, from_id = from.id, place = from.place, said, life = pair.life] {
            auto& on = link(to->place, place);
            if (!on.is_up || on.life != life) return;
            if (!to->is_alive) return;
            in(to, 0us, [this, from_id, place, said, life](member& here) {
              if (link(here.place, place).life != life) return;
              hear(here, from_id, said);
            });
          });
  }

  void hear(member& here, const member_id& from, const message& said) {
    const auto now = clock_of(here);
    switch (said.is) {
    case message::kind::ask:
      if (here.owed.asked(from, now)) send(here, from, {message::kind::give, said.number, 0});
      break;
    case message::kind::give:
      here.owed.given(from, said.number, now);
      if (here.owed.is_member(from)) send(here, from, {message::kind::welcome, 0, 0});
      break;
    case message::kind::welcome:
      here.who.welcomed_by(from);
      break;
    case message::kind::told:
      here.owed.heard(from, said.number);
      in(members_[here.place],
         !is_calm() && chance(10) ? micros{pick(0, 1500000)} : micros{pick(0, 20000)},
         [this, from, said](member& later) {
           follow(later, said.key);
           note("node", later.place, "follows key", said.key);
           later.owed.applied(from, said.number, clock_of(later));
           send(later, from, {message::kind::confirmed, said.number, 0});
         });
      break;
    case message::kind::confirmed:
      here.owed.confirmed(from, said.number);
      settle(here);
      break;
    case message::kind::leaving:
      here.who.left(from, now);
      break;
    }
  }

  /// The connections of that place are gone; each end finds out in its own time.
  void break_off(std::size_t a) {
    for (std::size_t b = 0; b < members_.size(); ++b)
      if (a != b) break_link(a, b);
  }
  void break_link(std::size_t a, std::size_t b) {
    auto& pair = link(a, b);
    pair.is_up = false;
    pair.next_attempt = now_ + micros{pick(1000, 1500000)};
    const auto life = pair.life;
    note("the connection of", a, "and", b, "breaks");
    for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
      if (!members_[here] || !members_[there]) continue;
      in(members_[here], delay(),
         [this, id = members_[there]->id, place = there, life](member& whose) {
           if (link(whose.place, place).life == life) whose.owed.disconnected(id);
         });
    }
  }

  // -- trouble -----------------------------------------------------------------------------------

  void trouble() {
    if (is_calm()) return heal();
    const auto a = static_cast<std::size_t>(pick(0, options_.nodes - 1));
    const auto b = static_cast<std::size_t>(pick(0, options_.nodes - 1));
    const auto here = members_[a];
    switch (pick(0, 7)) {
    case 0: // nothing crosses, one way or both
      if (a != b) cut(a, b, pick(0, 2));
      break;
    case 1:
      if (a != b) break_link(a, b);
      break;
    case 2:
      store_cut_until_[a] = now_ + micros{pick(100000, chance(300) ? 90000000 : 6000000)};
      note("node", a, "has no store until", static_cast<double>(store_cut_until_[a].count()) / 1e6);
      break;
    case 3:
      if (here && here->is_alive && chance(500)) die(*here);
      break;
    case 4:
      if (here && here->is_alive) {
        here->frozen_until = now_ + micros{pick(10000, 5000000)};
        note("node", a, "is frozen until", static_cast<double>(here->frozen_until.count()) / 1e6);
        ++out_.freezes;
      }
      break;
    case 5:
      if (here && here->is_alive && here->who.is_open() && !here->is_leaving && chance(300))
        leave(here);
      break;
    case 6:
      if (chance(200)) part_company();
      break;
    default:
      break;
    }
    after(micros{pick(10000, 3000000)}, [this] { trouble(); });
  }

  void cut(std::size_t a, std::size_t b, std::int64_t ways, micros lasts = 0us) {
    auto& pair = link(a, b);
    pair.is_cut[0] = ways != 1;
    pair.is_cut[1] = ways != 0;
    ++out_.cuts;
    note("nothing goes",
         ways == 1 ? "from the second to the first of" : "from the first to the second of", a, b,
         ways);
    // Somebody's keepalive finds out; until then the other way goes on.
    after(micros{pick(0, 2000000)}, [this, a, b] { break_link(a, b); });
    if (lasts == 0us) lasts = micros{pick(100000, 6000000)};
    after(lasts, [this, a, b] { link(a, b).is_cut = {}; });
  }

  /// Some members lose the store and all the others, for long, and may be replaced meanwhile.
  void part_company() {
    const micros lasts{pick(5000000, 90000000)};
    std::vector<bool> is_away;
    for (std::size_t i = 0; i < members_.size(); ++i)
      is_away.push_back(chance(500));
    for (std::size_t a = 0; a < members_.size(); ++a) {
      if (is_away[a]) store_cut_until_[a] = now_ + lasts;
      for (std::size_t b = a + 1; b < members_.size(); ++b)
        if (is_away[a] != is_away[b]) cut(a, b, 2, lasts);
    }
  }

  void heal() {
    for (auto& each : store_cut_until_)
      each = now_;
    for (auto& each : links_)
      each.is_cut = {};
  }

  // -- what must hold
  // ------------------------------------------------------------------------------

  void look() {
    for (const auto& each : members_) {
      if (!each || !each->is_alive) continue;
      for (std::size_t key = 0; key < keys; ++key) {
        if (!counts(*each, key)) continue;
        ++out_.from_memory;
        if (each->memory[key]->version >= answered_[key]) continue;
        out_.violation = at() + "node " + std::to_string(each->place) + " answers version " +
                         std::to_string(each->memory[key]->version) + " of key " +
                         std::to_string(key) + " from memory, after version " +
                         std::to_string(answered_[key]) + " was answered";
        return;
      }
    }
  }

  void look_at_end() {
    for (const auto& each : members_) {
      const auto name = "node " + std::to_string(each->place);
      if (!each->is_alive || !each->who.is_open())
        out_.violation = at() + name + " does not serve though nothing is wrong any more";
      else if (clock_of(*each) >= each->owed.trusted_until())
        out_.violation = at() + name + " has no promises though nothing is wrong any more";
      for (std::size_t key = 0; key < keys; ++key)
        if (counts(*each, key) && each->memory[key]->version != stored_[key])
          out_.violation = at() + name + " still remembers version " +
                           std::to_string(each->memory[key]->version) + " of key " +
                           std::to_string(key) + ", and " + std::to_string(stored_[key]) +
                           " is stored";
    }
  }

  std::string at() const {
    return "seed " + std::to_string(options_.seed) + ", after " +
           std::to_string(static_cast<double>(now_.count()) / 1e6) + " s: ";
  }

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

} // namespace
} // namespace promise_walking

promise_walk_outcome walk_promises(const promise_walk_options& options) {
  return promise_walking::walk(options).run();
}

} // namespace latchkey::test

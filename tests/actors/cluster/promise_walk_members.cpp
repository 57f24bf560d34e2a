// promise_walk_members.cpp — what the members of a walk do, from their start to their end.
#include "tests/actors/cluster/promise_walk_world.hpp"

#include <algorithm>

namespace latchkey::test::promise_walking {
namespace {

constexpr micros beat_every = 500ms;
constexpr micros tick_every = 25ms;

} // namespace

// -- a member's life ---------------------------------------------------------------------------

void walk::start(std::size_t place) {
  if (members_[place] && members_[place]->is_alive) return;
  member_id id;
  id.bytes[0] = static_cast<std::uint8_t>(++lives_ >> 8);
  id.bytes[1] = static_cast<std::uint8_t>(lives_);
  members_[place] = std::make_shared<member>(place, id, terms_);
  succeed(members_[place]);
  tick(members_[place]);
  note("node", place, "starts as", lives_);
}

void walk::succeed(const std::shared_ptr<member>& whose) {
  in_store<bool>(
      whose,
      [this, whose] {
        return std::erase_if(table_, [&](const auto& entry) {
                 return entry.second.place == whose->place;
               }) > 0;
      },
      [this, whose](member&, bool) { join(whose); }, [this, whose](member&) { succeed(whose); });
}

void walk::join(const std::shared_ptr<member>& whose) {
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
      [](member& here, bool) { here.has_joined = true; }, [this, whose](member&) { join(whose); });
}

void walk::tick(const std::shared_ptr<member>& whose) {
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

void walk::beat(const std::shared_ptr<member>& whose) {
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

void walk::remove(const std::shared_ptr<member>& whose, const fence& silent) {
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

void walk::open(const std::shared_ptr<member>& whose) {
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

void walk::die(member& whose) {
  note("node", whose.place, "dies");
  whose.is_alive = false;
  ++out_.deaths;
  for (std::size_t other = 0; other < members_.size(); ++other)
    if (other != whose.place) link(whose.place, other).is_up = false;
  break_off(whose.place);
  after(is_calm() ? 500ms : micros{pick(100000, 8000000)},
        [this, place = whose.place] { start(place); });
}

void walk::leave(const std::shared_ptr<member>& whose) {
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

// -- what it does ------------------------------------------------------------------------------

void walk::work(const std::shared_ptr<member>& whose) {
  if (!is_calm() && chance(40)) change(whose, static_cast<std::size_t>(pick(0, keys - 1)));
  for (std::size_t key = 0; key < keys; ++key)
    if (!whose->loads[key] && !counts(*whose, key) && chance(500)) load(whose, key);
}

bool walk::counts(const member& whose, std::size_t key) const {
  const auto& known = whose.memory[key];
  return known && whose.who.is_open() && !whose.is_leaving && known->epoch == whose.owed.epoch() &&
         clock_of(whose) < whose.owed.trusted_until();
}

void walk::load(const std::shared_ptr<member>& whose, std::size_t key) {
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

void walk::follow(member& here, std::size_t key) {
  here.memory[key].reset();
  if (here.loads[key]) here.loads[key]->is_overtaken = true;
}

void walk::change(const std::shared_ptr<member>& whose, std::size_t key) {
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

void walk::find_out(const std::shared_ptr<member>& whose, std::size_t key) {
  in_store<std::uint64_t>(
      whose, [this, key] { return stored_[key]; },
      [this, key](member& here, std::uint64_t version) { tell(here, key, version, false); },
      [this, whose, key](member&) { find_out(whose, key); });
}

void walk::tell(member& here, std::size_t key, std::uint64_t version, bool is_answered) {
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

void walk::settle(member& here) {
  for (const auto number : here.owed.take_over(clock_of(here))) {
    const auto [key, version] = here.changes.at(number);
    here.changes.erase(number);
    if (here.unanswered_only.erase(number) != 0) continue;
    answered_[key] = std::max(answered_[key], version);
    note("node", here.place, "answers version", version, "of key", key);
    ++out_.changes;
  }
}

} // namespace latchkey::test::promise_walking

// promise_walk_trouble.cpp — what goes wrong in a walk, and what must hold all the same.
#include "tests/actors/cluster/promise_walk_world.hpp"

namespace latchkey::test::promise_walking {

// -- trouble -----------------------------------------------------------------------------------

void walk::trouble() {
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

void walk::cut(std::size_t a, std::size_t b, std::int64_t ways, micros lasts) {
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

void walk::part_company() {
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

void walk::heal() {
  for (auto& each : store_cut_until_)
    each = now_;
  for (auto& each : links_)
    each.is_cut = {};
}

// -- what must hold -----------------------------------------------------------------------------

void walk::look() {
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

void walk::look_at_end() {
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

std::string walk::at() const {
  return "seed " + std::to_string(options_.seed) + ", after " +
         std::to_string(static_cast<double>(now_.count()) / 1e6) + " s: ";
}

} // namespace latchkey::test::promise_walking

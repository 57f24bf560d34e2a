// promise_walk_network.cpp — the connections of a walk, and what its members say by them.
#include "tests/actors/cluster/promise_walk_world.hpp"

#include <algorithm>

namespace latchkey::test::promise_walking {

connection& walk::link(std::size_t a, std::size_t b) {
  return links_[std::min(a, b) * members_.size() + std::max(a, b)];
}

std::shared_ptr<member> walk::find(const member_id& id) const {
  for (const auto& each : members_)
    if (each && each->id == id) return each;
  return nullptr;
}

void walk::attempt_connections() {
  for (std::size_t a = 0; a < members_.size(); ++a)
    for (std::size_t b = a + 1; b < members_.size(); ++b)
      connect(a, b);
  after(100ms, [this] { attempt_connections(); });
}

void walk::connect(std::size_t a, std::size_t b) {
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

void walk::greet(const std::shared_ptr<member>& whose, member_id other, std::uint64_t life) {
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

void walk::send(member& from, member_id to_id, message said) {
  const auto to = find(to_id);
  if (!to || !to->is_alive) return;
  auto& pair = link(from.place, to->place);
  if (!pair.is_up) return;
  const auto way = direction(from.place, to->place);
  if (pair.is_cut[way]) pair.lost_in[way] = pair.life;
  if (pair.lost_in[way] == pair.life) return;
  auto& arrival = pair.last_arrival[way];
  arrival = std::max(arrival, now_ + delay());
  after(arrival - now_, [this, to, from_id = from.id, place = from.place, said, life = pair.life] {
    auto& on = link(to->place, place);
    if (!on.is_up || on.life != life) return;
    if (!to->is_alive) return;
    in(to, 0us, [this, from_id, place, said, life](member& here) {
      if (link(here.place, place).life != life) return;
      hear(here, from_id, said);
    });
  });
}

void walk::hear(member& here, const member_id& from, const message& said) {
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

void walk::break_off(std::size_t a) {
  for (std::size_t b = 0; b < members_.size(); ++b)
    if (a != b) break_link(a, b);
}

void walk::break_link(std::size_t a, std::size_t b) {
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

} // namespace latchkey::test::promise_walking

#include "actors/cluster/promises.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::cluster {
namespace {

constexpr std::size_t open_questions_max = 8;

} // namespace

// -- who is there ------------------------------------------------------------------------

void promises::meet(const member_id& other) {
  peers_.try_emplace(other);
}

void promises::bury(const member_id& other, time_point now) {
  const auto found = peers_.find(other);
  if (found == peers_.end() || found->second.now == standing::buried) return;
  auto& gone = found->second;
  const bool was_member = gone.now == standing::member;
  gone.now = standing::buried;
  gone.is_connected = false;
  gone.unconfirmed.clear();
  if (was_member) forget_memory();
  weigh(now);
}

void promises::withhold(const member_id& other, bool is_withheld) {
  const auto found = peers_.find(other);
  if (found != peers_.end()) found->second.is_withheld = is_withheld;
}

std::vector<member_id> promises::told_of_leaving() const {
  std::vector<member_id> out;
  for (const auto& [id, other] : peers_)
    if (other.is_connected && !other.is_withheld) out.push_back(id);
  return out;
}

void promises::part(const member_id& other, time_point now) {
  const auto found = peers_.find(other);
  if (found == peers_.end()) return;
  for (auto& [number, pending] : changes_)
    pending.waits_for.erase(other);
  peers_.erase(found);
  weigh(now);
}

std::vector<promises::told> promises::connected(const member_id& other, time_point now) {
  std::vector<told> first;
  const auto found = peers_.find(other);
  if (found == peers_.end() || found->second.now == standing::buried) return first;
  auto& here = found->second;
  disconnected(other);
  here.is_connected = true;
  here.asked_at = now - terms_.renewed_every; // at once
  for (auto& [number, pending] : changes_) {
    if (!pending.waits_for.contains(other)) continue;
    here.unconfirmed.emplace(++here.told, number);
    first.push_back({other, here.told, number});
  }
  return first;
}

void promises::disconnected(const member_id& other) {
  const auto found = peers_.find(other);
  if (found == peers_.end()) return;
  auto& lost = found->second;
  lost.is_connected = false;
  lost.unconfirmed.clear();
  lost.unapplied.clear();
  lost.pending_promises.clear();
  lost.open_questions.clear();
}

bool promises::is_member(const member_id& other) const {
  const auto found = peers_.find(other);
  return found != peers_.end() && found->second.now == standing::member;
}

// -- what is owed to this member -----------------------------------------------------------

void promises::heartbeat_written(time_point sent, time_point now) {
  lease_until_ = std::max(lease_until_, sent + terms_.without_store_max);
  weigh(now);
}

std::vector<promises::question> promises::ask(time_point now) {
  std::vector<question> due;
  for (auto& [id, other] : peers_) {
    if (!other.is_connected || now < other.asked_at + terms_.renewed_every) continue;
    other.asked_at = now;
    other.open_questions.emplace_back(++other.questions, now);
    if (other.open_questions.size() > open_questions_max) other.open_questions.pop_front();
    due.push_back({id, other.questions});
  }
  return due;
}

bool promises::given(const member_id& by, std::uint64_t number, time_point now) {
  const auto found = peers_.find(by);
  if (found == peers_.end() || found->second.now == standing::buried) return false;
  auto& giver = found->second;
  auto& open = giver.open_questions;
  while (!open.empty() && open.front().first < number)
    open.pop_front();
  if (open.empty() || open.front().first != number) return false;
  const auto until = open.front().second + terms_.duration - terms_.margin;
  open.pop_front();
  if (now >= until) return false;
  giver.pending_promises.push_back({until, giver.heard});
  count_promises(giver);
  const bool is_new = giver.now == standing::met && giver.held_until > now;
  if (is_new) giver.now = standing::member;
  weigh(now);
  return is_new;
}

void promises::heard(const member_id& from, std::uint64_t number) {
  const auto found = peers_.find(from);
  if (found == peers_.end()) return;
  found->second.heard = number;
  found->second.unapplied.insert(number);
}

void promises::applied(const member_id& from, std::uint64_t number, time_point now) {
  const auto found = peers_.find(from);
  if (found == peers_.end()) return;
  found->second.unapplied.erase(number);
  count_promises(found->second);
  weigh(now);
}

/// A promise that was given after a change was told counts once that change is applied.
void promises::count_promises(peer& by) {
  auto& pending = by.pending_promises;
  while (!pending.empty() &&
         (by.unapplied.empty() || *by.unapplied.begin() > pending.front().after)) {
    by.held_until = std::max(by.held_until, pending.front().until);
    pending.pop_front();
  }
}

/// Until when memory counts; when it did not count meanwhile, what was read before is old.
void promises::weigh(time_point now) {
  auto until = lease_until_;
  for (const auto& [id, other] : peers_)
    if (other.now == standing::member) until = std::min(until, other.held_until);
  if (until > now && trusted_until_ <= now) forget_memory();
  trusted_until_ = until;
}

// -- what this member owes -----------------------------------------------------------------

bool promises::asked(const member_id& by, time_point now) {
  const auto found = peers_.find(by);
  if (found == peers_.end() || found->second.now == standing::buried || found->second.is_withheld)
    return false;
  found->second.owed_until = std::max(found->second.owed_until, now + terms_.duration);
  return true;
}

std::pair<promises::change_number, std::vector<promises::told>> promises::begin(time_point now) {
  const auto number = ++last_change_;
  auto& made = changes_[number];
  std::vector<told> tell;
  for (auto& [id, other] : peers_) {
    if (other.now != standing::buried && other.is_connected) {
      other.unconfirmed.emplace(++other.told, number);
      tell.push_back({id, other.told, number});
    }
    if (other.owed_until > now) made.waits_for.emplace(id, other.owed_until);
  }
  return {number, std::move(tell)};
}

void promises::confirmed(const member_id& by, std::uint64_t number) {
  const auto found = peers_.find(by);
  if (found == peers_.end()) return;
  const auto pending = found->second.unconfirmed.find(number);
  if (pending == found->second.unconfirmed.end()) return;
  const auto open = changes_.find(pending->second);
  if (open != changes_.end()) open->second.waits_for.erase(by);
  found->second.unconfirmed.erase(pending);
}

std::vector<promises::change_number> promises::take_over(time_point now) {
  std::vector<change_number> over;
  for (auto it = changes_.begin(); it != changes_.end();) {
    std::erase_if(it->second.waits_for, [now](const auto& wait) { return wait.second <= now; });
    if (!it->second.waits_for.empty()) {
      ++it;
      continue;
    }
    over.push_back(it->first);
    it = changes_.erase(it);
  }
  // Whoever is buried is kept in mind for as long as it may hold a promise.
  std::erase_if(peers_, [now](const auto& entry) {
    return entry.second.now == standing::buried && entry.second.owed_until <= now;
  });
  return over;
}

std::optional<time_point> promises::next_end() const {
  std::optional<time_point> next;
  for (const auto& [number, open] : changes_)
    for (const auto& [id, until] : open.waits_for)
      if (!next || until < *next) next = until;
  return next;
}

} // namespace latchkey::cluster

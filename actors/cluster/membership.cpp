#include "actors/cluster/membership.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::cluster {

membership::membership(member_id self, promises& owed, promise_terms terms,
                       std::chrono::microseconds dead_after)
    : self_(self), owed_(owed), terms_(terms), dead_after_(dead_after) {}

bool membership::has_met(const member_id& other) const {
  return owed_.is_member(other) && (is_open_ || welcomed_by_.contains(other));
}

std::vector<fence> membership::table_read(std::span<const member_row> rows, time_point sent,
                                          time_point now) {
  // Somebody who was removed before may hold a promise still, and nobody here would tell it.
  if (!std::exchange(has_read_, true)) opens_at_ = now + terms_.duration;
  owed_.heartbeat_written(sent, now);
  std::map<member_id, member_row> read;
  bool may_judge = false; // and does not only come back from a time without the store
  for (const auto& row : rows)
    if (row.id == self_)
      may_judge = row.gapless_for >= dead_after_;
    else
      read.emplace(row.id, row);
  for (const auto& [id, row] : others_) {
    if (read.contains(id) || left_.contains(id)) continue;
    owed_.bury(id, now);
    // Who removed it gave it no promise from then on, and it may have had one.
    if (!is_open_) opens_at_ = std::max(opens_at_, now + terms_.duration);
  }
  others_ = std::move(read);

  std::vector<fence> silent;
  for (const auto& [id, row] : others_) {
    if (left_.contains(id)) continue;
    owed_.meet(id);
    const auto bound = silence_of(row);
    const bool is_silent = may_judge && row.silent_for >= bound;
    owed_.withhold(id, is_silent);
    if (is_silent) silent.push_back({id, bound});
  }
  return silent;
}

std::chrono::microseconds membership::silence_of(const member_row& row) const {
  const bool serves_nobody = !row.is_open;
  if (serves_nobody || has_met(row.id)) return dead_after_;
  return terms_.without_store_max + terms_.duration;
}

void membership::left(const member_id& other, time_point now) {
  left_.insert(other);
  owed_.part(other, now);
}

bool membership::may_open(time_point now) const {
  if (!has_read_ || now < opens_at_) return false;
  // Both ways: each needs the promises of the other from now on.
  return std::all_of(others_.begin(), others_.end(), [this](const auto& entry) {
    const auto& id = entry.first;
    return left_.contains(id) || (welcomed_by_.contains(id) && owed_.is_member(id));
  });
}

} // namespace latchkey::cluster

// membership.hpp — who belongs to the cluster, as one member sees it, and whether that one may
// serve.
//
// The table of members is in the store, which alone tells how long a member has been silent. A
// newcomer adds its row, is welcomed by every member that is in the table with it, and serves only
// then: from their welcome on they need its promises, so it changes nothing behind anybody's back.
//
// A silent member is fenced: its row is removed, and with it the right to write. Who has met it may
// do so soon, for it needs their promises and gets none any more. To whoever has not met it, it
// owes nothing: it is fenced only once it must have stopped by itself (`without_store_max`).
//
// Like promises.hpp, this decides and does nothing.
#pragma once

#include "actors/cluster/promises.hpp"
#include "protocol/facts/members.hpp"

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace latchkey::cluster {

using storage::member_row;

/// To be carried out on the table, if it is still so by the store's clock.
struct fence {
  member_id id;
  std::chrono::microseconds silent_for{};
};

class membership {
public:
  /// `dead_after`: how long a member may be silent.
  membership(member_id self, promises& owed, promise_terms terms,
             std::chrono::microseconds dead_after);

  /// The table was read, with this member's row in it, by a question sent at `sent` that has
  /// written its heartbeat too. Whom to fence.
  std::vector<fence> table_read(std::span<const member_row> rows, time_point sent, time_point now);
  /// That member needs this one's promises from now on.
  void welcomed_by(const member_id& other) { welcomed_by_.insert(other); }
  /// That member has said that it leaves.
  void left(const member_id& other, time_point now);

  /// Whether it may write that it is open, and then serve.
  bool may_open(time_point now) const;
  void opened() noexcept { is_open_ = true; }
  bool is_open() const noexcept { return is_open_; }
  /// The others of the newest table.
  const std::map<member_id, member_row>& others() const noexcept { return others_; }

private:
  bool has_met(const member_id& other) const;
  /// How long that one may be silent before this one removes its row.
  std::chrono::microseconds silence_of(const member_row& row) const;

  member_id self_;
  promises& owed_;
  promise_terms terms_;
  std::chrono::microseconds dead_after_;
  std::map<member_id, member_row> others_;
  std::set<member_id> welcomed_by_;
  std::set<member_id> left_;
  time_point opens_at_{};
  bool has_read_ = false;
  bool is_open_ = false;
};

} // namespace latchkey::cluster

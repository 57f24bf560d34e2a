// members.hpp — the table of a cluster's members, which is in the database that they share.
//
// How long a member has been silent is told by the database's clock alone. What a member writes, it
// writes as long as its row is there: removing the row (a fence) ends its right in the same
// instant.
#pragma once

#include "protocol/facts/members.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace latchkey::storage {

/// A connection of its own; for one thread. STORE_UNAVAILABLE when the database does not answer
/// soon.
class member_table {
public:
  virtual ~member_table() = default;

  /// Removes the rows of this node's earlier lives, which are over for sure.
  virtual result<void> remove_predecessors(const std::string& node) = 0;
  /// Adds a row, one member at a time: false while another one is between `join` and `open`.
  /// CONFLICT with a sentence when there is a member with other terms.
  virtual result<bool> join(const member_row& row) = 0;
  /// Writes this member's heartbeat and reads the table. A pause of `gap_from` or more since the
  /// last one is a gap. Without this member's row in it, that was fenced.
  virtual result<std::vector<member_row>> beat(const member_id& self,
                                               std::chrono::microseconds gap_from) = 0;
  /// This member may answer requests from now on, and others may join. False when it was fenced.
  virtual result<bool> open(const member_id& self) = 0;
  /// Removes that row, if it is as silent as that and `self` is not only just back itself: its
  /// heartbeats have come without a gap for `judge_from`. Ends the connections it writes by.
  /// Whether the row is gone by this.
  virtual result<bool> fence(const member_id& self, const member_id& silent,
                             std::chrono::microseconds silent_for,
                             std::chrono::microseconds judge_from) = 0;
  /// Removes this member's own row.
  virtual result<void> leave(const member_id& self) = 0;
};

} // namespace latchkey::storage

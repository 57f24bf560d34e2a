// batch.hpp — how a batch of units becomes few transactions of few statements, for an engine whose
// round trips are expensive.
//
// Within a group, the facts of all units may run together by kind, in the order of `fact`'s
// alternatives. The result is the same as running unit after unit: units that touch the same thing
// are put into different groups, in their order, and a unit whose own facts need another order
// than that of the kinds gets a group of its own.
#pragma once

#include "storage/store.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace latchkey::storage {

/// Units in one transaction at most; a longer batch takes several.
constexpr std::size_t group_units_max = 1024;

struct batch_group {
  std::vector<std::size_t> units; // positions in the batch, rising
  bool by_kind = true;            // false: one unit, its facts one by one in their order
};

/// Groups for the units at `chosen` positions of `batch`; to be run in the order given.
/// Every chosen unit stands in exactly one group.
std::vector<batch_group> plan_batch(std::span<const unit> batch,
                                    std::span<const std::size_t> chosen);

} // namespace latchkey::storage

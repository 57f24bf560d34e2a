// batch.hpp — how a batch of units becomes few transactions of few statements, for an
// engine where a round trip is dear.
//
// Within a group facts may run by kind, in the order of `fact`'s alternatives, all units
// together. The plan sees to it that this changes nothing: units that touch the same thing
// stand in different groups, in their order, and a unit whose own facts must keep an order
// that differs from that of the kinds stands alone.
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

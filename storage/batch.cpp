#include "storage/batch.hpp"

#include "storage/facts/rules/footprint.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace latchkey::storage {

namespace {

/// Gives each unit the first layer that may hold it: behind every earlier unit that it meets.
class layers {
public:
  std::size_t add(const footprint& u) {
    std::size_t layer = floor_;
    for (const auto& entry : u.entries()) {
      const auto seen = seen_.find(entry.key);
      if (seen == seen_.end()) continue;
      layer = std::max(layer, seen->second.after_writes);
      if (entry.writes) layer = std::max(layer, seen->second.after_reads);
    }
    if (u.names_sessions()) layer = std::max(layer, after_ends_all_);
    // Kinds that name a session but not its user run before end_sessions_of, so they may share a
    // layer with it; the others share the user with it.
    if (u.ends_sessions()) layer = std::max(layer, last_naming_);
    if (!u.is_ordered_by_kind()) layer = std::max(layer, count_);
    remember(u, layer);
    return layer;
  }

private:
  struct seen_at {
    std::size_t after_writes = 0; // the first layer in which a read may follow
    std::size_t after_reads = 0;  // the first layer in which a write may follow
  };

  void remember(const footprint& u, std::size_t layer) {
    for (const auto& entry : u.entries()) {
      auto& seen = seen_[entry.key];
      auto& after = entry.writes ? seen.after_writes : seen.after_reads;
      after = std::max(after, layer + 1);
    }
    if (u.names_sessions()) last_naming_ = std::max(last_naming_, layer);
    if (u.ends_sessions()) after_ends_all_ = std::max(after_ends_all_, layer + 1);
    count_ = std::max(count_, layer + 1);
    if (!u.is_ordered_by_kind()) floor_ = layer + 1; // no other unit joins or overtakes it
  }

  std::unordered_map<std::string, seen_at> seen_;
  std::size_t floor_ = 0;
  std::size_t count_ = 0;
  std::size_t after_ends_all_ = 0;
  std::size_t last_naming_ = 0;
};

} // namespace

std::vector<batch_group> plan_batch(std::span<const unit> batch,
                                    std::span<const std::size_t> chosen) {
  std::vector<batch_group> planned;
  layers so_far;
  for (auto position : chosen) {
    const footprint u(batch[position]);
    const auto layer = so_far.add(u);
    if (layer >= planned.size()) planned.resize(layer + 1);
    planned[layer].units.push_back(position);
    planned[layer].by_kind = u.is_ordered_by_kind();
  }
  std::vector<batch_group> out;
  for (auto& group : planned)
    for (std::size_t from = 0; from < group.units.size(); from += group_units_max) {
      const auto to = std::min(group.units.size(), from + group_units_max);
      out.push_back({{group.units.begin() + static_cast<std::ptrdiff_t>(from),
                      group.units.begin() + static_cast<std::ptrdiff_t>(to)},
                     group.by_kind});
    }
  return out;
}

} // namespace latchkey::storage

#include "storage/batch.hpp"

#include "storage/facts/footprint.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace latchkey::storage {

namespace {

/// Gives each unit the first layer in which nothing before it is in its way.
class layers {
public:
  std::size_t place(const footprint& u) {
    std::size_t layer = floor_;
    for (const auto& t : u.touches()) {
      const auto seen = seen_.find(t.key);
      if (seen == seen_.end()) continue;
      layer = std::max(layer, seen->second.after_writes);
      if (t.writes) layer = std::max(layer, seen->second.after_reads);
    }
    if (u.names_sessions()) layer = std::max(layer, after_ends_all_);
    // Kinds that name a session and not its user run before end_sessions_of, so the same layer
    // will do; the others share the user with it.
    if (u.ends_all()) layer = std::max(layer, last_naming_);
    if (!u.is_ordered_by_kind()) layer = std::max(layer, count_);
    note(u, layer);
    return layer;
  }

private:
  struct seen_at {
    std::size_t after_writes = 0; // the first layer in which a read may follow
    std::size_t after_reads = 0;  // the first layer in which a write may follow
  };

  void note(const footprint& u, std::size_t layer) {
    for (const auto& t : u.touches()) {
      auto& seen = seen_[t.key];
      auto& after = t.writes ? seen.after_writes : seen.after_reads;
      after = std::max(after, layer + 1);
    }
    if (u.names_sessions()) last_naming_ = std::max(last_naming_, layer);
    if (u.ends_all()) after_ends_all_ = std::max(after_ends_all_, layer + 1);
    count_ = std::max(count_, layer + 1);
    if (!u.is_ordered_by_kind()) floor_ = layer + 1; // nothing joins it, nothing overtakes it
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
  layers placing;
  for (auto position : chosen) {
    const footprint u(batch[position]);
    const auto layer = placing.place(u);
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

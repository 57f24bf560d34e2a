// tiers.hpp — what a subscription's tier allows: quotas by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// How much, and for how long that counts.
struct quota {
  enum class window : std::uint8_t { none, day, month } renewed = window::none; // UTC
  std::optional<std::int64_t> limit;                                            // unset: none

  friend bool operator==(const quota&, const quota&) = default;
};

/// Quotas of one tier, by name: "projects", "api_keys", "workflows". One that is not there
/// allows nothing.
using tier_quotas = std::map<std::string, quota, std::less<>>;

/// Tiers by name; "free" is always there and stands for one that is no longer.
struct tier_table {
  std::map<std::string, tier_quotas, std::less<>> tiers;
  std::vector<std::string> order; // their names as the setting lists them: the best is the last

  const tier_quotas& quotas_of(std::string_view tier) const;
  quota quota_of(std::string_view tier, std::string_view name) const;
  bool has(std::string_view tier) const { return tiers.find(tier) != tiers.end(); }
  /// Its place in `order`, from 1; 0 for a tier that is not there.
  std::size_t rank_of(std::string_view tier) const;
};

/// `free:projects=3,api_keys=5,workflows=100/month;pro:projects=unlimited,…`. Nothing for
/// text that is not of this form, and without "free". Of two tiers the later one is the better.
std::optional<tier_table> parse_tiers(std::string_view text);
std::string to_string(const tier_table& tiers);

/// Which tier `price` buys by STRIPE_PRICES ("price=tier[,price=tier]"); empty: none.
std::string_view tier_of_price(std::string_view prices, std::string_view price);
/// Whether every tier that STRIPE_PRICES names is one of `tiers`.
bool are_price_tiers(std::string_view prices, const tier_table& tiers);

} // namespace latchkey

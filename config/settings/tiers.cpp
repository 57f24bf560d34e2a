#include "config/settings/tiers.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t name_bytes_max = 50; // "Internal API Documentation", subscriptions.tier
constexpr std::size_t tiers_max = 64;
constexpr std::size_t quotas_max = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// The text before the first `separator`; the rest stays in `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// "3", "unlimited", "100/month".
std::optional<quota> parse_quota(std::string_view text) {
  quota out;
  if (text.ends_with('/')) return std::nullopt;
  const auto amount = take_part(text, '/');
  if (text == "day")
    out.renewed = quota::window::day;
  else if (text == "month")
    out.renewed = quota::window::month;
  else if (!text.empty())
    return std::nullopt;
  if (amount == "unlimited") return out;
  std::uint32_t number = 0;
  const auto* end = amount.data() + amount.size();
  const auto read = std::from_chars(amount.data(), end, number);
  if (amount.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  out.limit = number;
  return out;
}

std::optional<tier_quotas> parse_quotas(std::string_view text) {
  tier_quotas out;
  while (!text.empty()) {
    auto value = take_part(text, ',');
    const auto name = take_part(value, '=');
    auto parsed = parse_quota(value);
    if (!parsed || !is_name(name) || out.size() == quotas_max || !out.emplace(name, *parsed).second)
      return std::nullopt;
  }
  return out;
}

std::string_view without_spaces_around(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

std::string_view window_text(quota::window renewed) {
  switch (renewed) {
  case quota::window::day:
    return "/day";
  case quota::window::month:
    return "/month";
  case quota::window::none:
    break;
  }
  return "";
}

} // namespace

const tier_quotas& tier_table::quotas_of(std::string_view tier) const {
  static const tier_quotas nothing;
  auto found = tiers.find(tier);
  if (found == tiers.end()) found = tiers.find("free");
  return found == tiers.end() ? nothing : found->second;
}

quota tier_table::quota_of(std::string_view tier, std::string_view name) const {
  const auto& quotas = quotas_of(tier);
  const auto found = quotas.find(name);
  if (found != quotas.end()) return found->second;
  quota none;
  none.limit = 0;
  return none;
}

std::size_t tier_table::rank_of(std::string_view tier) const {
  const auto found = std::ranges::find(order, tier);
  return found == order.end() ? 0 : static_cast<std::size_t>(found - order.begin()) + 1;
}

std::optional<tier_table> parse_tiers(std::string_view text) {
  tier_table out;
  while (!text.empty()) {
    auto quotas = take_part(text, ';');
    if (quotas.find(':') == std::string_view::npos) return std::nullopt;
    const auto name = take_part(quotas, ':');
    auto read = parse_quotas(quotas);
    if (!read || !is_name(name) || out.tiers.size() == tiers_max ||
        !out.tiers.emplace(name, std::move(*read)).second)
      return std::nullopt;
    out.order.emplace_back(name);
  }
  if (!out.has("free")) return std::nullopt;
  return out;
}

std::string to_string(const tier_table& tiers) {
  std::string out;
  for (const auto& name : tiers.order) {
    const auto& quotas = tiers.quotas_of(name);
    if (!out.empty()) out += ';';
    out += name + ':';
    bool is_first = true;
    for (const auto& [quota, allowed] : quotas) {
      if (!std::exchange(is_first, false)) out += ',';
      out += quota + '=' + (allowed.limit ? std::to_string(*allowed.limit) : "unlimited");
      out += window_text(allowed.renewed);
    }
  }
  return out;
}

std::string_view tier_of_price(std::string_view prices, std::string_view price) {
  while (!prices.empty()) {
    auto tier = without_spaces_around(take_part(prices, ','));
    if (take_part(tier, '=') == price) return tier;
  }
  return {};
}

bool are_price_tiers(std::string_view prices, const tier_table& tiers) {
  while (!prices.empty()) {
    auto tier = without_spaces_around(take_part(prices, ','));
    take_part(tier, '=');
    if (!tiers.has(tier)) return false;
  }
  return true;
}

} // namespace latchkey

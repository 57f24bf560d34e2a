#include "gateway/surfaces/billing/stripe_event.hpp"

#include "protocol/facts/subscription_status.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

namespace latchkey::gateway::billing {
namespace {

using nlohmann::json;
using kind = messages::stripe_event::kind;

constexpr std::size_t id_bytes_max = 255;             // VARCHAR(255)
constexpr std::size_t status_bytes_max = 50;          // VARCHAR(50)
constexpr std::size_t items_max = 100;                // of one subscription
constexpr std::int64_t seconds_max = 253'402'300'799; // the end of the year 9999

tl::unexpected<failure> wrong(const char* field, const char* reason) {
  return fail(error_code::validation_error, field, reason);
}

/// The member, or null when it or its parent is none.
const json& at(const json& object, const char* name) {
  static const json none;
  if (!object.is_object()) return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

std::string text_at(const json& object, const char* name) {
  const auto& value = at(object, name);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

/// What Stripe names by its id or, when it was asked to expand it, shows whole.
std::string id_at(const json& object, const char* name) {
  const auto& value = at(object, name);
  return value.is_object() ? text_at(value, "id") : text_at(object, name);
}

std::optional<time_point> time_at(const json& object, const char* name) {
  const auto& value = at(object, name);
  if (!value.is_number_integer()) return std::nullopt;
  const auto seconds = value.get<std::int64_t>();
  if (seconds < 0 || seconds > seconds_max) return std::nullopt;
  return time_point{std::chrono::seconds{seconds}};
}

/// When it stops: it has ended, or an end has been set. A period that will be renewed is none.
std::optional<time_point> end_of(const json& subscription) {
  if (const auto ended = time_at(subscription, "ended_at")) return ended;
  if (const auto set = time_at(subscription, "cancel_at")) return set;
  const auto& stops = at(subscription, "cancel_at_period_end");
  if (!stops.is_boolean() || !stops.get<bool>()) return std::nullopt;
  if (const auto end = time_at(subscription, "current_period_end")) return end;
  // Later versions of Stripe's API have the period with the item.
  const auto& items = at(at(subscription, "items"), "data");
  return items.is_array() && !items.empty() ? time_at(items.front(), "current_period_end")
                                            : std::nullopt;
}

std::vector<std::string> prices_of(const json& subscription) {
  std::vector<std::string> out;
  const auto& items = at(at(subscription, "items"), "data");
  if (!items.is_array()) return out;
  for (std::size_t i = 0; i < items.size() && i < items_max; ++i) {
    const auto& price = at(items[i], "price");
    for (auto name : {id_at(items[i], "price"), text_at(price, "lookup_key")})
      if (!name.empty()) out.push_back(std::move(name));
  }
  return out;
}

std::optional<kind> kind_of(std::string_view type) {
  if (type == "customer.subscription.created") return kind::created;
  // The last two are updates under names of their own; each shows the whole subscription.
  for (const auto* update : {"updated", "paused", "resumed"})
    if (type == std::string{"customer.subscription."} + update) return kind::updated;
  if (type == "customer.subscription.deleted") return kind::deleted;
  return std::nullopt;
}

result<stripe_change> read_change(const json& object, messages::stripe_event event) {
  stripe_change out;
  auto& record = out.subscription;
  out.event = std::move(event);
  record.stripe_subscription_id = text_at(object, "id");
  if (record.stripe_subscription_id.empty() || record.stripe_subscription_id.size() > id_bytes_max)
    return wrong("data.object.id", "is required");
  record.stripe_customer_id = id_at(object, "customer");
  if (record.stripe_customer_id.empty() || record.stripe_customer_id.size() > id_bytes_max)
    return wrong("data.object.customer", "is required");
  record.status = out.event.type == kind::deleted
                      ? std::string{to_string(subscription_status::canceled)}
                      : text_at(object, "status");
  if (record.status.empty() || record.status.size() > status_bytes_max)
    return wrong("data.object.status", "is required");
  record.start_date = time_at(object, "start_date").value_or(out.event.at);
  record.end_date = end_of(object);
  if (out.event.type == kind::deleted && !record.end_date) record.end_date = out.event.at;
  record.trial_ends_at = time_at(object, "trial_end");
  record.cancelled_at = time_at(object, "canceled_at");
  record.payment_method = id_at(object, "default_payment_method");
  if (record.payment_method.size() > payment_method_bytes_max) record.payment_method.clear();
  const auto& metadata = at(object, "metadata");
  out.user = text_at(metadata, "user_id");
  out.tier = text_at(metadata, "tier");
  out.prices = prices_of(object);
  return out;
}

} // namespace

result<std::optional<stripe_change>> read_stripe_event(std::string_view body) {
  std::set<std::string> names;
  std::string repeated;
  const auto note_name = [&](int depth, json::parse_event_t token, json& name) {
    if (token == json::parse_event_t::key && depth == 1 && !names.insert(name).second)
      repeated = name;
    return true;
  };
  const auto event = json::parse(body, note_name, /*allow_exceptions*/ false);
  if (!repeated.empty()) return wrong(repeated.c_str(), "is given twice");
  if (event.is_discarded()) return wrong("body", "is not valid JSON");
  if (!event.is_object()) return wrong("body", "is not a JSON object");
  const auto type = text_at(event, "type");
  if (type.empty()) return wrong("type", "is required");
  messages::stripe_event out;
  out.id = text_at(event, "id");
  if (out.id.empty() || out.id.size() > id_bytes_max) return wrong("id", "is required");
  const auto known_type = kind_of(type);
  if (!known_type) return std::optional<stripe_change>{};
  out.type = *known_type;
  const auto created = time_at(event, "created");
  if (!created) return wrong("created", "is required, in seconds");
  out.at = *created;
  const auto& data = at(event, "data");
  out.previous_status = text_at(at(data, "previous_attributes"), "status");
  auto change = read_change(at(data, "object"), std::move(out));
  if (!change) return fail(change.error());
  return std::optional{std::move(*change)};
}

std::optional<std::string> tier_of(const stripe_change& change, std::string_view prices,
                                   const tier_table& tiers) {
  if (change.event.type == kind::deleted) return "free";
  for (const auto& price : change.prices)
    if (const auto tier = tier_of_price(prices, price); !tier.empty()) return std::string{tier};
  if (tiers.has(change.tier)) return change.tier;
  return std::nullopt;
}

} // namespace latchkey::gateway::billing

// billing/stripe_event.hpp — reads an event of Stripe into a change of a subscription ("Stripe API
// documentation", The Event object, The Subscription object).
#pragma once

#include "config/settings/tiers.hpp"
#include "protocol/messages/subscription.hpp"
#include "protocol/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway::billing {

/// `subscriptions.payment_method`, VARCHAR(100).
inline constexpr std::size_t payment_method_bytes_max = 100;

/// What a "customer.subscription.created", ".updated", ".paused", ".resumed" or ".deleted" says.
struct stripe_change {
  messages::stripe_event event;
  subscription_record subscription; // tier: not yet; see `tier_of`
  std::string user;                 // metadata.user_id: a UUID or a number; empty: none
  std::string tier;                 // metadata.tier; empty: none
  std::vector<std::string> prices;  // ids and lookup keys of what was bought
};

/// The event in a body that has been proven to be Stripe's; nothing for one of another type.
/// VALIDATION_ERROR with the field for a body that is no event.
result<std::optional<stripe_change>> read_stripe_event(std::string_view body);

/// Which tier it buys: by the prices setting (price=tier[,price=tier]), else by its metadata if
/// that is one of `tiers`; "free" once deleted; nothing when neither knows.
std::optional<std::string> tier_of(const stripe_change& change, std::string_view prices,
                                   const tier_table& tiers);

} // namespace latchkey::gateway::billing

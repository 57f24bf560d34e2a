// stripe_subscriptions.hpp — which of a user's Stripe subscriptions counts, and whether what
// Stripe says of one is news.
#pragma once

#include "config/settings/tiers.hpp"
#include "protocol/messages/subscription.hpp"

#include <string_view>
#include <vector>

namespace latchkey {

using stripe_subscriptions = std::vector<subscription_record>;

/// The one that counts at `now`; nullptr when there is none. A live one comes before all that
/// are not (`is_live`). Of several live ones it is the one of the best tier (`tiers.order`), then
/// the one that began last; of several that are not, the one that Stripe spoke of last.
const subscription_record* best_subscription(const stripe_subscriptions& all,
                                             const tier_table& tiers, time_point now);

/// The one with that id of Stripe's; nullptr.
subscription_record* find_stripe_subscription(stripe_subscriptions& all, std::string_view id);

/// Why `event` about the subscription changes nothing of it, where `known` is what is known;
/// nullptr when it does. Order is by Stripe's own time, whatever the order of arrival.
///
/// That time is in whole seconds. Among events of one second the creation comes before all
/// others and the end (deleted) after all. Of two updates the later one names the other's status
/// as the previous one; where neither does, a live status stands over one that is not, since what
/// has not been paid yet comes before what has.
const char* out_of_date(const subscription_record& known, const subscription_record& changed,
                        const messages::stripe_event& event);

} // namespace latchkey

#include "actors/subscription/stripe_subscriptions.hpp"

#include "protocol/facts/subscription_status.hpp"

#include <algorithm>
#include <tuple>

namespace latchkey {

const subscription_record* best_subscription(const stripe_subscriptions& all,
                                             const tier_table& tiers, time_point now) {
  const auto merit = [&](const subscription_record& s) {
    const bool counts = is_live(s, now);
    const auto rank = counts ? tiers.rank_of(s.tier) : 0;
    const auto last_event = counts ? time_point{} : s.stripe_event_at.value_or(time_point{});
    return std::tuple{counts, rank, last_event, s.start_date,
                      std::string_view{s.stripe_subscription_id}};
  };
  const auto best = std::ranges::max_element(all, {}, merit);
  return best == all.end() ? nullptr : &*best;
}

subscription_record* find_stripe_subscription(stripe_subscriptions& all, std::string_view id) {
  const auto found = std::ranges::find(all, id, &subscription_record::stripe_subscription_id);
  return found == all.end() ? nullptr : &*found;
}

const char* out_of_date(const subscription_record& known, const subscription_record& changed,
                        const messages::stripe_event& event) {
  using kind = messages::stripe_event::kind;
  constexpr auto older = "is older than what is known";
  if (!known.stripe_event_at || *known.stripe_event_at < event.at) return nullptr;
  if (*known.stripe_event_at > event.at) return older;
  if (event.type == kind::deleted) return nullptr;
  const bool has_ended = parse_subscription_status(known.status) == subscription_status::canceled;
  if (event.type == kind::created || has_ended) return older;
  const bool follows = !event.previous_status.empty() && event.previous_status == known.status;
  const bool falls_back = is_live(known, event.at) && !is_live(changed, event.at);
  return falls_back && !follows ? older : nullptr;
}

} // namespace latchkey

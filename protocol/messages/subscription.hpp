// messages/subscription.hpp — messages to and from a user's subscription: its tier, its quotas and
// how much of them is used.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/messages/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::messages {

/// Which tier does the user have, and how much of its quotas is used?
struct describe_subscription {
  time_point deadline{};
};
struct quota_view {
  std::string quota;
  std::optional<std::int64_t> limit; // unset: none
  std::int64_t used = 0;
  std::optional<time_point> resets_at; // unset: never
};
struct subscription_view {
  subscription_record subscription; // id nil: the default subscription, which has no row
  std::string tier;                 // in force now (see tier_in_force)
  std::vector<quota_view> quotas;   // of that tier
};

/// An event of Stripe's about a subscription ("customer.subscription.created", …).
struct stripe_event {
  /// `moved`: the subscription is another user's from now on.
  enum class kind : std::uint8_t { created, updated, deleted, moved } type = kind::updated;
  std::string id;              // never acted on twice
  time_point at{};             // when it happened, in whole seconds
  std::string previous_status; // of an update that changed the status; empty: it did not
};

/// Make `subscription` the user's; its id, user, created_at and updated_at are set here. Without an
/// event of Stripe's, start_date and the fields that only Stripe knows stay as they are.
///
/// With one, the subscription is stored as one of the user's at Stripe, and the user's own becomes
/// the best of those that are live (`best_subscription`). An empty tier means an unknown price: the
/// subscription keeps its tier.
///
/// CONFLICT when the user's subscription does not change: field "id" for an event seen before,
/// "event" for one that is older than what is known of its subscription, or about a subscription
/// beside a better one (which is stored all the same), "price" for an unknown price of a
/// subscription that is not known. USER001.
struct change_subscription {
  subscription_record subscription;
  std::optional<stripe_event> event; // unset: changed by hand
  messages::author author;
  time_point deadline{};
};

/// Charge a quota and make the facts `also` durable in the same transaction. SUB002 with quota,
/// limit and resets_at in the failure's `more`. A negative amount is given back, never refused.
struct spend {
  std::string quota;
  std::int64_t amount = 1;
  std::vector<storage::fact> also;
  time_point deadline{};
};
struct spent {
  std::int64_t used = 0;
};

/// Which actor has this user's subscription? USER001 when there is no such user.
struct find_subscription {
  user_id id;
  std::uint64_t gone = 0; // as in find_user
};
struct leave_subscription {
  user_id id;
};

/// The user was removed, and the directory sends nobody here any more: end.
struct owner_removed {};

} // namespace latchkey::messages

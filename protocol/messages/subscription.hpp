// messages/subscription.hpp — what is said to and by a user's subscription: its tier and
// what is left of its quotas.
#pragma once

#include "protocol/facts/facts.hpp"
#include "protocol/messages/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::messages {

/// What does the user have, and what is used of it?
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
  subscription_record subscription; // id nil: the default one, which no row stands for
  std::string tier;                 // that counts now (see tier_in_force)
  std::vector<quota_view> quotas;   // of that tier
};

/// What Stripe said of a subscription of its own ("customer.subscription.created", …).
struct stripe_word {
  /// `moved`: the subscription is another user's from now on.
  enum class kind : std::uint8_t { created, updated, deleted, moved } what = kind::updated;
  std::string event;           // its id, which is never acted on twice
  time_point at{};             // when it came about, in whole seconds
  std::string previous_status; // before an update that changed the status; empty: it did not
};

/// Make `subscription` the user's; id, user, created_at and updated_at are not the asker's to
/// say. Unless Stripe was heard, start_date and what only Stripe knows stay as they are.
///
/// What Stripe says is kept for each of its subscriptions; the user's own then is the best that
/// is live (`best_subscription`). An empty tier stands for a price that nobody knows: the tier of
/// that subscription stays.
///
/// Otherwise CONFLICT, and the user's subscription does not change: field "id" for an event seen
/// before, "event" for one that is older than what is known of its subscription, or about one
/// beside a better one (which is kept all the same), "price" when the tier is empty and nothing
/// is known. USER001.
struct change_subscription {
  subscription_record subscription;
  std::optional<stripe_word> heard;
  author who;
  time_point deadline{};
};

/// Charge a quota and make `with` durable in the same transaction. SUB002 with quota, limit
/// and resets_at in the failure's `more`. A negative amount gives back and is never refused.
struct spend {
  std::string quota;
  std::int64_t amount = 1;
  std::vector<storage::fact> with;
  time_point deadline{};
};
struct spent {
  std::int64_t used = 0;
};

/// Who has this user's subscription? USER001 when there is no such user.
struct find_subscription {
  user_id id;
  std::uint64_t gone = 0; // as in find_user
};
struct leave_subscription {
  user_id id;
};

/// Your user has been removed, and nobody is sent to you any more: end.
struct owner_removed {};

} // namespace latchkey::messages

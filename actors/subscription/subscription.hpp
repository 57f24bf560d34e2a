// subscription.hpp — one user's subscription: its tier, its quotas and what is used of them.
//
// How much is used is in the store alone, and is decided there; this actor knows the limits. Spends
// take shared turns, since their writer keeps their order; a change of the subscription takes an
// exclusive one, so that no spend is measured by a tier that is about to be replaced.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"
#include "actors/base/resident.hpp"
#include "actors/base/turnstile.hpp"
#include "actors/subscription/stripe_subscriptions.hpp"

#include <caf/stateful_actor.hpp>
#include <optional>

namespace latchkey {

/// What counts for a user who never had a subscription: tier "free", active, without an id.
subscription_record default_subscription(const user_record& user);

struct subscription_state : resident {
  static inline const char* name = "subscription";

  subscription_actor::pointer self = nullptr;
  actor_env_ptr env;
  subscription_record record; // as in the store
  bool is_known = true;       // false: the store may have another row
  std::optional<turnstile> turns;

  // subscription.cpp
  task<messages::subscription_view> on_describe(messages::describe_subscription request);
  task<messages::spent> on_spend(messages::spend request);
  void on_owner_removed(messages::owner_removed&);
  caf::result<messages::done> on_user_changed(messages::user_changed&);
  void on_sweep(messages::sweep& sweep);
  // change.cpp
  task<messages::subscription_view> on_change(messages::change_subscription request);

  /// The next turn reads the row again.
  task<messages::done> reread();

private:
  /// What is to be committed; `next` unset: the user's subscription stays as it is.
  struct change_plan {
    storage::unit unit;
    std::optional<subscription_record> next;
  };

  /// A turn, with the record known.
  task<turnstile::turn> take_turn(turnstile::kind kind, time_point deadline);
  /// Only in a turn.
  task<messages::subscription_view> view(time_point deadline);
  /// Has the user's actor read its row again, then notifies the user's sessions.
  task<> notify_of_change(time_point deadline);

  subscription_record by_hand(const messages::change_subscription& request) const;
  void name_row(subscription_record& next) const;
  result<void> take_event(const messages::change_subscription& request, stripe_subscriptions& all,
                          storage::unit& unit) const;
  /// CONFLICT when nothing changes.
  result<change_plan> plan_by_stripe(const messages::change_subscription& request,
                                     stripe_subscriptions all) const;
};

subscription_actor::behavior_type
subscription(subscription_actor::stateful_pointer<subscription_state> self,
             subscription_record record, actor_env_ptr env, std::uint64_t read_in);

} // namespace latchkey

// subscription.hpp — one user's subscription: its tier, its quotas and what is used of them.
//
// How much is used stands in the store alone, and is decided there; this actor knows how much
// may be. Spends pass together, since their writer keeps their order; a change of the
// subscription passes alone, so that no spend is measured by a tier that is about to go.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/turnstile.hpp"
#include "actors/subscription/stripe_subscriptions.hpp"

#include <caf/stateful_actor.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace latchkey {

/// What counts for a user who never had a subscription: tier "free", active, without an id.
subscription_record default_subscription(const user_record& user);

struct subscription_state {
  static inline const char* name = "subscription";

  subscription_actor::pointer self = nullptr;
  actor_env_ptr env;
  subscription_record record; // what the store knows
  bool is_known = true;       // false: the store may know better
  bool leaving = false;       // memory, for want of use
  time_point last_used{};
  std::optional<turnstile> turns;

  caf::result<messages::subscription_view> on_describe(messages::describe_subscription& request);
  caf::result<messages::subscription_view> on_change(messages::change_subscription& request);
  caf::result<messages::spent> on_spend(messages::spend& request);
  void on_owner_removed(messages::owner_removed&);
  void on_sweep(messages::sweep& sweep);

private:
  using view_promise = promise<messages::subscription_view>;
  using spent_promise = promise<messages::spent>;

  /// Calls `go(turn)` when its turn has come and the record is known; otherwise the asker
  /// hears why not.
  template <class Promise, class Go>
  void take_turn(turnstile::kind how, time_point deadline, const Promise& answer, Go go);
  void describe(time_point deadline, const view_promise& answer, turnstile::turn turn);
  void count_keys(messages::subscription_view view, time_point deadline, const view_promise& answer,
                  turnstile::turn turn);
  void change(messages::change_subscription request, const view_promise& answer,
              turnstile::turn turn);
  void spend(messages::spend request, const spent_promise& answer, turnstile::turn turn);
  /// Lets the user's actor learn what has changed of its row, then the user's sessions; then
  /// calls `done`, whoever could be told.
  void tell_of_change(time_point deadline, std::function<void()> done);
  void tell_sessions(std::function<void()> done);
  subscription_record merged(const messages::change_subscription& request) const;
  void name_row(subscription_record& next) const;
  void look_at_stripes(messages::change_subscription request, const view_promise& answer,
                       turnstile::turn turn);
  void hear(messages::change_subscription request, stripe_subscriptions all,
            const view_promise& answer, turnstile::turn turn);
  void keep(storage::unit unit, time_point deadline, const view_promise& answer,
            turnstile::turn turn);
  void commit(const messages::change_subscription& request, storage::unit unit,
              subscription_record next, const view_promise& answer, turnstile::turn turn);

  /// A copy for each conversation that has not ended; the actor stays as long as there is one.
  std::shared_ptr<char> talks_ = std::make_shared<char>();
};

subscription_actor::behavior_type
subscription(subscription_actor::stateful_pointer<subscription_state> self,
             subscription_record record, actor_env_ptr env);

} // namespace latchkey

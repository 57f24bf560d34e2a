// subscriptions.hpp — users' subscriptions, and the state of Stripe's.
#pragma once

#include "protocol/facts/subscription_status.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// A row of subscriptions ("Auth Service Internal API Documentation").
struct subscription_record {
  uuid id;
  user_id user;
  std::string tier = "free";
  std::string status = "active"; // as Stripe names it: active, trialing, past_due, canceled, …
  time_point start_date{};
  std::optional<time_point> end_date;
  std::optional<time_point> trial_ends_at;
  std::optional<time_point> cancelled_at;
  std::string payment_method;
  std::string stripe_customer_id;
  std::string stripe_subscription_id;
  std::optional<time_point> stripe_event_at; // of the newest event that was applied
  time_point created_at{};
  time_point updated_at{};
};

/// Whether the subscription grants its tier at `now`: not when it has ended, was never paid or is
/// no longer paid (while it is past due, Stripe still tries). A trial of Stripe's ends when Stripe
/// says so, any other at its date.
inline bool is_live(const subscription_record& s, time_point now) noexcept {
  using enum subscription_status;
  const auto status = parse_subscription_status(s.status);
  const bool is_over = s.end_date && *s.end_date <= now;
  const bool is_tried_out = status == trialing && s.stripe_subscription_id.empty() &&
                            s.trial_ends_at && *s.trial_ends_at <= now;
  const bool is_granted = status == active || status == trialing || status == past_due;
  return is_granted && !is_over && !is_tried_out;
}

/// The tier at `now`: "free" unless the subscription is live.
inline std::string_view tier_in_force(const subscription_record& s, time_point now) noexcept {
  return is_live(s, now) ? std::string_view{s.tier} : "free";
}

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t subscription_status_chars_max = 50;
inline constexpr std::size_t payment_method_chars_max = 100;
inline constexpr std::size_t stripe_id_chars_max = 255;

// -- facts -------------------------------------------------------------------------------

/// Adds or replaces the user's subscription and sets `users.subscription_tier` to its tier in force
/// at `updated_at` (the user's version rises by one). Loses with USER001 without the user, CONFLICT
/// (field "event") when the stored one has a later `stripe_event_at`. Replacing keeps the id and
/// `created_at`, and without a `stripe_event_at` keeps the stored one.
struct put_subscription {
  subscription_record subscription;
};

/// Adds or replaces the state of one of Stripe's subscriptions, found by `stripe_subscription_id`;
/// its `user` may change. `id` has no meaning here, and `stripe_event_at` must be set. Loses with
/// USER001 without the user, CONFLICT (field "event") when the stored one has a later
/// `stripe_event_at`. Replacing keeps `created_at`.
struct put_stripe_subscription {
  subscription_record subscription;
};

/// Stores the id of an event for 90 days. Loses with CONFLICT (field "id") when it is stored
/// already.
struct add_stripe_event {
  std::string id;
  time_point at{};
};

// -- queries -----------------------------------------------------------------------------

struct find_subscription {
  using answer = std::optional<subscription_record>;
  user_id user;
};

/// The user whose subscription has this customer; the newest when there are several.
struct find_stripe_customer {
  using answer = std::optional<user_id>;
  std::string customer;
};

/// The state of the Stripe subscription with that id.
struct find_stripe_subscription {
  struct answer {
    std::optional<subscription_record> known;
  };
  std::string id;
};

/// The known Stripe subscriptions of the user, newest first, up to 1000. Their `id` is nil.
struct list_stripe_subscriptions {
  using answer = std::vector<subscription_record>;
  user_id user;
};

} // namespace latchkey::storage

// schema_v7.cpp — version 7: Stripe's subscriptions, each by its own id.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

// A customer may have several for a while. `subscriptions` has what counts of them for the user.
constexpr std::string_view stripe_subscriptions = R"(
CREATE TABLE stripe_subscriptions (
    id VARCHAR(255) {key} PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    tier VARCHAR(50) NOT NULL,
    status VARCHAR(50) NOT NULL,
    start_date TIMESTAMPTZ NOT NULL,
    end_date TIMESTAMPTZ,
    trial_ends_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ,
    payment_method VARCHAR(100),
    stripe_customer_id VARCHAR(255),
    stripe_event_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
))";

constexpr std::string_view stripe_subscriptions_of_user = R"(
CREATE INDEX stripe_subscriptions_of_user ON stripe_subscriptions (user_id))";

constexpr std::string_view stripe_subscriptions_of_customer = R"(
CREATE INDEX stripe_subscriptions_of_customer ON stripe_subscriptions (stripe_customer_id))";

// When two users have the same one, the newest event decides.
constexpr std::string_view carry_over = R"(
INSERT INTO stripe_subscriptions (id, user_id, tier, status, start_date, end_date, trial_ends_at,
    cancelled_at, payment_method, stripe_customer_id, stripe_event_at, created_at, updated_at)
SELECT stripe_subscription_id, user_id, tier, status, start_date, end_date, trial_ends_at,
    cancelled_at, payment_method, stripe_customer_id, COALESCE(stripe_event_at, updated_at),
    created_at, updated_at
FROM subscriptions WHERE stripe_subscription_id <> ''
ORDER BY COALESCE(stripe_event_at, updated_at) DESC, id
ON CONFLICT (id) DO NOTHING)";

} // namespace

migration schema_v7() {
  return {7,
          "0007_stripe_subscriptions",
          {stripe_subscriptions, stripe_subscriptions_of_user, stripe_subscriptions_of_customer,
           carry_over},
          {},
          {}};
}

} // namespace latchkey::storage

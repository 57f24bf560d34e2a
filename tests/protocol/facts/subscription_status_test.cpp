// The statuses of a subscription and their texts.
#include "protocol/facts/subscription_status.hpp"

#include "protocol/facts/subscriptions.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace latchkey {
namespace {

using enum subscription_status;

/// "Stripe API documentation", The Subscription object, status.
constexpr std::pair<subscription_status, const char*> known_statuses[] = {
    {active, "active"},     {trialing, "trialing"},
    {past_due, "past_due"}, {unpaid, "unpaid"},
    {paused, "paused"},     {incomplete, "incomplete"},
    {canceled, "canceled"}, {incomplete_expired, "incomplete_expired"}};

TEST(SubscriptionStatus, IsEachItsText) {
  EXPECT_EQ(std::size(known_statuses), static_cast<std::size_t>(other));
  for (const auto& [status, text] : known_statuses) {
    EXPECT_EQ(to_string(status), text);
    EXPECT_EQ(parse_subscription_status(text), status) << text;
  }
}

TEST(SubscriptionStatus, IsAnotherForWhatIsNoneOfTheTexts) {
  for (const auto* text : {"", "ACTIVE", "active ", "activ", "cancelled", "other", "new_at_stripe"})
    EXPECT_EQ(parse_subscription_status(text), other) << text;
  EXPECT_EQ(to_string(other), "");
}

TEST(SubscriptionStatus, IsActiveOfANewRecord) {
  EXPECT_EQ(parse_subscription_status(subscription_record{}.status), active);
}

} // namespace
} // namespace latchkey

// subscription_status.hpp — the statuses of a subscription that decide something here.
//
// A subscription keeps its status as text, as Stripe sent it: the store has it and clients are
// shown it, also when it is none of these. Whatever is decided by it is decided by this enum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey {

/// "Stripe API documentation", The Subscription object, status.
enum class subscription_status : std::uint8_t {
  active,
  trialing,
  past_due,
  unpaid,
  paused,
  incomplete,
  incomplete_expired,
  canceled,
  other // a status of Stripe's that is not known here: it grants nothing
};

/// All but `other`, each with its text, in the order of the enum.
inline constexpr std::array<std::string_view, 8> subscription_status_texts{
    "active", "trialing",   "past_due",           "unpaid",
    "paused", "incomplete", "incomplete_expired", "canceled"};

static_assert(subscription_status_texts.size() ==
              static_cast<std::size_t>(subscription_status::other));

/// Empty for `other`, whose text only the subscription has.
constexpr std::string_view to_string(subscription_status status) noexcept {
  const auto index = static_cast<std::size_t>(status);
  return index < subscription_status_texts.size() ? subscription_status_texts[index]
                                                  : std::string_view{};
}

constexpr subscription_status parse_subscription_status(std::string_view text) noexcept {
  for (std::size_t i = 0; i < subscription_status_texts.size(); ++i)
    if (subscription_status_texts[i] == text) return static_cast<subscription_status>(i);
  return subscription_status::other;
}

} // namespace latchkey

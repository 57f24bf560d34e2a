// Facts about subscriptions, quotas, Stripe's events and projects.
#include "storage/sql/facts.hpp"

#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/catalogue_billing.hpp"

#include <algorithm>
#include <chrono>

namespace latchkey::storage::sql {

namespace {

/// Stripe sends an event again for some days when it was not answered.
constexpr auto stripe_events_kept = std::chrono::hours(24 * 90);
constexpr std::int64_t stripe_events_forgotten_max = 16;

/// Past windows of a quota; the longest is a month.
constexpr auto quota_windows_kept = std::chrono::hours(24 * 92);
constexpr time_point no_window{}; // a quota without windows counts from here

/// Where a quota without a limit ends, so that the sum cannot overflow.
constexpr auto quota_used_max = std::int64_t{1} << 62;

} // namespace

// -- subscriptions -------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::put_subscription& f, written&) {
  const auto& s = f.subscription;
  const auto user = to_string(s.user);
  if (on.run(share_user, {user}) == 0) return losing(error_code::user_not_found);
  const auto put =
      on.run(put_subscription,
             {to_string(s.id), user, s.tier, s.status, time_text(s.start_date),
              time_or_null(s.end_date), time_or_null(s.trial_ends_at), time_or_null(s.cancelled_at),
              text_or_null_if_empty(s.payment_method), text_or_null_if_empty(s.stripe_customer_id),
              text_or_null_if_empty(s.stripe_subscription_id), time_or_null(s.stripe_event_at),
              time_text(s.created_at), time_text(s.updated_at)});
  if (put == 0) return losing(error_code::conflict, "event", "a later event has been applied");
  on.run(set_tier, {user, std::string{tier_in_force(s, s.updated_at)}, time_text(s.updated_at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::put_stripe_subscription& f, written&) {
  const auto& s = f.subscription;
  const auto user = to_string(s.user);
  if (on.run(share_user, {user}) == 0) return losing(error_code::user_not_found);
  const auto put =
      on.run(put_stripe_subscription,
             {s.stripe_subscription_id, user, s.tier, s.status, time_text(s.start_date),
              time_or_null(s.end_date), time_or_null(s.trial_ends_at), time_or_null(s.cancelled_at),
              text_or_null_if_empty(s.payment_method), text_or_null_if_empty(s.stripe_customer_id),
              time_or_null(s.stripe_event_at), time_text(s.created_at), time_text(s.updated_at)});
  if (put == 0) return losing(error_code::conflict, "event", "a later event has been applied");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::add_stripe_event& f, written&) {
  if (on.run(add_stripe_event, {f.id, time_text(f.at)}) == 0)
    return losing(error_code::conflict, "id", "was seen before");
  on.run(forget_stripe_events, {time_text(f.at - stripe_events_kept), stripe_events_forgotten_max});
  return std::nullopt;
}

// -- quotas ------------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::spend_quota& f, written& note) {
  const auto user = to_string(f.user);
  const auto limit = std::min(f.limit.value_or(quota_used_max), quota_used_max);
  const auto spent = on.run(
      spend_quota, {user, f.quota, time_text(f.window_start), f.amount, limit, time_text(f.at)},
      [&note](const row_source& row) { note.quota_used = number_at(row, 0); });
  if (spent == 0) {
    if (on.run(keep_user, {user}) == 0) return losing(error_code::user_not_found);
    failure why = losing(error_code::quota_exceeded);
    why.field = f.quota;
    return why;
  }
  const bool is_first = note.quota_used == f.amount;
  if (is_first && f.window_start != no_window)
    on.run(forget_quota_windows,
           {user, f.quota, time_text(f.window_start - quota_windows_kept), time_text(no_window)});
  return std::nullopt;
}

// -- projects ------------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::add_project& f, written&) {
  const auto& p = f.project;
  const auto owner = to_string(p.owner);
  if (on.run(keep_user, {owner}) == 0) return losing(error_code::user_not_found);
  const auto added = on.run(add_project, {to_string(p.id), p.client_id, p.name,
                                          text_or_null_if_empty(p.description), owner, p.is_active,
                                          time_text(p.created_at), time_text(p.updated_at)});
  if (added == 0) return losing(error_code::conflict, "id", "is taken");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::update_project& f, written&) {
  const auto changed = on.run(change_project, {to_string(f.project), text_or_null(f.name),
                                               text_or_null(f.description),
                                               flag_or_null(f.is_active), time_text(f.at)});
  if (changed == 0) return losing(error_code::not_found, "id");
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::remove_project& f, written&) {
  if (on.run(drop_project, {to_string(f.project)}) == 0) return losing(error_code::not_found, "id");
  return std::nullopt;
}

} // namespace latchkey::storage::sql

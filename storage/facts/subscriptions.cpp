// Users' subscriptions, the state of Stripe's, and Stripe's events.
#include "storage/facts/rules/topic.hpp"

#include <chrono>

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement find_subscription{
    "find_subscription",
    "SELECT id, user_id, tier, status, start_date, end_date, trial_ends_at, cancelled_at, "
    "payment_method, stripe_customer_id, stripe_subscription_id, stripe_event_at, created_at, "
    "updated_at FROM subscriptions WHERE user_id = $1"};
constexpr statement find_stripe_customer{
    "find_stripe_customer",
    "SELECT user_id FROM (SELECT user_id, created_at, id FROM subscriptions "
    "WHERE stripe_customer_id = $1 UNION ALL SELECT user_id, created_at, id "
    "FROM stripe_subscriptions WHERE stripe_customer_id = $1) AS known "
    "ORDER BY created_at DESC, id DESC LIMIT 1"};
#define LATCHKEY_STRIPE_ROW                                                                        \
  "SELECT id, user_id, tier, status, start_date, end_date, trial_ends_at, cancelled_at, "          \
  "payment_method, stripe_customer_id, id, stripe_event_at, created_at, updated_at "               \
  "FROM stripe_subscriptions "
constexpr statement find_stripe_subscription{"find_stripe_subscription",
                                             LATCHKEY_STRIPE_ROW "WHERE id = $1"};
constexpr statement list_stripe_subscriptions{
    "list_stripe_subscriptions",
    LATCHKEY_STRIPE_ROW "WHERE user_id = $1 ORDER BY start_date DESC, id DESC LIMIT $2"};
// A change by an administrator has no event. The time of the newest event stays, so that an older
// event that arrives late cannot undo the change.
constexpr statement put_subscription{
    "put_subscription",
    "INSERT INTO subscriptions (id, user_id, tier, status, start_date, end_date, trial_ends_at, "
    "cancelled_at, payment_method, stripe_customer_id, stripe_subscription_id, stripe_event_at, "
    "created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
    "ON CONFLICT (user_id) DO UPDATE SET tier = EXCLUDED.tier, status = EXCLUDED.status, "
    "start_date = EXCLUDED.start_date, end_date = EXCLUDED.end_date, "
    "trial_ends_at = EXCLUDED.trial_ends_at, cancelled_at = EXCLUDED.cancelled_at, "
    "payment_method = EXCLUDED.payment_method, "
    "stripe_customer_id = EXCLUDED.stripe_customer_id, "
    "stripe_subscription_id = EXCLUDED.stripe_subscription_id, "
    "stripe_event_at = COALESCE(EXCLUDED.stripe_event_at, subscriptions.stripe_event_at), "
    "updated_at = EXCLUDED.updated_at "
    "WHERE subscriptions.stripe_event_at IS NULL OR EXCLUDED.stripe_event_at IS NULL "
    "OR subscriptions.stripe_event_at <= EXCLUDED.stripe_event_at RETURNING id"};
constexpr statement put_stripe_subscription{
    "put_stripe_subscription",
    "INSERT INTO stripe_subscriptions (id, user_id, tier, status, start_date, end_date, "
    "trial_ends_at, cancelled_at, payment_method, stripe_customer_id, stripe_event_at, "
    "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT (id) DO UPDATE SET user_id = EXCLUDED.user_id, tier = EXCLUDED.tier, "
    "status = EXCLUDED.status, start_date = EXCLUDED.start_date, end_date = EXCLUDED.end_date, "
    "trial_ends_at = EXCLUDED.trial_ends_at, cancelled_at = EXCLUDED.cancelled_at, "
    "payment_method = EXCLUDED.payment_method, "
    "stripe_customer_id = EXCLUDED.stripe_customer_id, "
    "stripe_event_at = EXCLUDED.stripe_event_at, updated_at = EXCLUDED.updated_at "
    "WHERE stripe_subscriptions.stripe_event_at <= EXCLUDED.stripe_event_at RETURNING id"};
constexpr statement set_tier{"set_tier", "UPDATE users SET subscription_tier = $2, "
                                         "version = version + 1, updated_at = $3 WHERE id = $1"};
constexpr statement add_stripe_event{
    "add_stripe_event",
    "INSERT INTO stripe_events (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id"};
#define LATCHKEY_FORGET_EVENTS(lock)                                                               \
  "DELETE FROM stripe_events WHERE id IN (SELECT id FROM stripe_events WHERE at < $1 "             \
  "ORDER BY at LIMIT $2" lock ")"
constexpr statement forget_stripe_events{"forget_stripe_events", LATCHKEY_FORGET_EVENTS(""),
                                         LATCHKEY_FORGET_EVENTS(" FOR UPDATE SKIP LOCKED")};

} // namespace
} // namespace sql

namespace {

/// Stripe repeats an unanswered event for some days.
constexpr auto stripe_events_kept = std::chrono::hours(24 * 90);

constexpr std::int64_t stripe_events_forgotten_max = 16;

void check_subscription(fact_checker& c, const subscription_record& s) {
  c.id("user", s.user);
  c.name("tier", s.tier, tier_chars_max);
  c.name("status", s.status, subscription_status_chars_max);
  c.text("payment_method", s.payment_method, payment_method_chars_max);
  c.text("stripe_customer_id", s.stripe_customer_id, stripe_id_chars_max);
  c.text("stripe_subscription_id", s.stripe_subscription_id, stripe_id_chars_max);
  c.time("start_date", s.start_date);
  c.time("end_date", s.end_date);
  c.time("trial_ends_at", s.trial_ends_at);
  c.time("cancelled_at", s.cancelled_at);
  c.time("stripe_event_at", s.stripe_event_at);
  c.time("created_at", s.created_at);
  c.time("updated_at", s.updated_at);
}

/// A row of subscriptions or stripe_subscriptions, without the id.
std::optional<subscription_record> without_id(const row_source& row) {
  const auto user = to_user_id(row.text(1));
  const auto start = time_at(row, 4);
  const auto created = time_at(row, 12);
  const auto updated = time_at(row, 13);
  if (!user || !start || !created || !updated) return std::nullopt;
  subscription_record s;
  s.user = *user;
  s.tier = text_or(row, 2);
  s.status = text_or(row, 3);
  s.start_date = *start;
  s.end_date = time_at(row, 5);
  s.trial_ends_at = time_at(row, 6);
  s.cancelled_at = time_at(row, 7);
  s.payment_method = text_or(row, 8);
  s.stripe_customer_id = text_or(row, 9);
  s.stripe_subscription_id = text_or(row, 10);
  s.stripe_event_at = time_at(row, 11);
  s.created_at = *created;
  s.updated_at = *updated;
  return s;
}

std::optional<subscription_record> to_subscription(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  auto s = without_id(row);
  if (!id || !s) return std::nullopt;
  s->id = *id;
  return s;
}

} // namespace

// -- put_subscription -----------------------------------------------------------------

void check(fact_checker& c, const put_subscription& f) {
  c.id("id", f.subscription.id);
  check_subscription(c, f.subscription);
}

void touch(footprint& print, const put_subscription& f) {
  print.writes(thing::user, f.subscription.user);
  print.keeps_order();
}

std::optional<failure> write(runner& on, const put_subscription& f, written&) {
  const auto& s = f.subscription;
  const auto user = to_string(s.user);
  if (on.run(sql::share_user, {user}) == 0) return losing(error_code::user_not_found);
  const auto put =
      on.run(sql::put_subscription,
             {to_string(s.id), user, s.tier, s.status, time_text(s.start_date),
              time_or_null(s.end_date), time_or_null(s.trial_ends_at), time_or_null(s.cancelled_at),
              text_or_null_if_empty(s.payment_method), text_or_null_if_empty(s.stripe_customer_id),
              text_or_null_if_empty(s.stripe_subscription_id), time_or_null(s.stripe_event_at),
              time_text(s.created_at), time_text(s.updated_at)});
  if (put == 0) return losing(error_code::conflict, "event", "a later event has been applied");
  on.run(sql::set_tier,
         {user, std::string{tier_in_force(s, s.updated_at)}, time_text(s.updated_at)});
  return std::nullopt;
}

// -- put_stripe_subscription ----------------------------------------------------------

void check(fact_checker& c, const put_stripe_subscription& f) {
  const auto& s = f.subscription;
  c.require(!s.stripe_subscription_id.empty(), "stripe_subscription_id", "is empty");
  c.require(s.stripe_event_at.has_value(), "stripe_event_at", "is missing");
  check_subscription(c, s);
}

void touch(footprint& print, const put_stripe_subscription& f) {
  print.writes(thing::user, f.subscription.user);
  print.writes(thing::stripe_subscription, f.subscription.stripe_subscription_id);
  print.keeps_order();
}

std::optional<failure> write(runner& on, const put_stripe_subscription& f, written&) {
  const auto& s = f.subscription;
  const auto user = to_string(s.user);
  if (on.run(sql::share_user, {user}) == 0) return losing(error_code::user_not_found);
  const auto put =
      on.run(sql::put_stripe_subscription,
             {s.stripe_subscription_id, user, s.tier, s.status, time_text(s.start_date),
              time_or_null(s.end_date), time_or_null(s.trial_ends_at), time_or_null(s.cancelled_at),
              text_or_null_if_empty(s.payment_method), text_or_null_if_empty(s.stripe_customer_id),
              time_or_null(s.stripe_event_at), time_text(s.created_at), time_text(s.updated_at)});
  if (put == 0) return losing(error_code::conflict, "event", "a later event has been applied");
  return std::nullopt;
}

// -- add_stripe_event -----------------------------------------------------------------

void check(fact_checker& c, const add_stripe_event& f) {
  c.name("id", f.id, stripe_id_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const add_stripe_event& f) {
  print.writes(thing::event, f.id);
  print.keeps_order();
}

std::optional<failure> write(runner& on, const add_stripe_event& f, written&) {
  if (on.run(sql::add_stripe_event, {f.id, time_text(f.at)}) == 0)
    return losing(error_code::conflict, "id", "was seen before");
  on.run(sql::forget_stripe_events,
         {time_text(f.at - stripe_events_kept), stripe_events_forgotten_max});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const find_subscription& q) {
  find_subscription::answer found;
  on.run(sql::find_subscription, {to_string(q.user)},
         [&](const row_source& row) { found = to_subscription(row); });
  return found;
}

finding answer(runner& on, const find_stripe_customer& q) {
  find_stripe_customer::answer found;
  if (q.customer.empty() || !sql::is_storable(q.customer)) return found;
  on.run(sql::find_stripe_customer, {q.customer},
         [&](const row_source& row) { found = to_user_id(row.text(0)); });
  return found;
}

finding answer(runner& on, const find_stripe_subscription& q) {
  find_stripe_subscription::answer found;
  if (!sql::is_storable(q.id)) return found;
  on.run(sql::find_stripe_subscription, {q.id},
         [&](const row_source& row) { found.known = without_id(row); });
  return found;
}

finding answer(runner& on, const list_stripe_subscriptions& q) {
  list_stripe_subscriptions::answer all;
  on.run(sql::list_stripe_subscriptions, {to_string(q.user), page_rows(page_rows_max)},
         [&](const row_source& row) {
           if (auto subscription = without_id(row)) all.push_back(std::move(*subscription));
         });
  return all;
}

topic subscriptions_topic() {
  static constexpr fact_rules facts[] = {rules_for<put_subscription>(),
                                         rules_for<put_stripe_subscription>(),
                                         rules_for<add_stripe_event>()};
  static constexpr query_rules queries[] = {
      rules_for_query<find_subscription>(), rules_for_query<find_stripe_customer>(),
      rules_for_query<find_stripe_subscription>(), rules_for_query<list_stripe_subscriptions>()};
  return {facts, queries};
}

} // namespace latchkey::storage

// Queries about subscriptions, quotas and projects.
#include "storage/queries/queries.hpp"

#include "storage/sql/catalogue_billing.hpp"

namespace latchkey::storage::sql {

namespace {

/// Columns 1 to 13 of both kinds of rows.
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

std::optional<project_record> to_project(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  const auto owner = to_user_id(row.text(4));
  const auto created = time_at(row, 6);
  const auto updated = time_at(row, 7);
  if (!id || !owner || !created || !updated) return std::nullopt;
  project_record p;
  p.id = *id;
  p.client_id = text_or(row, 1);
  p.name = text_or(row, 2);
  p.description = text_or(row, 3);
  p.owner = *owner;
  p.is_active = !row.text(5) || flag_at(row, 5); // its default stands in for NULL
  p.created_at = *created;
  p.updated_at = *updated;
  return p;
}

} // namespace

finding answer(runner& on, const storage::find_subscription& q) {
  storage::find_subscription::answer found;
  on.run(find_subscription, {to_string(q.user)},
         [&](const row_source& row) { found = to_subscription(row); });
  return found;
}

finding answer(runner& on, const storage::find_stripe_customer& q) {
  storage::find_stripe_customer::answer found;
  if (q.customer.empty()) return found;
  on.run(find_stripe_customer, {q.customer},
         [&](const row_source& row) { found = to_user_id(row.text(0)); });
  return found;
}

finding answer(runner& on, const storage::find_stripe_subscription& q) {
  storage::find_stripe_subscription::answer found;
  on.run(find_stripe_subscription, {q.id},
         [&](const row_source& row) { found.known = without_id(row); });
  return found;
}

finding answer(runner& on, const storage::list_stripe_subscriptions& q) {
  storage::list_stripe_subscriptions::answer all;
  on.run(list_stripe_subscriptions, {to_string(q.user), rows_of(page_rows_max)},
         [&](const row_source& row) {
           if (auto one = without_id(row)) all.push_back(std::move(*one));
         });
  return all;
}

finding answer(runner& on, const storage::list_quota_usage& q) {
  storage::list_quota_usage::answer usage;
  on.run(list_quota_usage, {to_string(q.user), rows_of(page_rows_max)}, [&](const row_source& row) {
    if (const auto start = time_at(row, 1))
      usage.push_back({text_or(row, 0), *start, number_at(row, 2)});
  });
  return usage;
}

finding answer(runner& on, const storage::find_project& q) {
  storage::find_project::answer found;
  on.run(find_project, {to_string(q.id)}, [&](const row_source& row) { found = to_project(row); });
  return found;
}

finding answer(runner& on, const storage::list_projects& q) {
  storage::list_projects::answer page;
  const auto owner = to_string(q.owner);
  on.run(count_projects, {owner, q.client_id},
         [&](const row_source& row) { page.total = number_at(row, 0); });
  on.run(list_projects, {owner, q.client_id, rows_of(q.limit), offset_of(q.offset)},
         [&](const row_source& row) {
           if (auto project = to_project(row)) page.projects.push_back(std::move(*project));
         });
  return page;
}

} // namespace latchkey::storage::sql

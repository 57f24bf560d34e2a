// catalogue_billing.hpp — statements about subscriptions, quotas, Stripe's events and
// projects.
#pragma once

#include "storage/sql/catalogue.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

extern const statement find_subscription;    // $1 user → a subscription row (billing_queries.cpp)
extern const statement find_stripe_customer; // $1 customer → user_id
/// $1 Stripe's id → a row of Stripe's subscriptions (billing_queries.cpp)
extern const statement find_stripe_subscription;
extern const statement list_stripe_subscriptions; // $1 user, $2 limit → such rows
extern const statement list_quota_usage;          // $1 user, $2 limit → quota, window_start, used
extern const statement find_project;              // $1 id → a project row
/// $1 owner, $2 client_id (empty: nobody's), $3 limit, $4 offset → project rows
extern const statement list_projects;
extern const statement count_projects; // $1 owner, $2 client_id → count

// -- subscriptions -------------------------------------------------------------------

extern const statement put_subscription; // $1 … $14 the record → id when it won
/// $1 … $13: Stripe's id, user, and the rest of the record as above → id when it won
extern const statement put_stripe_subscription;
extern const statement set_tier;         // $1 user, $2 tier, $3 at
extern const statement add_stripe_event; // $1 id, $2 at → id
/// $1 time, $2 how many at most: events from before.
extern const statement forget_stripe_events;

// -- quotas ------------------------------------------------------------------------

/// $1 user, $2 quota, $3 window_start, $4 amount, $5 limit, $6 at → used, when it won
extern const statement spend_quota;
/// $1 user, $2 quota, $3 time, $4 the window that is kept: windows that began before.
extern const statement forget_quota_windows;
/// $1 user → 1; the user stays until the transaction ends.
extern const statement keep_user;

// -- projects ------------------------------------------------------------------------

extern const statement add_project;    // $1 … $8 the record → id
extern const statement change_project; // $1 id, $2 name, $3 description, $4 is_active, $5 at → id
extern const statement drop_project;   // $1 id → id

} // namespace latchkey::storage::sql

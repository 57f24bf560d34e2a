#include "storage/sql/catalogue_billing.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

const statement find_subscription{
    "find_subscription",
    "SELECT id, user_id, tier, status, start_date, end_date, trial_ends_at, cancelled_at, "
    "payment_method, stripe_customer_id, stripe_subscription_id, stripe_event_at, created_at, "
    "updated_at FROM subscriptions WHERE user_id = $1"};
const statement find_stripe_customer{
    "find_stripe_customer",
    "SELECT user_id FROM (SELECT user_id, created_at, id FROM subscriptions "
    "WHERE stripe_customer_id = $1 UNION ALL SELECT user_id, created_at, id "
    "FROM stripe_subscriptions WHERE stripe_customer_id = $1) AS known "
    "ORDER BY created_at DESC, id DESC LIMIT 1"};

#define LATCHKEY_STRIPE_ROW                                                                        \
  "SELECT id, user_id, tier, status, start_date, end_date, trial_ends_at, cancelled_at, "          \
  "payment_method, stripe_customer_id, id, stripe_event_at, created_at, updated_at "               \
  "FROM stripe_subscriptions "
const statement find_stripe_subscription{"find_stripe_subscription",
                                         LATCHKEY_STRIPE_ROW "WHERE id = $1"};
const statement list_stripe_subscriptions{
    "list_stripe_subscriptions",
    LATCHKEY_STRIPE_ROW "WHERE user_id = $1 ORDER BY start_date DESC, id DESC LIMIT $2"};
const statement list_quota_usage{"list_quota_usage",
                                 "SELECT quota, window_start, used FROM quota_usage "
                                 "WHERE user_id = $1 ORDER BY window_start DESC, quota LIMIT $2"};

#define LATCHKEY_PROJECT_ROW                                                                       \
  "SELECT id, client_id, name, description, owner_id, is_active, created_at, updated_at "          \
  "FROM projects "
// A project without a client is its owner's alone.
#define LATCHKEY_PROJECTS_OF "WHERE owner_id = $1 OR (client_id = $2 AND client_id <> '') "
const statement find_project{"find_project", LATCHKEY_PROJECT_ROW "WHERE id = $1"};
const statement list_projects{"list_projects", LATCHKEY_PROJECT_ROW LATCHKEY_PROJECTS_OF
                              "ORDER BY created_at, id LIMIT $3 OFFSET $4"};
const statement count_projects{"count_projects",
                               "SELECT count(*) FROM projects " LATCHKEY_PROJECTS_OF};

// -- subscriptions -------------------------------------------------------------------

// What an administrator sets has no event: the time of the newest one stays, so that an older one
// that comes late cannot undo it.
const statement put_subscription{
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
const statement put_stripe_subscription{
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
const statement set_tier{"set_tier", "UPDATE users SET subscription_tier = $2, "
                                     "version = version + 1, updated_at = $3 WHERE id = $1"};
const statement add_stripe_event{
    "add_stripe_event",
    "INSERT INTO stripe_events (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id"};

#define LATCHKEY_FORGET_EVENTS(lock)                                                               \
  "DELETE FROM stripe_events WHERE id IN (SELECT id FROM stripe_events WHERE at < $1 "             \
  "ORDER BY at LIMIT $2" lock ")"
const statement forget_stripe_events{"forget_stripe_events", LATCHKEY_FORGET_EVENTS(""),
                                     LATCHKEY_FORGET_EVENTS(" FOR UPDATE SKIP LOCKED")};

// -- quotas ------------------------------------------------------------------------

// The condition decides on the row as it is when it is this writer's turn, so that no two spend
// the same. What gives back is never refused, also above a limit that was lowered.
#define LATCHKEY_SPEND_QUOTA(lock)                                                                 \
  "INSERT INTO quota_usage (user_id, quota, window_start, used, updated_at) "                      \
  "SELECT id, $2, $3, CASE WHEN CAST($4 AS BIGINT) > 0 THEN CAST($4 AS BIGINT) ELSE 0 END, $6 "    \
  "FROM users WHERE id = $1 "                                                                      \
  "AND (CAST($4 AS BIGINT) <= 0 OR CAST($4 AS BIGINT) <= CAST($5 AS BIGINT)) " lock                \
  "ON CONFLICT (user_id, quota, window_start) DO UPDATE SET "                                      \
  "used = CASE WHEN quota_usage.used + CAST($4 AS BIGINT) > 0 "                                    \
  "THEN quota_usage.used + CAST($4 AS BIGINT) ELSE 0 END, updated_at = EXCLUDED.updated_at "       \
  "WHERE CAST($4 AS BIGINT) <= 0 "                                                                 \
  "OR quota_usage.used + CAST($4 AS BIGINT) <= CAST($5 AS BIGINT) RETURNING used"
const statement spend_quota{"spend_quota", LATCHKEY_SPEND_QUOTA(""),
                            LATCHKEY_SPEND_QUOTA("FOR KEY SHARE ")};
const statement forget_quota_windows{"forget_quota_windows",
                                     "DELETE FROM quota_usage WHERE user_id = $1 AND quota = $2 "
                                     "AND window_start < $3 AND window_start <> $4"};
const statement keep_user{"keep_user", "SELECT 1 FROM users WHERE id = $1",
                          "SELECT 1 FROM users WHERE id = $1 FOR KEY SHARE"};

// -- projects ------------------------------------------------------------------------

const statement add_project{
    "add_project",
    "INSERT INTO projects (id, client_id, name, description, owner_id, is_active, created_at, "
    "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id"};
// NULL leaves a column as it is.
const statement change_project{"change_project",
                               "UPDATE projects SET name = COALESCE($2, name), "
                               "description = NULLIF(COALESCE($3, description), ''), "
                               "is_active = COALESCE($4, is_active), "
                               "updated_at = $5 WHERE id = $1 RETURNING id"};
const statement drop_project{"drop_project", "DELETE FROM projects WHERE id = $1 RETURNING id"};

} // namespace latchkey::storage::sql

// billing/endpoints.hpp — a user's subscription with its quotas, projects and profile, and the
// webhook for Stripe ("Auth Service Internal API Documentation", Database Schema). Ids are UUIDs.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include <vector>

namespace latchkey::gateway::billing {

/// The surface's rows of the route table.
std::vector<http::route> routes();

// -- subscriptions -----------------------------------------------------------------------

/// GET /api/v1/subscription: one's own, with what is used of each quota.
awaitable<result<http::response>> get_subscription(http::exchange& ex, const principal& caller);
/// PUT /api/v1/admin/subscriptions/{user_id}: `tier`, and `status`, `end_date`, `trial_ends_at`,
/// `payment_method`; what is not given is active, without end, without trial, none. USER001.
awaitable<result<http::response>> put_subscription(http::exchange& ex, const principal& caller);
/// POST /api/v1/webhooks/stripe: `{"received":true,"acted":…}`. NOT_FOUND without
/// STRIPE_WEBHOOK_SECRET, VALIDATION_ERROR for a body that Stripe has not signed just now.
awaitable<result<http::response>> stripe_webhook(http::exchange& ex);

// -- projects ----------------------------------------------------------------------------
// The owner and all users with the same client_id may see, change and delete a project; for
// anybody else it is not there.

/// GET /api/v1/projects?page=1&limit=50: in the order they were made.
awaitable<result<http::response>> list_projects(http::exchange& ex, const principal& caller);
/// POST /api/v1/projects: 201. SUB002 when the tier allows no more.
awaitable<result<http::response>> create_project(http::exchange& ex, const principal& caller);
/// GET /api/v1/projects/{id}
awaitable<result<http::response>> get_project(http::exchange& ex, const principal& caller);
/// PUT /api/v1/projects/{id}: changes what is given.
awaitable<result<http::response>> update_project(http::exchange& ex, const principal& caller);
/// DELETE /api/v1/projects/{id}: 204; the owner may make another one.
awaitable<result<http::response>> delete_project(http::exchange& ex, const principal& caller);

// -- the profile ---------------------------------------------------------------------------

/// GET /api/v1/profile
awaitable<result<http::response>> get_profile(http::exchange& ex, const principal& caller);
/// PUT /api/v1/profile: changes what is given; null clears.
awaitable<result<http::response>> update_profile(http::exchange& ex, const principal& caller);

} // namespace latchkey::gateway::billing

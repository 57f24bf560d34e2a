// routes.cpp — a user's subscription with its quotas, projects and profile, and Stripe's webhook
// ("Auth Service Internal API Documentation", Database Schema). Ids are UUIDs.
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::billing {

// Each is defined in the file of its trade in this folder.

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

// -- the rows -----------------------------------------------------------------------------------

std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  return {
      route_row(get, "/api/v1/subscription", "get_subscription", get_subscription)
          .access(principal, "subscription:read"),
      route_row(put, "/api/v1/admin/subscriptions/{user_id}", "put_subscription", put_subscription)
          .access(principal, "subscriptions:write"),
      route_row(post, "/api/v1/webhooks/stripe", "stripe_webhook", stripe_webhook)
          .access(anyone)
          .limit(http::window::by_endpoint),

      route_row(get, "/api/v1/projects", "list_projects", list_projects)
          .access(principal, "projects:read"),
      route_row(post, "/api/v1/projects", "create_project", create_project)
          .access(principal, "projects:write"),
      route_row(get, "/api/v1/projects/{id}", "get_project", get_project)
          .access(principal, "projects:read"),
      route_row(put, "/api/v1/projects/{id}", "update_project", update_project)
          .access(principal, "projects:write"),
      route_row(delete_, "/api/v1/projects/{id}", "delete_project", delete_project)
          .access(principal, "projects:write"),

      route_row(get, "/api/v1/profile", "get_platform_profile", get_profile)
          .access(principal, "profile:read"),
      route_row(put, "/api/v1/profile", "update_platform_profile", update_profile)
          .access(principal, "profile:write"),
  };
}

} // namespace latchkey::gateway::billing

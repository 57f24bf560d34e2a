// The platform's rows of the route table: subscriptions, projects, profiles.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/billing/endpoints.hpp"

namespace latchkey::gateway::billing {

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

// The platform's rows of the route table: subscriptions, projects, profiles.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/billing/endpoints.hpp"

namespace latchkey::gateway::billing {

std::vector<http::route> routes() {
  using http::method;
  return {
      open_with("subscription:read", method::get, "/api/v1/subscription", "get_subscription",
                get_subscription),
      open_with("subscriptions:write", method::put, "/api/v1/admin/subscriptions/{user_id}",
                "put_subscription", put_subscription),
      open_to_anyone_who_is_counted_later(method::post, "/api/v1/webhooks/stripe", "stripe_webhook",
                                          stripe_webhook),

      open_with("projects:read", method::get, "/api/v1/projects", "list_projects", list_projects),
      open_with("projects:write", method::post, "/api/v1/projects", "create_project",
                create_project),
      open_with("projects:read", method::get, "/api/v1/projects/{id}", "get_project", get_project),
      open_with("projects:write", method::put, "/api/v1/projects/{id}", "update_project",
                update_project),
      open_with("projects:write", method::delete_, "/api/v1/projects/{id}", "delete_project",
                delete_project),

      open_with("profile:read", method::get, "/api/v1/profile", "get_platform_profile",
                get_profile),
      open_with("profile:write", method::put, "/api/v1/profile", "update_platform_profile",
                update_profile),
  };
}

} // namespace latchkey::gateway::billing

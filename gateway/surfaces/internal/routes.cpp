// The internal listener's own rows of the route table.
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/internal/endpoints.hpp"

namespace latchkey::gateway::internal {

std::vector<http::route> routes() {
  using enum http::method;
  using http::access;
  return {
      route_row(get, "/internal/health", "internal_health", health).access(access::internal),
      route_row(get, "/internal/metrics", "internal_metrics", render_metrics)
          .access(access::internal),
      route_row(get, "/metrics", "metrics", render_metrics).access(access::internal),
      route_row(post, "/internal/workflows/{id}/status", "take_workflow_status",
                take_workflow_status)
          .access(access::service, service_scope::report_workflows)
          .internal(),
  };
}

} // namespace latchkey::gateway::internal

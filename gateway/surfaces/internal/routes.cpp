#include "gateway/request/guards.hpp"
#include "gateway/surfaces/internal/endpoints.hpp"

namespace latchkey::gateway::internal {

using http::method;

std::vector<http::route> routes() {
  return {
      open_internally("/internal/health", "internal_health", health),
      open_internally("/internal/metrics", "internal_metrics", render_metrics),
      open_internally("/metrics", "metrics", render_metrics),
      open_to_services_internally(service_scope::report_workflows, method::post,
                                  "/internal/workflows/{id}/status", "take_workflow_status",
                                  take_workflow_status),
  };
}

} // namespace latchkey::gateway::internal

// routes.cpp — the paths that the internal listener alone answers: "Auth Service Internal API
// Documentation", Internal HTTP Endpoints, and "Flask Service Integration Documentation", Metrics.
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::internal {

// Each is defined in the file of its trade in this folder.

/// GET /internal/health: 503 when the database does not answer, or the server stops.
awaitable<result<http::response>> health(http::exchange& ex);

/// GET /internal/live: 200 as long as every reactor has its turns, whatever else is away. A
/// supervisor starts the process again when it is not.
awaitable<result<http::response>> live(http::exchange& ex);

/// GET /internal/ready: 503 when requests should go elsewhere: the server stops, or it can neither
/// ask the database nor believe its memory.
awaitable<result<http::response>> ready(http::exchange& ex);

/// GET /internal/metrics, GET /metrics: Prometheus' text format.
awaitable<result<http::response>> render_metrics(http::exchange& ex);

/// POST /internal/workflows/{id}/status `{status, step, progress, result, error, sequence}`: what
/// the core manager says of a workflow. 200 `{is_over}` after COMMIT, also for what was said
/// before; 409 (field "sequence") for one that is ahead of the next.
awaitable<result<http::response>> take_workflow_status(http::exchange& ex,
                                                       const service_principal& caller);

// -- the rows -----------------------------------------------------------------------------------

std::vector<http::route> routes() {
  using enum http::method;
  using http::access;
  return {
      route_row(get, "/internal/health", "internal_health", health).access(access::internal),
      route_row(get, "/internal/live", "internal_live", live).access(access::internal),
      route_row(get, "/internal/ready", "internal_ready", ready).access(access::internal),
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

// internal/endpoints.hpp — the paths that the internal listener alone answers: "Auth Service
// Internal API Documentation", Internal HTTP Endpoints, and "Flask Service Integration
// Documentation", Metrics.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include <vector>

namespace latchkey::gateway::internal {

/// The surface's rows of the route table.
std::vector<http::route> routes();

/// GET /internal/health: 503 when the database does not answer.
awaitable<result<http::response>> health(http::exchange& ex);

/// GET /internal/metrics, GET /metrics: Prometheus' text format.
awaitable<result<http::response>> render_metrics(http::exchange& ex);

/// POST /internal/workflows/{id}/status `{status, step, progress, result, error, sequence}`: what
/// the core manager says of a run. 200 `{is_over}` after COMMIT, also for what was said before; 409
/// (field "sequence") for one that is ahead of the next.
awaitable<result<http::response>> take_workflow_status(http::exchange& ex,
                                                       const service_principal& caller);

} // namespace latchkey::gateway::internal

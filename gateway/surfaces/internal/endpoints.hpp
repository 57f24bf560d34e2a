// internal/endpoints.hpp — what the internal listener alone answers: "Auth Service
// Internal API Documentation", Internal HTTP Endpoints, and "Flask Service Integration
// Documentation", Metrics.
#pragma once

#include "gateway/endpoint.hpp"
#include "gateway/http/router.hpp"

#include <vector>

namespace latchkey::gateway::internal {

/// The surface's rows of the route table.
std::vector<http::route> routes();

/// GET /internal/health: 503 when the database does not answer.
awaitable<http::response> health(http::exchange& ex);

/// GET /internal/metrics, GET /metrics: Prometheus' text format.
awaitable<http::response> render_metrics(http::exchange& ex);

} // namespace latchkey::gateway::internal

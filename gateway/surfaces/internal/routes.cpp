#include "gateway/guards.hpp"
#include "gateway/surfaces/internal/endpoints.hpp"

namespace latchkey::gateway::internal {

std::vector<http::route> routes() {
  return {
      open_internally("/internal/health", "internal_health", health),
      open_internally("/internal/metrics", "internal_metrics", render_metrics),
      open_internally("/metrics", "metrics", render_metrics),
  };
}

} // namespace latchkey::gateway::internal

#include "gateway/request/endpoint.hpp"

#include <nlohmann/json.hpp>

namespace latchkey::gateway::auth_service {

awaitable<result<http::response>> health(http::exchange& ex) {
  auto& edge = edge_of(ex);
  const auto now = to_rfc3339(edge.env().now());
  const bool alive = co_await edge.health().is_database_alive(ex.deadline);
  if (!alive) {
    const auto& trouble = edge.health().database_trouble();
    const auto error = trouble.empty() ? std::string{"Database connection failed"}
                                       : "Database cannot be written: " + trouble;
    const nlohmann::ordered_json body{
        {"status", "unhealthy"}, {"error", error}, {"timestamp", now}};
    co_return http::json_response(503, body.dump());
  }
  const auto redis = co_await edge.health().redis_state(ex.deadline);
  nlohmann::ordered_json body{
      {"status", "healthy"},
      {"service", "auth_service"},
      {"version", LATCHKEY_VERSION},
      {"uptime", std::to_string(edge.uptime_s())},
      {"dependencies", {{"database", "connected"}, {"redis", redis}}},
      {"database", "connected"},
      {"redis", redis},
      {"timestamp", now},
  };
  co_return http::json_response(200, body.dump());
}

} // namespace latchkey::gateway::auth_service

// health.cpp — the state of the database and of Redis, and the version.
#include "gateway/request/endpoint.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::auth_service {

awaitable<result<http::response>> health(http::exchange& ex) {
  auto& edge = edge_of(ex);
  const auto now = to_rfc3339(edge.env().now());
  std::string out;
  json_writer body(out);
  const bool alive = co_await edge.health().is_database_alive(ex.deadline);
  if (!alive) {
    const auto& trouble = edge.health().database_trouble();
    const auto error = trouble.empty() ? std::string{"Database connection failed"}
                                       : "Database cannot be written: " + trouble;
    body.begin_object()
        .text("status", "unhealthy")
        .text("error", error)
        .text("timestamp", now)
        .end_object();
    co_return http::json_response(503, std::move(out));
  }
  const auto redis = co_await edge.health().redis_state(ex.deadline);
  body.begin_object()
      .text("status", "healthy")
      .text("service", "auth_service")
      .text("version", LATCHKEY_VERSION)
      .text("uptime", std::to_string(edge.uptime_s()))
      .begin_object("dependencies")
      .text("database", "connected")
      .text("redis", redis)
      .end_object()
      .text("database", "connected")
      .text("redis", redis)
      .text("timestamp", now)
      .end_object();
  co_return http::json_response(200, std::move(out));
}

} // namespace latchkey::gateway::auth_service

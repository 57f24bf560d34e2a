// health.cpp — the state of the database and of Redis, and the version.
#include "gateway/request/endpoint.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::auth_service {

namespace {

http::response unhealthy(const std::string& error, const std::string& now) {
  std::string out;
  json_writer(out)
      .begin_object()
      .text("status", "unhealthy")
      .text("error", error)
      .text("timestamp", now)
      .end_object();
  return http::json_response(503, std::move(out));
}

} // namespace

awaitable<result<http::response>> health(http::exchange& ex) {
  auto& edge = edge_of(ex);
  const auto now = to_rfc3339(edge.env().now());
  if (edge.health().is_stopping()) co_return unhealthy("The server is stopping", now);
  if (!co_await edge.health().is_database_alive(ex.deadline)) {
    const auto& trouble = edge.health().database_trouble();
    co_return unhealthy(trouble.empty() ? "Database connection failed"
                                        : "Database cannot be written: " + trouble,
                        now);
  }
  std::string out;
  json_writer body(out);
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

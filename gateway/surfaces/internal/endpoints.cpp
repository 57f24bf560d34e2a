// endpoints.cpp — the health of the server and of what it depends on, and its metrics.
#include "gateway/request/endpoint.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::internal {
namespace {

std::string_view health_word(bool healthy) {
  return healthy ? "healthy" : "unhealthy";
}

awaitable<std::string_view> core_manager_word(reactor_edge& edge) {
  if (edge.configured().core_manager_url.empty()) co_return "disabled";
  const bool accepts = co_await edge.health().core_manager().is_accepting();
  co_return health_word(accepts);
}

} // namespace

awaitable<result<http::response>> health(http::exchange& ex) {
  auto& edge = edge_of(ex);
  const bool database = co_await edge.health().is_database_alive(ex.deadline);
  const auto core_manager = co_await core_manager_word(edge);
  const auto redis = co_await edge.health().redis_state(ex.deadline);
  std::string out;
  json_writer body(out);
  body.begin_object()
      .text("status", health_word(database))
      .text("service", "auth-service")
      .text("version", LATCHKEY_VERSION)
      .begin_object("dependencies")
      .text("database", health_word(database))
      .text("core-manager", core_manager)
      .text("redis", redis == "disabled" ? redis : health_word(redis == "connected"))
      .end_object();
  if (edge.env().limiter->is_degraded()) body.text("rate_limits", "degraded");
  if (!database && !edge.health().database_trouble().empty())
    body.text("error", edge.health().database_trouble());
  body.end_object();
  co_return http::json_response(database ? 200 : 503, std::move(out));
}

awaitable<result<http::response>> render_metrics(http::exchange& ex) {
  const auto& env = edge_of(ex).env();
  env.publish_counts();
  http::response answer;
  answer.content_type = metrics::content_type;
  answer.body = env.counts->render();
  co_return answer;
}

} // namespace latchkey::gateway::internal

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

constexpr std::string_view stopping = "The server is stopping";

/// Of /internal/live and /internal/ready; `error` says why not.
http::response probe_answer(std::string_view error = {}) {
  std::string out;
  json_writer body(out);
  body.begin_object().text("status", health_word(error.empty()));
  if (!error.empty()) body.text("error", error);
  body.end_object();
  return http::json_response(error.empty() ? 200 : 503, std::move(out));
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
  const bool is_stopping = edge.health().is_stopping();
  const bool is_healthy = database && !is_stopping;
  std::string out;
  json_writer body(out);
  body.begin_object()
      .text("status", health_word(is_healthy))
      .text("service", "auth-service")
      .text("version", LATCHKEY_VERSION)
      .begin_object("dependencies")
      .text("database", health_word(database))
      .text("core-manager", core_manager)
      .text("redis", redis == "disabled" ? redis : health_word(redis == "connected"))
      .end_object();
  if (edge.env().limiter->is_degraded()) body.text("rate_limits", "degraded");
  if (is_stopping)
    body.text("error", stopping);
  else if (!database && !edge.health().database_trouble().empty())
    body.text("error", edge.health().database_trouble());
  body.end_object();
  co_return http::json_response(is_healthy ? 200 : 503, std::move(out));
}

awaitable<result<http::response>> live(http::exchange& ex) {
  if (edge_of(ex).are_reactors_alive()) co_return probe_answer();
  co_return probe_answer("A thread that serves sockets does not answer");
}

awaitable<result<http::response>> ready(http::exchange& ex) {
  auto& edge = edge_of(ex);
  if (edge.health().is_stopping()) co_return probe_answer(stopping);
  if (edge.is_memory_usable()) co_return probe_answer();
  if (co_await edge.health().is_database_alive(ex.deadline)) co_return probe_answer();
  co_return probe_answer("Neither the database nor the other nodes can be reached");
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

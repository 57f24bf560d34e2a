#include "gateway/request/endpoint.hpp"

#include <nlohmann/json.hpp>

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
  nlohmann::ordered_json body{
      {"status", health_word(database)},
      {"service", "auth-service"},
      {"version", LATCHKEY_VERSION},
      {"dependencies",
       {{"database", health_word(database)},
        {"core-manager", core_manager},
        {"redis", redis == "disabled" ? redis : health_word(redis == "connected")}}},
  };
  if (!database && !edge.health().database_trouble().empty())
    body["error"] = edge.health().database_trouble();
  co_return http::json_response(database ? 200 : 503, body.dump());
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

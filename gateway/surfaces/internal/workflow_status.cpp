// What a core manager that calls back says of a workflow (see actors/workflow/workflow.hpp).
#include "actors/workflow/status_body.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::internal {
namespace {

/// Checks the body without asking any actor.
result<void> check_status(const http::request& in) {
  if (!http::is_media_type(in.content_type, http::json_type))
    return fail(error_code::unsupported_media_type, "Content-Type", "must be application/json");
  const auto status = read_workflow_status(in.body);
  if (!status) return fail(status.error());
  // A callback is sent again when its answer is lost, so it must say which one it is.
  if (!status->sequence) return fail(error_code::validation_error, "sequence", "is required");
  return {};
}

} // namespace

awaitable<result<http::response>> take_workflow_status(http::exchange& ex,
                                                       const service_principal&) {
  auto& edge = edge_of(ex);
  if (auto good = check_status(ex.in); !good) co_return fail(good.error());
  const auto named = parse_uuid(ex.params["id"]);
  if (!named) co_return fail(error_code::not_found);
  const workflow_id id{*named};
  messages::take_status request{std::string{ex.in.body}, std::nullopt,
                                edge.deadline_for_actors(ex.deadline)};
  const auto taken = co_await edge.ask_workflow(id, std::move(request), ex.deadline);
  if (!taken) co_return fail(taken.error());
  co_return http::json_response(200,
                                taken->is_over ? R"({"is_over":true})" : R"({"is_over":false})");
}

} // namespace latchkey::gateway::internal

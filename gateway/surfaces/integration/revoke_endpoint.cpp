// "Service Integration API Documentation", Revoke User Sessions.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/integration/answers.hpp"
#include "gateway/surfaces/integration/user_ids.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::integration {
namespace {

constexpr std::string_view revocation_failed = "Failed to revoke sessions";
constexpr std::size_t reason_bytes_max = 255;

} // namespace

awaitable<result<http::response>> revoke_user_sessions(http::exchange& ex,
                                                       const service_principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto user = body.id_text("user_id");
  auto reason = body.optional_text("reason", reason_bytes_max);
  body.optional_time("timestamp");
  if (auto read = body.done(); !read) co_return refused(read.error(), revocation_failed);

  const auto id = co_await find_user(ex, "user_id", user);
  if (!id) co_return refused(id.error(), revocation_failed);
  messages::end_sessions request{std::nullopt, std::move(reason).value_or(""),
                                 author_of(ex, caller), edge.deadline_for_actors(ex.deadline)};
  if (request.reason.empty()) request.reason = "revoked by a service";
  auto ended = co_await edge.ask_user(*id, std::move(request), ex.deadline);
  if (!ended && ended.error().code == error_code::user_not_found)
    ended = fail(error_code::user_not_found, "user_id", "names no user");
  if (!ended) co_return refused(ended.error(), revocation_failed);
  co_return success();
}

} // namespace latchkey::gateway::integration

// sessions.cpp — a user's own sessions.
#include "gateway/surfaces/access/endpoints.hpp"
#include "gateway/surfaces/access/render.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey::gateway::access {
namespace {

using json = nlohmann::ordered_json;

/// The path names no session of the caller's that lives.
failure no_such_session() {
  return {error_code::not_found, {}, {}, 0};
}

} // namespace

awaitable<http::response> list_sessions(http::exchange& ex, const principal& who) {
  auto& edge = acceptor_of(ex);
  storage::list_sessions question;
  question.user = who.user;
  question.now = edge.with().now();
  question.used_after = edge.with().policy.idle_since(question.now);
  auto found = co_await edge.read(question, ex.deadline);
  if (!found) co_return error_answer(ex, found.error());
  json sessions = json::array();
  for (const auto& one : *found)
    sessions.push_back(session_body(one, one.id == who.session));
  const json body{{"sessions", std::move(sessions)}};
  co_return http::json_response(200, body.dump());
}

awaitable<http::response> end_session(http::exchange& ex, const principal& who) {
  auto& edge = acceptor_of(ex);
  const auto named = parse_uuid(ex.params["id"]);
  if (!named) co_return error_answer(ex, no_such_session());
  const session_id id{*named};
  // Whose it is comes first: nobody learns that somebody else's is there.
  const messages::validate question;
  auto owner = co_await edge.ask_session(id, question, ex.deadline);
  const bool is_own = owner && owner->user == who.user;
  if (!is_own && (owner || owner.error().code == error_code::token_invalid))
    co_return error_answer(ex, no_such_session());
  if (!owner) co_return error_answer(ex, owner.error());
  messages::revoke request{end_reason::revoked, client_of(ex),
                           edge.deadline_for_actors(ex.deadline), std::nullopt};
  auto ended = co_await edge.ask_session(id, std::move(request), ex.deadline);
  if (!ended && ended.error().code == error_code::token_invalid)
    co_return error_answer(ex, no_such_session());
  if (!ended) co_return error_answer(ex, ended.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::access

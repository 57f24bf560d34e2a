#include "gateway/account/holdings.hpp"

#include "protocol/permission.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

/// What is named is no session of the caller's that lives.
failure no_such_session() {
  return {error_code::not_found, {}, {}, 0};
}

result<void> check_new_key(const wanted_key& key, time_point now) {
  const auto wrong = [](const char* field, const char* reason) {
    return fail(error_code::validation_error, field, reason);
  };
  if (count_code_points(key.name) > key_name_chars_max)
    return wrong("name", "must have at most 100 characters");
  if (has_invisible_characters(key.name))
    return wrong("name", "must not contain control or invisible characters");
  for (const auto& scope : key.scopes)
    if (!is_permission(scope)) return wrong("scopes", "must have the form resource:action");
  if (key.expires_at && *key.expires_at <= now) return wrong("expires_at", "must be in the future");
  return {};
}

} // namespace

awaitable<result<std::vector<session_record>>> own_sessions(http::exchange& ex,
                                                            const principal& caller) {
  auto& edge = edge_of(ex);
  storage::list_sessions question;
  question.user = caller.user;
  question.now = edge.env().now();
  question.used_after = edge.env().policy.idle_since(question.now);
  co_return co_await edge.read(std::move(question), ex.deadline);
}

awaitable<result<void>> end_own_session(http::exchange& ex, const principal& caller,
                                        std::string_view named) {
  auto& edge = edge_of(ex);
  const auto parsed = parse_uuid(named);
  if (!parsed) co_return fail(no_such_session());
  const session_id id{*parsed};
  // Whose it is comes first: nobody learns that somebody else's is there.
  const messages::validate question{0, true};
  auto owner = co_await edge.ask_session(id, question, ex.deadline);
  const bool is_own = owner && owner->user == caller.user;
  if (!is_own && (owner || owner.error().code == error_code::token_invalid))
    co_return fail(no_such_session());
  if (!owner) co_return fail(owner.error());
  messages::revoke request{end_reason::revoked, client_of(ex),
                           edge.deadline_for_actors(ex.deadline), std::nullopt};
  auto ended = co_await edge.ask_session(id, std::move(request), ex.deadline);
  if (!ended && ended.error().code == error_code::token_invalid) co_return fail(no_such_session());
  if (!ended) co_return fail(ended.error());
  co_return result<void>{};
}

awaitable<result<messages::sessions_ended>> end_other_sessions(http::exchange& ex,
                                                               const principal& caller) {
  auto& edge = edge_of(ex);
  messages::end_sessions request;
  request.keep = caller.session;
  request.reason = to_string(end_reason::revoked);
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  co_return co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
}

awaitable<result<messages::api_key_list>> own_keys(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const messages::list_api_keys question{edge.deadline_for_actors(ex.deadline)};
  co_return co_await edge.ask_user(caller.user, question, ex.deadline);
}

awaitable<result<messages::api_key_created>> make_own_key(http::exchange& ex,
                                                          const principal& caller, wanted_key key) {
  auto& edge = edge_of(ex);
  if (auto good = check_new_key(key, edge.env().now()); !good) co_return fail(good.error());
  messages::create_api_key request;
  request.name = std::move(key.name);
  request.scopes = permission_set{std::move(key.scopes)}.words();
  request.expires_at = key.expires_at;
  auto session = co_await session_of(ex, caller);
  if (!session) co_return fail(session.error());
  request.caller = *session;
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  co_return co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
}

awaitable<result<void>> revoke_own_key(http::exchange& ex, const principal& caller,
                                       std::string_view id) {
  auto& edge = edge_of(ex);
  const auto parsed = parse_key_id(id);
  if (!parsed) co_return fail(error_code::not_found);
  const auto shown = co_await newest_authentication(ex, caller);
  if (!shown) co_return fail(shown.error());
  messages::revoke_api_key request{*parsed, author_of(ex, caller),
                                   edge.deadline_for_actors(ex.deadline), *shown};
  auto revoked = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!revoked) co_return fail(revoked.error());
  co_return result<void>{};
}

} // namespace latchkey::gateway

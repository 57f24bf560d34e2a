// api_keys.cpp — a user's own API keys.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/access/render.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::access {
namespace {

constexpr std::size_t key_name_chars_max = 100;

result<void> check_new_key(const messages::create_api_key& key, time_point now) {
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

awaitable<result<http::response>> list_api_keys(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const messages::list_api_keys question{edge.deadline_for_actors(ex.deadline)};
  auto list = co_await edge.ask_user(caller.user, question, ex.deadline);
  if (!list) co_return fail(list.error());
  std::string out;
  json_writer body(out);
  body.begin_object().begin_list("api_keys");
  for (const auto& key : list->keys)
    write_api_key(body, key);
  body.end_list().end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> create_api_key(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  messages::create_api_key request;
  request.name = body.text("name", 1, 4 * key_name_chars_max);
  request.scopes =
      permission_set{body.texts("scopes", permissions_max, permission_bytes_max)}.words();
  request.expires_at = body.optional_time("expires_at");
  auto good = body.done();
  if (good) good = check_new_key(request, edge.env().now());
  if (!good) co_return fail(good.error());

  request.session = caller.session;
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto created = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!created) co_return fail(created.error());
  std::string out;
  json_writer answer(out);
  write_api_key(answer, created->key, &created->text);
  co_return http::json_response(201, std::move(out));
}

awaitable<result<http::response>> revoke_api_key(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const auto id = parse_key_id(ex.params["id"]);
  if (!id) co_return fail(error_code::not_found);
  messages::revoke_api_key request{*id, author_of(ex, caller),
                                   edge.deadline_for_actors(ex.deadline)};
  auto revoked = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!revoked) co_return fail(revoked.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::access

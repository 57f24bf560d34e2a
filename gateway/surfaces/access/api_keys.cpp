// api_keys.cpp — a user's own API keys.
#include "gateway/account/holdings.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/access/render.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::access {

awaitable<result<http::response>> list_api_keys(http::exchange& ex, const principal& caller) {
  auto list = co_await own_keys(ex, caller);
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
  auto body = input::of(ex.in);
  wanted_key wanted;
  wanted.name = body.text("name", 1, 4 * key_name_chars_max);
  wanted.scopes = body.texts("scopes", permissions_max, permission_bytes_max);
  wanted.expires_at = body.optional_time("expires_at");
  if (auto read = body.done(); !read) co_return fail(read.error());

  auto created = co_await make_own_key(ex, caller, std::move(wanted));
  if (!created) co_return fail(created.error());
  std::string out;
  json_writer answer(out);
  write_api_key(answer, created->key, &created->text);
  co_return http::json_response(201, std::move(out));
}

awaitable<result<http::response>> revoke_api_key(http::exchange& ex, const principal& caller) {
  auto revoked = co_await revoke_own_key(ex, caller, ex.params["id"]);
  if (!revoked) co_return fail(revoked.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::access

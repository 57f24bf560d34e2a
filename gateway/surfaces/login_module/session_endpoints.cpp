// Signing in ("API Reference", Authentication). Logging out is POST /auth/logout, which every
// surface shares.
#include "gateway/request/endpoint.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"

#include <utility>

namespace latchkey::gateway::login_module {

awaitable<result<http::response>> login(http::exchange& ex) {
  auto body = input::of(ex.in);
  const auto name = body.text("username", 1, login_name_bytes_max);
  auto password = body.hidden("password", 1, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  auto tokens = co_await sign_in(ex, name, std::move(password), surface::login_module);
  if (!tokens) co_return fail(tokens.error());
  const bool in_body = wants_token_in_body(ex);
  std::string out;
  json_writer body_out(out);
  body_out.begin_object()
      .text("access_token", tokens->access_token.reveal())
      .text("token_type", "bearer")
      .number("expires_in", tokens->access_ttl_s);
  if (in_body) body_out.text("refresh_token", tokens->refresh_token.reveal());
  body_out.end_object();
  auto answer = http::json_response(200, std::move(out));
  if (!in_body) set_refresh_cookie(ex, *tokens, answer);
  co_return answer;
}

} // namespace latchkey::gateway::login_module

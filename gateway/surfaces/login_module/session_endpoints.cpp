// Signing in ("API Reference", Authentication). Logging out is POST /auth/logout, which every
// surface shares.
#include "gateway/request/endpoint.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/sign_in/token_answer.hpp"
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
  co_return sign_in_answer(ex, *tokens, surface::login_module);
}

} // namespace latchkey::gateway::login_module

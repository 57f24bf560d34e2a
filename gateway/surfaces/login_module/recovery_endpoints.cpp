// Getting back in without the password ("API Reference", Account Recovery). Nothing here
// tells whether an address is anybody's.
#include "gateway/account/recovery.hpp"
#include "gateway/request/endpoint.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <utility>

namespace latchkey::gateway::login_module {

awaitable<result<http::response>> request_reset(http::exchange& ex) {
  auto body = input::of(ex.in);
  const auto email = body.text("email", 1, login_name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto outcome = co_await mail_reset(ex, email);
  if (!outcome) co_return fail(outcome.error());
  co_return http::message_response("Recovery instructions sent if email exists");
}

awaitable<result<http::response>> verify_passphrase(http::exchange& ex) {
  auto body = input::of(ex.in);
  const auto email = body.text("email", 1, login_name_bytes_max);
  const auto phrase = body.hidden("passphrase", 1, recovery_passphrase_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto grant = co_await reset_by_passphrase(ex, email, phrase);
  if (!grant) co_return fail(grant.error());
  std::string out;
  json_writer(out).begin_object().text("reset_token", grant->token.reveal()).end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> reset_password(http::exchange& ex) {
  auto body = input::of(ex.in);
  const auto token = body.hidden("reset_token", 1, opaque_key_bytes_max);
  auto next = body.hidden("new_password", 0, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto outcome = co_await reset_password_with(ex, token, std::move(next));
  if (!outcome) co_return fail(outcome.error());
  co_return http::message_response("Password successfully reset");
}

} // namespace latchkey::gateway::login_module

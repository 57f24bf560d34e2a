// Registering and keeping one's account ("API Reference", User Registration and User
// Account Management).
#include "gateway/account/owner.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/surfaces/login_module/render.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <utility>

namespace latchkey::gateway::login_module {

awaitable<result<http::response>> register_account(http::exchange& ex) {
  if (auto open = check_registration_open(ex); !open) co_return fail(open.error());
  auto body = input::of(ex.in);
  registration given;
  given.email = trim_white_space(body.text("email", 1, login_name_bytes_max));
  given.username = trim_white_space(body.text("username", 1, login_name_bytes_max));
  given.password = body.hidden("password", 0, password_input_bytes_max);
  given.full_name = body.optional_text("full_name", full_name_bytes_max);
  given.recovery_passphrase =
      body.optional_hidden("recovery_passphrase", recovery_passphrase_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  auto registered = co_await register_new_user(ex, std::move(given));
  if (!registered) co_return fail(registered.error());
  co_return http::json_response(201, account_body(*registered));
}

awaitable<result<http::response>> get_profile(http::exchange& ex, const principal& caller) {
  auto user = co_await describe_owner(ex, caller);
  if (!user) co_return fail(user.error());
  co_return http::json_response(200, account_body(*user));
}

awaitable<result<http::response>> update_profile(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  auto full_name = body.optional_text("full_name", full_name_bytes_max);
  auto username = body.optional_text("username", login_name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto updated = co_await rename_owner(ex, caller, std::move(full_name), std::move(username));
  if (!updated) co_return fail(updated.error());
  co_return http::json_response(200, account_body(*updated, account_form::updated));
}

awaitable<result<http::response>> change_password(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  auto current = body.hidden("current_password", 1, password_input_bytes_max);
  auto next = body.hidden("new_password", 0, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto changed = co_await change_own_password(ex, caller, std::move(current), std::move(next));
  if (!changed) co_return fail(changed.error());
  co_return http::message_response("Password successfully changed");
}

awaitable<result<http::response>> set_recovery_passphrase(http::exchange& ex,
                                                          const principal& caller) {
  auto body = input::of(ex.in);
  auto current = body.hidden("current_password", 1, password_input_bytes_max);
  const auto phrase = body.hidden("recovery_passphrase", 1, recovery_passphrase_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto changed = co_await set_own_passphrase(ex, caller, std::move(current), phrase);
  if (!changed) co_return fail(changed.error());
  co_return http::message_response("Recovery passphrase set");
}

awaitable<result<http::response>> remove_recovery_passphrase(http::exchange& ex,
                                                             const principal& caller) {
  auto body = input::of(ex.in);
  auto current = body.hidden("current_password", 1, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto changed = co_await remove_own_passphrase(ex, caller, std::move(current));
  if (!changed) co_return fail(changed.error());
  co_return http::message_response("Recovery passphrase removed");
}

} // namespace latchkey::gateway::login_module

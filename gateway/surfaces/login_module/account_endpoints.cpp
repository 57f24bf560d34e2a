// Registering and keeping one's account ("API Reference", User Registration and User
// Account Management).
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/surfaces/login_module/render.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <utility>

namespace latchkey::gateway::login_module {
namespace {

/// Puts a new username among the changes. The one that the user has is none: it may be older than
/// the rules.
result<void> change_username(storage::user_changes& changes, std::string_view wanted,
                             const messages::user_view& user) {
  std::string username{trim_white_space(wanted)};
  if (username == user.username) return {};
  if (auto good = check_username(username, user.email); !good) return good;
  auto key = fold_login_name(username);
  if (!key) return fail(error_code::validation_error, "username", "is not a valid name");
  changes.username = std::move(username);
  changes.username_key = std::move(*key);
  return {};
}

/// The failure as the client gets it. A wrong current password is in the audit log before that.
awaitable<result<http::response>> refusal(http::exchange& ex, const principal& caller,
                                          std::string action, failure error) {
  if (error.code == error_code::invalid_credentials) {
    auto written = co_await audit_refusal(ex, std::move(action), caller.user, error.why);
    if (!written) error = written.error();
  }
  co_return fail(error);
}

} // namespace

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
  const messages::describe_user question;
  auto user = co_await edge_of(ex).ask_user(caller.user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  co_return http::json_response(200, account_body(*user));
}

awaitable<result<http::response>> update_profile(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto full_name = body.optional_text("full_name", full_name_bytes_max);
  const auto username = body.optional_text("username", login_name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  messages::update_user request;
  const messages::describe_user question;
  auto user = co_await edge.ask_user(caller.user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  if (full_name) {
    auto checked = check_person_name_change("full_name", *full_name, full_name_code_points_max,
                                            messages::full_name_of(*user));
    if (!checked) co_return fail(checked.error());
    request.changes.full_name = std::move(*checked);
  }
  if (username) {
    auto good = change_username(request.changes, *username, *user);
    if (!good) co_return fail(good.error());
  }
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto updated = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!updated) co_return fail(updated.error());
  co_return http::json_response(200, account_body(*updated, account_form::updated));
}

awaitable<result<http::response>> change_password(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  messages::change_password request;
  request.current = body.hidden("current_password", 1, password_input_bytes_max);
  request.next = body.hidden("new_password", 0, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  request.keep = caller.session;
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto changed = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!changed)
    co_return co_await refusal(ex, caller, "user.password_change_refused", changed.error());
  co_return http::message_response("Password successfully changed");
}

namespace {

/// Tells the user's actor; the answer is `message`.
awaitable<result<http::response>> change_recovery(http::exchange& ex, const principal& caller,
                                                  messages::change_recovery request,
                                                  std::string_view message) {
  auto& edge = edge_of(ex);
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto changed = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!changed)
    co_return co_await refusal(ex, caller, "user.recovery_passphrase_change_refused",
                               changed.error());
  co_return http::message_response(message);
}

} // namespace

awaitable<result<http::response>> set_recovery_passphrase(http::exchange& ex,
                                                          const principal& caller) {
  auto body = input::of(ex.in);
  messages::change_recovery request;
  request.current = body.hidden("current_password", 1, password_input_bytes_max);
  const auto phrase = body.hidden("recovery_passphrase", 1, recovery_passphrase_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto normal = normal_passphrase(phrase, "recovery_passphrase");
  if (!normal) co_return fail(normal.error());
  auto good = check_passphrase(*normal, "recovery_passphrase");
  if (!good) co_return fail(good.error());
  request.next = std::move(*normal);
  co_return co_await change_recovery(ex, caller, std::move(request), "Recovery passphrase set");
}

awaitable<result<http::response>> remove_recovery_passphrase(http::exchange& ex,
                                                             const principal& caller) {
  auto body = input::of(ex.in);
  messages::change_recovery request;
  request.current = body.hidden("current_password", 1, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  co_return co_await change_recovery(ex, caller, std::move(request), "Recovery passphrase removed");
}

} // namespace latchkey::gateway::login_module

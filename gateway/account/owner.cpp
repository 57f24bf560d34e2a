#include "gateway/account/owner.hpp"

#include "gateway/sign_in/registration.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <utility>

namespace latchkey::gateway {
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

/// Asks the caller's actor for a change that takes the password. A wrong one is in the audit log
/// before the caller hears of it.
template <class Message>
awaitable<result<void>> change_with_password(http::exchange& ex, const principal& caller,
                                             Message request, std::string refused_as) {
  auto& edge = edge_of(ex);
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto changed = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (changed) co_return result<void>{};
  auto& error = changed.error();
  if (error.code == error_code::invalid_credentials) {
    auto written = co_await audit_refusal(ex, std::move(refused_as), caller.user, error.why);
    if (!written) co_return fail(written.error());
  }
  co_return fail(std::move(error));
}

} // namespace

awaitable<result<messages::user_view>> describe_owner(http::exchange& ex, const principal& caller) {
  const messages::describe_user question;
  co_return co_await edge_of(ex).ask_user(caller.user, question, ex.deadline);
}

awaitable<result<messages::user_view>> rename_owner(http::exchange& ex, const principal& caller,
                                                    std::optional<std::string> full_name,
                                                    std::optional<std::string> username) {
  auto& edge = edge_of(ex);
  messages::update_user request;
  auto user = co_await describe_owner(ex, caller);
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
  co_return co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
}

awaitable<result<void>> change_own_password(http::exchange& ex, const principal& caller,
                                            secret current, secret next) {
  messages::change_password request;
  request.current = std::move(current);
  request.next = std::move(next);
  request.keep = caller.session;
  co_return co_await change_with_password(ex, caller, std::move(request),
                                          "user.password_change_refused");
}

awaitable<result<void>> set_own_passphrase(http::exchange& ex, const principal& caller,
                                           secret current, const secret& passphrase) {
  auto normal = normal_passphrase(passphrase, "recovery_passphrase");
  if (!normal) co_return fail(normal.error());
  auto good = check_passphrase(*normal, "recovery_passphrase");
  if (!good) co_return fail(good.error());
  messages::change_recovery request;
  request.current = std::move(current);
  const auto shown = co_await newest_authentication(ex, caller);
  if (!shown) co_return fail(shown.error());
  request.shown = *shown;
  request.next = std::move(*normal);
  co_return co_await change_with_password(ex, caller, std::move(request),
                                          "user.recovery_passphrase_change_refused");
}

awaitable<result<void>> remove_own_passphrase(http::exchange& ex, const principal& caller,
                                              secret current) {
  messages::change_recovery request;
  request.current = std::move(current);
  const auto shown = co_await newest_authentication(ex, caller);
  if (!shown) co_return fail(shown.error());
  request.shown = *shown;
  co_return co_await change_with_password(ex, caller, std::move(request),
                                          "user.recovery_passphrase_change_refused");
}

awaitable<result<void>> delete_own_account(http::exchange& ex, const principal& caller,
                                           secret current) {
  messages::delete_user request;
  request.current = std::move(current);
  const auto shown = co_await newest_authentication(ex, caller);
  if (!shown) co_return fail(shown.error());
  request.shown = *shown;
  co_return co_await change_with_password(ex, caller, std::move(request), "user.deletion_refused");
}

awaitable<result<messages::verification_begun>> mail_verification(http::exchange& ex,
                                                                  const principal& caller) {
  auto& edge = edge_of(ex);
  if (edge.configured().verification == email_verification::off)
    co_return fail(error_code::conflict, "email", "addresses are not verified on this server");
  messages::begin_verification request{author_of(ex, caller),
                                       edge.deadline_for_actors(ex.deadline)};
  co_return co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
}

awaitable<result<void>> verify_address_with(http::exchange& ex, const secret& token) {
  auto& edge = edge_of(ex);
  const failure refusal{error_code::token_invalid, "token", "is invalid, expired or already used"};
  const auto key = parse_opaque_key(email_token_kind, token.reveal());
  if (!key) co_return fail(refusal);
  messages::confirm_email request;
  request.token_id = key->id;
  request.token_hash = key->secret_hash;
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto confirmed = co_await edge.ask_user(key->user, std::move(request), ex.deadline);
  if (confirmed) co_return result<void>{};
  const auto code = confirmed.error().code;
  const bool is_unknown = code == error_code::token_invalid || code == error_code::user_not_found;
  co_return fail(is_unknown ? refusal : confirmed.error());
}

} // namespace latchkey::gateway

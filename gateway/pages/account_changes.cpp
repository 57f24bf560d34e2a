// account_changes.cpp — what an account's owner changes about it.
#include "gateway/account/factors.hpp"
#include "gateway/account/owner.hpp"
#include "gateway/pages/account.hpp"
#include "gateway/sign_in/registration.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

/// A wrong password is one of the form's own field.
failure at_current_password(failure error) {
  if (error.code == error_code::invalid_credentials) error.field = "current_password";
  return error;
}

secret take_current(input& sent) {
  return sent.hidden("current_password", 1, password_input_bytes_max);
}

} // namespace

endpoint_answer take_profile(visit& v, const principal& caller, input& sent) {
  auto username = sent.text("username", 1, login_name_bytes_max);
  auto full_name = sent.text("full_name", 0, full_name_bytes_max);
  auto shown = profile_form(v, username, full_name);
  if (auto read = sent.done(); !read)
    co_return co_await refused_change(v, caller, std::move(shown), read.error());
  auto changed = co_await rename_owner(v.ex, caller, std::move(full_name), std::move(username));
  if (changed) co_return go_to("/account?done=profile");
  co_return co_await refused_change(v, caller, std::move(shown), std::move(changed.error()));
}

endpoint_answer take_verification_wish(visit& v, const principal& caller, input& sent) {
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto begun = co_await mail_verification(v.ex, caller);
  if (begun)
    co_return go_to(begun->was_verified ? "/account?done=verified"
                                        : "/account?done=verification_sent");
  co_return co_await refused_change(v, caller, verification_wish_form(v), begun.error());
}

endpoint_answer take_password(visit& v, const principal& caller, input& sent) {
  auto current = take_current(sent);
  auto next = sent.hidden("new_password", 0, password_input_bytes_max);
  auto outcome = sent.done();
  if (outcome)
    outcome = co_await change_own_password(v.ex, caller, std::move(current), std::move(next));
  if (outcome) co_return go_to("/account?done=password");
  auto error = at_current_password(outcome.error());
  if (error.code == error_code::password_format) error.field = "new_password";
  const auto factors = co_await own_factors(v.ex, caller);
  co_return co_await refused_change(v, caller, password_form(v, factors && factors->is_enabled()),
                                    std::move(error));
}

endpoint_answer take_passphrase(visit& v, const principal& caller, input& sent) {
  auto current = take_current(sent);
  const auto phrase = sent.hidden("recovery_passphrase", 1, recovery_passphrase_bytes_max);
  auto outcome = sent.done();
  if (outcome) outcome = co_await set_own_passphrase(v.ex, caller, std::move(current), phrase);
  if (outcome) co_return go_to("/account?done=passphrase");
  co_return co_await refused_change(v, caller, new_passphrase_form(v),
                                    at_current_password(outcome.error()));
}

endpoint_answer take_passphrase_removal(visit& v, const principal& caller, input& sent) {
  auto current = take_current(sent);
  auto outcome = sent.done();
  if (outcome) outcome = co_await remove_own_passphrase(v.ex, caller, std::move(current));
  if (outcome) co_return go_to("/account?done=passphrase_removed");
  co_return co_await refused_change(v, caller, passphrase_removal_form(v),
                                    at_current_password(outcome.error()));
}

endpoint_answer take_deletion(visit& v, const principal& caller, input& sent) {
  auto current = take_current(sent);
  auto outcome = sent.done();
  if (outcome) outcome = co_await delete_own_account(v.ex, caller, std::move(current));
  if (!outcome)
    co_return co_await refused_change(v, caller, deletion_form(v),
                                      at_current_password(outcome.error()));
  co_return v.signed_out(caller.session, "/sign-in?done=deleted");
}

} // namespace latchkey::gateway::pages

#include "gateway/pages/pages.hpp"

#include "gateway/pages/endpoints.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

using http::window;

/// To one's account, or to where one signs in. Whether the session lives /account finds out.
endpoint_answer show_start(visit& v) {
  co_return go_to(sent_refresh_cookies(v.ex).empty() ? "/sign-in" : "/account");
}

http::route file_row(const site_ptr& at) {
  const anonymous_endpoint answer = [at](http::exchange& ex) -> endpoint_answer {
    const auto* found = at->find_file(ex.params["file"]);
    if (found == nullptr) co_return fail(error_code::not_found);
    co_return file_answer(*found);
  };
  return route_row(http::method::get, std::string{files_path} + "{file}", "page_file", answer)
      .access(http::access::anyone)
      .limit(window::none);
}

std::vector<http::route> open_rows(const site_ptr& at) {
  return {
      file_row(at),
      page_row(at, "/", show_start),
      page_row(at, "/sign-in", show_sign_in),
      form_row(at, "/sign-in", take_sign_in, window::sign_in),
      form_row(at, "/sign-in/second-step", take_second_step, window::sign_in),
      redirect_row(at, "/sign-in/second-step", "/sign-in"),
      form_row(at, "/sign-in/passkey", take_passkey_sign_in, window::sign_in),
      redirect_row(at, "/sign-in/passkey", "/sign-in"),
      redirect_row(at, "/.well-known/change-password", "/account#password-heading"),
      page_row(at, "/register", show_registration),
      form_row(at, "/register", take_registration, window::sign_in),
      page_row(at, "/verify-email", show_verification),
      form_row(at, "/verify-email", take_verification, window::general),
      page_row(at, "/recover", show_recovery),
      form_row(at, "/recover", take_recovery_by_mail, window::sign_in),
      form_row(at, "/recover/passphrase", take_recovery_by_passphrase, window::sign_in),
      redirect_row(at, "/recover/passphrase", "/recover"),
      page_row(at, "/reset-password", show_reset),
      form_row(at, "/reset-password", take_reset, window::sign_in),
  };
}

/// Also for a session that awaits a second factor (session_record).
http::route admitting(http::route row) {
  row.needs.admits_awaiting = true;
  return row;
}

std::vector<http::route> account_rows(const site_ptr& at) {
  struct change {
    const char* path;
    account_form answer;
    window limit = window::general;
    const char* permission = "";
    // Also before the second factor that the account must have is there.
    bool adds_factor = false;
  };
  // As the API's operations for the same count, and what they ask for.
  const change changes[] = {
      {"/account/details", take_profile, window::general, "profile:write"},
      {"/account/verification", take_verification_wish},
      {"/account/password", take_password, window::keeping},
      {"/account/passphrase", take_passphrase},
      {"/account/passphrase/remove", take_passphrase_removal, window::keeping},
      {"/account/sessions/end", take_session_end, window::keeping},
      {"/account/sessions/end-others", take_end_of_others, window::keeping},
      {"/account/keys", take_new_key},
      {"/account/keys/revoke", take_key_revocation, window::keeping},
      {"/account/passkeys", take_new_passkey, window::general, "", true},
      {"/account/passkeys/use", take_passkey_use},
      {"/account/passkeys/rename", take_passkey_name},
      {"/account/passkeys/remove", take_passkey_removal, window::keeping},
      {"/account/apps", take_new_app, window::general, "", true},
      {"/account/apps/confirm", take_app_code, window::general, "", true},
      {"/account/apps/remove", take_app_removal, window::keeping},
      {"/account/recovery-codes", take_new_codes},
      {"/account/delete", take_deletion, window::keeping},
  };
  std::vector<http::route> rows{
      admitting(account_page_row(at, "/account", show_account)),
      admitting(account_page_row(at, "/account/confirm", show_confirmation)),
      admitting(account_form_row(at, "/account/confirm", take_confirmation, window::general)),
      admitting(account_page_row(at, "/sign-out", show_sign_out)),
      admitting(account_form_row(at, "/sign-out", take_sign_out, window::keeping)),
  };
  for (const auto& [path, answer, limit, permission, adds_factor] : changes) {
    auto row = account_form_row(at, path, answer, limit, permission);
    rows.push_back(adds_factor ? admitting(std::move(row)) : std::move(row));
    rows.push_back(redirect_row(at, path, "/account"));
  }
  return rows;
}

} // namespace

result<std::vector<http::route>> routes(const settings& configured) {
  std::vector<http::route> rows;
  if (!configured.pages_on) return rows;
  auto made = site::make(configured);
  if (!made) return fail(made.error());
  rows = open_rows(*made);
  for (auto& row : account_rows(*made))
    rows.push_back(std::move(row));
  return rows;
}

} // namespace latchkey::gateway::pages

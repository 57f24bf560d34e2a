// account_factors.cpp — an account's passkeys, authenticator apps and recovery codes.
#include "gateway/account/factor_name.hpp"
#include "gateway/account/factors.hpp"
#include "gateway/pages/account.hpp"
#include "gateway/pages/page_proof.hpp"
#include "gateway/passkeys/ceremony.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/request/errors.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/totp.hpp"
#include "protocol/webauthn/json.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* confirm_path = "/account/confirm";
constexpr std::size_t factor_id_bytes_max = 64;
constexpr std::string_view checked = "on";

/// A factor whose form is nothing but a button.
form factor_button(std::string id, std::string action, std::string submit, std::string_view factor,
                   std::string submit_label) {
  form shown{std::move(id), std::move(action), std::move(submit)};
  shown.is_quiet = true;
  shown.submit_label = std::move(submit_label);
  shown.hidden.emplace_back("factor", factor);
  return shown;
}

form confirm_password_form(const visit& v) {
  return {"confirm",
          confirm_path,
          v.words["confirm_submit"],
          {{"password", v.words["field_password"], "password", "current-password"}}};
}

form confirm_code_form(const visit& v) {
  return {"confirm",
          confirm_path,
          v.words["confirm_submit"],
          {{"code", v.words["field_code"], "text", "one-time-code", v.words["field_code_hint"]}}};
}

form confirm_passkey_form(const visit& v, const std::string& options) {
  form shown{"confirm-passkey", confirm_path, v.words["confirm_by_passkey"]};
  shown.passkey = "get";
  shown.passkey_options = options;
  shown.hidden.emplace_back("credential", "");
  return shown;
}

/// On to the page that says what was done; or it is shown with new recovery codes, this once.
endpoint_answer done_with_codes(visit& v, const principal& caller, std::vector<secret> codes,
                                const char* done) {
  if (codes.empty()) co_return go_to(done);
  account_extras extras;
  extras.codes = std::move(codes);
  co_return co_await account_answer(v, caller, std::move(extras));
}

/// The page that takes one proof more, after a wrong one or for the first time.
endpoint_answer confirm_page(visit& v, const principal& caller, std::string notice,
                             std::optional<failure> wrong) {
  auto known = co_await own_factors(v.ex, caller);
  if (!known) co_return fail(known.error());
  // A password does not help there: the page of the account says what does.
  if (caller.awaits_second_factor && !known->is_enabled()) co_return go_to("/account");
  visit::form_page page;
  page.title = v.words["confirm_title"];
  page.intro = v.words["confirm_intro"];
  page.notice = std::move(notice);
  form by_passkey;
  if (!known->passkeys.empty())
    if (const auto options = assertion_options(v.ex, known->passkeys, false)) {
      by_passkey = confirm_passkey_form(v, *options);
      page.forms.push_back({by_passkey});
    }
  const auto typed = known->is_enabled() ? confirm_code_form(v) : confirm_password_form(v);
  page.forms.push_back({typed});
  page.links.push_back({{}, "/account", v.words["account_title"]});
  std::optional<refusal> refused;
  if (wrong) refused = v.refuse(wrong->field == "credential" ? by_passkey : typed, *wrong);
  co_return v.show(confirm_path, page, refused);
}

/// A refusal that belongs to no field.
endpoint_answer refused_button(visit& v, const principal& caller, failure error) {
  form none;
  co_return co_await refused_change(v, caller, std::move(none), std::move(error));
}

} // namespace

// -- the forms ----------------------------------------------------------------------------------

form new_passkey_form(const visit& v, std::string options, bool tries_unattended) {
  form shown{"passkey", "/account/passkeys", v.words["passkey_submit"]};
  shown.passkey = "create";
  shown.passkey_options = std::move(options);
  shown.tries_unattended = tries_unattended;
  shown.hidden.emplace_back("credential", "");
  shown.hidden.emplace_back("unattended", "");
  shown.checks_label = v.words["passkey_use"];
  shown.checks.push_back({"second_factor", std::string{checked}, v.words["passkey_use_second"]});
  return shown;
}

form passkey_removal_form(const visit& v, const passkey_record& key) {
  const auto id = key_id_text(key.id);
  return factor_button("passkey-" + id, "/account/passkeys/remove", v.words["factor_remove"], id,
                       v.words.filled("factor_remove_which", {{"name", key.name}}));
}

form passkey_use_form(const visit& v, const passkey_record& key) {
  const auto id = key_id_text(key.id);
  const auto* words = key.is_second_factor ? "passkey_ask_no_more" : "passkey_ask_too";
  const auto* label = key.is_second_factor ? "passkey_ask_no_more_which" : "passkey_ask_too_which";
  auto shown = factor_button("passkey-use-" + id, "/account/passkeys/use", v.words[words], id,
                             v.words.filled(label, {{"name", key.name}}));
  shown.hidden.emplace_back("second_factor", key.is_second_factor ? "" : checked);
  return shown;
}

form passkey_rename_form(const visit& v, const passkey_record& key) {
  const auto id = key_id_text(key.id);
  form shown{"passkey-name-" + id,
             "/account/passkeys/rename",
             v.words["passkey_rename"],
             {{"name", v.words["field_passkey_name"], "text", "off", {}, key.name}}};
  shown.is_quiet = true;
  shown.submit_label = v.words.filled("passkey_rename_which", {{"name", key.name}});
  shown.hidden.emplace_back("factor", id);
  return shown;
}

form new_app_form(const visit& v) {
  form shown{"app", "/account/apps", v.words["app_submit"]};
  shown.is_quiet = true;
  return shown;
}

form app_code_form(const visit& v) {
  return {"app-code",
          "/account/apps/confirm",
          v.words["app_code_submit"],
          {{"code", v.words["field_code"], "text", "one-time-code", v.words["app_code_hint"]}}};
}

form app_removal_form(const visit& v, const totp_record& app) {
  const auto id = key_id_text(app.id);
  return factor_button("app-" + id, "/account/apps/remove", v.words["factor_remove"], id,
                       v.words.filled("factor_remove_which", {{"name", app.name}}));
}

form new_codes_form(const visit& v) {
  form shown{"codes", "/account/recovery-codes", v.words["codes_submit"]};
  shown.is_quiet = true;
  return shown;
}

// -- passkeys -----------------------------------------------------------------------------------

endpoint_answer take_new_passkey(visit& v, const principal& caller, input& sent) {
  wanted_passkey wanted;
  wanted.credential = sent.text("credential", 1, webauthn::response_json_bytes_max);
  wanted.was_unattended = sent.optional_text("unattended", factor_id_bytes_max) == checked;
  wanted.is_second_factor =
      !wanted.was_unattended && sent.optional_text("second_factor", factor_id_bytes_max) == checked;
  wanted.name = device_in_words(v.words, v.ex.in.user_agent);
  if (auto read = sent.done(); !read) co_return fail(read.error());
  const bool was_unattended = wanted.was_unattended;
  auto added = co_await add_own_passkey(v.ex, caller, std::move(wanted));
  if (!added) {
    auto sent_form = new_passkey_form(v, {}, false);
    co_return co_await refused_change(v, caller, std::move(sent_form), added.error());
  }
  const auto* done =
      was_unattended ? "/account?done=passkey_by_the_way" : "/account?done=passkey_added";
  co_return co_await done_with_codes(v, caller, std::move(added->recovery_codes), done);
}

endpoint_answer take_passkey_use(visit& v, const principal& caller, input& sent) {
  const auto id = sent.text("factor", 1, factor_id_bytes_max);
  const bool is_second = sent.optional_text("second_factor", factor_id_bytes_max) == checked;
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto changed = co_await change_own_passkey(v.ex, caller, id, std::nullopt, is_second);
  if (!changed) co_return co_await refused_button(v, caller, changed.error());
  co_return co_await done_with_codes(v, caller, std::move(changed->recovery_codes),
                                     "/account?done=passkey_changed");
}

endpoint_answer take_passkey_name(visit& v, const principal& caller, input& sent) {
  const auto id = sent.text("factor", 1, factor_id_bytes_max);
  const auto typed = sent.optional_text("name", 4 * storage::factor_name_chars_max).value_or("");
  auto name = checked_factor_name(typed, v.words["passkey_default_name"]);
  result<messages::passkey_added> changed;
  if (auto read = sent.done(); !read)
    changed = fail(read.error());
  else if (!name)
    changed = fail(name.error());
  else
    changed = co_await change_own_passkey(v.ex, caller, id, std::move(*name), std::nullopt);
  if (changed) co_return go_to("/account?done=passkey_changed");
  passkey_record shown;
  shown.id = parse_key_id(id).value_or(0);
  shown.name = typed;
  co_return co_await refused_change(v, caller, passkey_rename_form(v, shown), changed.error());
}

endpoint_answer take_passkey_removal(visit& v, const principal& caller, input& sent) {
  const auto id = sent.text("factor", 1, factor_id_bytes_max);
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto removed = co_await remove_own_passkey(v.ex, caller, id);
  // One that is gone already is what was asked for.
  if (!removed && removed.error().code != error_code::not_found)
    co_return co_await refused_button(v, caller, removed.error());
  co_return go_to("/account?done=passkey_removed");
}

// -- authenticator apps and recovery codes --------------------------------------------------------

endpoint_answer take_new_app(visit& v, const principal& caller, input& sent) {
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto enrolled = co_await enrol_own_totp(v.ex, caller, v.words["app_default_name"]);
  if (!enrolled) co_return co_await refused_change(v, caller, new_app_form(v), enrolled.error());
  account_extras extras;
  extras.enrolled = std::move(*enrolled);
  co_return co_await account_answer(v, caller, std::move(extras));
}

endpoint_answer take_app_code(visit& v, const principal& caller, input& sent) {
  auto code = sent.hidden("code", 1, totp_code_bytes_max);
  auto read = sent.done();
  if (!read) co_return co_await refused_change(v, caller, app_code_form(v), read.error());
  auto confirmed = co_await confirm_own_totp(v.ex, caller, std::move(code));
  if (!confirmed) co_return co_await refused_change(v, caller, app_code_form(v), confirmed.error());
  auto raised = caller;
  raised.awaits_second_factor = false; // for the code has shown one
  co_return co_await done_with_codes(v, raised, std::move(confirmed->recovery_codes),
                                     "/account?done=app_added");
}

endpoint_answer take_app_removal(visit& v, const principal& caller, input& sent) {
  const auto id = sent.text("factor", 1, factor_id_bytes_max);
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto removed = co_await remove_own_totp(v.ex, caller, id);
  if (!removed && removed.error().code != error_code::not_found)
    co_return co_await refused_button(v, caller, removed.error());
  co_return go_to("/account?done=app_removed");
}

endpoint_answer take_new_codes(visit& v, const principal& caller, input& sent) {
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto made = co_await make_own_recovery_codes(v.ex, caller);
  if (!made) co_return co_await refused_change(v, caller, new_codes_form(v), made.error());
  account_extras extras;
  extras.codes = std::move(made->codes);
  co_return co_await account_answer(v, caller, std::move(extras));
}

// -- once more ------------------------------------------------------------------------------------

endpoint_answer ask_to_confirm(visit& v, const principal& caller, const failure& asked) {
  log_refusal(v.ex, asked); // as the API does
  auto answer = co_await confirm_page(v, caller, v.words["confirm_first"], std::nullopt);
  if (answer) answer->status = refused_status;
  co_return answer;
}

endpoint_answer show_confirmation(visit& v, const principal& caller) {
  co_return co_await confirm_page(v, caller, std::string{}, std::nullopt);
}

endpoint_answer take_confirmation(visit& v, const principal& caller, input& sent) {
  result<messages::factor_proof> proof;
  if (sent.has("password")) {
    proof->method = auth_method::password;
    proof->code = sent.hidden("password", 1, password_input_bytes_max);
    if (auto read = sent.done(); !read) proof = fail(read.error());
  } else {
    proof = read_page_proof(v.ex, sent);
  }
  std::optional<failure> wrong;
  if (proof) {
    const auto stepped = co_await gateway::step_up(v.ex, caller, std::move(*proof));
    if (stepped) co_return go_to("/account?done=confirmed");
    wrong = stepped.error();
  } else {
    wrong = proof.error();
  }
  const bool is_late = wrong->code == error_code::token_expired;
  const bool is_its_limit = wrong->code == error_code::rate_limited && !wrong->reason.empty();
  if (!is_late && !is_its_limit && !is_for_form(*wrong)) co_return fail(*wrong);
  if (wrong->code == error_code::invalid_credentials && wrong->field.empty())
    wrong->field = "password";
  co_return co_await confirm_page(v, caller, std::string{}, std::move(wrong));
}

} // namespace latchkey::gateway::pages

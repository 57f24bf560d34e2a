// register.cpp — making an account, and proving that its address is one's own.
#include "gateway/account/owner.hpp"
#include "gateway/pages/endpoints.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* register_path = "/register";
constexpr const char* verify_path = "/verify-email";

form registration_form(const visit& v, const registration& typed) {
  return {"register",
          register_path,
          v.words["register_submit"],
          {{"username", v.words["field_username"], "text", "username", v.words["hint_username"],
            typed.username},
           {"email", v.words["field_email"], "email", "email", {}, typed.email},
           {"full_name",
            v.words["field_full_name"],
            "text",
            "name",
            {},
            typed.full_name.value_or(""),
            false},
           {"password", v.words["field_password"], "password", "new-password",
            v.words.filled("hint_password",
                           {{"n", std::to_string(v.at.password_length_min(false))}})}}};
}

http::response registration_page(const visit& v, form shown,
                                 const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["register_title"];
  page.forms.push_back({std::move(shown)});
  page.links.push_back({v.words["register_have_account"], "/sign-in", v.words["sign_in_instead"]});
  return v.show(register_path, page, refused);
}

http::response closed_page(const visit& v, bool is_refused = false) {
  visit::form_page page;
  page.title = v.words["register_closed_title"];
  page.intro = v.words["register_closed_intro"];
  page.is_refused = is_refused;
  page.links.push_back({{}, "/sign-in", v.words["back_to_sign_in"]});
  return v.show(register_path, page);
}

/// Who has just chosen a password need not type it again.
awaitable<http::response> sign_in_after(visit& v, const std::string& username, secret password) {
  const auto verification = v.at.verification();
  if (verification == email_verification::required) co_return go_to("/sign-in?done=verify_first");
  const std::string word =
      verification == email_verification::off ? "registered_plain" : "registered";
  auto tokens =
      co_await gateway::sign_in(v.ex, username, std::move(password), surface::auth_service);
  if (tokens) co_return v.signed_in_by_password(*tokens, "/account?done=" + word);
  log_refusal(v.ex, tokens.error());
  co_return go_to("/sign-in?done=" + word); // the account is there all the same
}

form verification_form(const visit& v, std::string token) {
  form shown{"verify", verify_path, v.words["verify_submit"]};
  if (token.empty())
    shown.fields.push_back({"token", v.words["field_verification_token"], "text", "one-time-code"});
  else
    shown.hidden.emplace_back("token", std::move(token));
  return shown;
}

http::response verification_page(const visit& v, const std::string& token,
                                 const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["verify_title"];
  page.intro = v.words[token.empty() ? "verify_intro_no_token" : "verify_intro"];
  page.forms.push_back({verification_form(v, token)});
  page.links.push_back({{}, "/sign-in", v.words["back_to_sign_in"]});
  page.is_secret = !token.empty();
  return v.show(verify_path + (token.empty() ? std::string{} : "?token=" + token), page, refused);
}

/// What a query holds that is a token of ours by its form; nothing else goes into a page's address.
std::string token_of(const visit& v, std::string_view kind) {
  auto token = v.parameter("token");
  return parse_opaque_key(kind, token) ? token : std::string{};
}

} // namespace

endpoint_answer show_registration(visit& v) {
  if (!v.at.is_registration_open()) co_return closed_page(v);
  co_return registration_page(v, registration_form(v, {}));
}

endpoint_answer take_registration(visit& v, input& sent) {
  if (auto open = check_registration_open(v.ex); !open) {
    log_refusal(v.ex, open.error());
    co_return closed_page(v, true);
  }
  registration given;
  given.username = trim_white_space(sent.text("username", 1, login_name_bytes_max));
  given.email = trim_white_space(sent.text("email", 1, login_name_bytes_max));
  given.password = sent.hidden("password", 0, password_input_bytes_max);
  given.full_name = sent.optional_text("full_name", full_name_bytes_max);
  if (given.full_name && given.full_name->empty()) given.full_name.reset();
  auto shown = registration_form(v, given);
  auto read = sent.done();
  failure error;
  if (read) {
    const auto username = given.username;
    const auto password = given.password;
    auto registered = co_await register_new_user(v.ex, std::move(given));
    if (registered) co_return co_await sign_in_after(v, username, password);
    error = std::move(registered.error());
  } else {
    error = std::move(read.error());
  }
  if (!is_for_form(error)) co_return fail(std::move(error));
  co_return registration_page(v, shown, v.refuse(shown, error));
}

endpoint_answer show_verification(visit& v) {
  co_return verification_page(v, token_of(v, email_token_kind));
}

endpoint_answer take_verification(visit& v, input& sent) {
  const auto token = sent.hidden("token", 1, opaque_key_bytes_max);
  auto outcome = sent.done();
  if (outcome) outcome = co_await verify_address_with(v.ex, token);
  if (outcome)
    co_return go_to(sent_refresh_cookies(v.ex).empty() ? "/sign-in?done=verified"
                                                       : "/account?done=verified");
  if (!is_for_form(outcome.error())) co_return fail(outcome.error());
  co_return verification_page(v, {}, v.refuse(verification_form(v, {}), outcome.error()));
}

} // namespace latchkey::gateway::pages

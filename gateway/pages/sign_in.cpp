// sign_in.cpp — signing in and out.
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/pages/endpoints.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/sign_in/second_step.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/recovery_code.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* sign_in_path = "/sign-in";
constexpr const char* second_step_path = "/sign-in/second-step";

form sign_in_form(const visit& v, std::string login) {
  return {"sign-in",
          sign_in_path,
          v.words["sign_in_submit"],
          {{"username", v.words["field_login"], "text", "username", {}, std::move(login)},
           {"password", v.words["field_password"], "password", "current-password"}}};
}

http::response sign_in_page(const visit& v, form shown,
                            const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["sign_in_title"];
  page.notice = refused ? std::string{} : v.notice();
  page.forms.push_back({std::move(shown)});
  page.links.push_back({{}, "/recover", v.words["sign_in_recover"]});
  if (v.at.is_registration_open())
    page.links.push_back({v.words["sign_in_no_account"], "/register", v.words["sign_in_register"]});
  return v.show(sign_in_path, page, refused);
}

form second_step_form(const visit& v, std::string mfa_token) {
  form shown{
      "second-step",
      second_step_path,
      v.words["second_step_submit"],
      {{"code", v.words["field_code"], "text", "one-time-code", v.words["field_code_hint"]}}};
  shown.hidden.emplace_back("mfa_token", std::move(mfa_token));
  return shown;
}

http::response second_step_page(const visit& v, form shown,
                                const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["second_step_title"];
  page.intro = v.words["second_step_intro"];
  page.forms.push_back({std::move(shown)});
  page.links.push_back({{}, sign_in_path, v.words["second_step_again"]});
  // In another language the sign-in begins anew: only this form holds its token.
  return v.show(sign_in_path, page, refused);
}

/// What an app shows has digits alone; a recovery code is longer.
auth_method method_of_code(std::string_view code) {
  constexpr std::size_t app_code_chars_max = 8; // with a space or a hyphen
  return code.size() <= app_code_chars_max ? auth_method::totp : auth_method::recovery_code;
}

/// The token of the second step, from the details of MFA_REQUIRED.
std::string mfa_token_of(const failure& asked) {
  auto details = input::of_object("{" + asked.more + "}");
  return details.text("mfa_token", 1, mfa_token_bytes_max);
}

/// What comes of a sign-in: all that may follow a password is decided here.
result<http::response> answer_sign_in(const visit& v, form sent,
                                      const result<messages::token_pair>& outcome) {
  if (outcome) return v.signed_in(*outcome);
  const auto& error = outcome.error();
  if (error.code == error_code::mfa_required) {
    log_refusal(v.ex, error); // as the API does
    return second_step_page(v, second_step_form(v, mfa_token_of(error)));
  }
  if (!is_for_form(error)) return fail(error);
  return sign_in_page(v, sent, v.refuse(sent, error));
}

} // namespace

endpoint_answer show_sign_in(visit& v) {
  co_return sign_in_page(v, sign_in_form(v, {}));
}

endpoint_answer take_sign_in(visit& v, input& sent) {
  const auto login = sent.text("username", 1, login_name_bytes_max);
  auto password = sent.hidden("password", 1, password_input_bytes_max);
  result<messages::token_pair> outcome;
  if (auto read = sent.done(); !read)
    outcome = fail(read.error());
  else
    outcome = co_await gateway::sign_in(v.ex, login, std::move(password), surface::auth_service);
  co_return answer_sign_in(v, sign_in_form(v, login), outcome);
}

endpoint_answer take_second_step(visit& v, input& sent) {
  const auto token = sent.hidden("mfa_token", 1, mfa_token_bytes_max);
  auto code = sent.hidden("code", 1, recovery_code_bytes_max);
  const auto shown = second_step_form(v, std::string{token.reveal()});
  messages::factor_proof proof{method_of_code(code.reveal()), std::move(code)};
  result<finished_sign_in> outcome;
  if (auto read = sent.done(); !read)
    outcome = fail(read.error());
  else
    outcome = co_await finish_sign_in(v.ex, token, std::move(proof));
  if (outcome) co_return v.signed_in(outcome->tokens);
  const auto& error = outcome.error();
  const bool is_over = error.field == "mfa_token";
  if (!is_over && !is_for_form(error)) co_return fail(error);
  if (!is_over) co_return second_step_page(v, shown, v.refuse(shown, error));
  const auto first = sign_in_form(v, {});
  co_return sign_in_page(v, first, v.refuse(first, error));
}

endpoint_answer show_sign_out(visit& v, const principal&) {
  visit::form_page page;
  page.title = v.words["sign_out_title"];
  page.intro = v.words["sign_out_intro"];
  page.forms.push_back({{"sign-out", "/sign-out", v.words["sign_out_submit"]}});
  page.links.push_back({{}, "/account", v.words["account_title"]});
  co_return v.show("/sign-out", page);
}

endpoint_answer take_sign_out(visit& v, const principal& caller, input& sent) {
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto& edge = edge_of(v.ex);
  messages::revoke request{end_reason::logout, client_of(v.ex),
                           edge.deadline_for_actors(v.ex.deadline), std::nullopt};
  auto ended = co_await edge.ask_session(caller.session, std::move(request), v.ex.deadline);
  if (!ended) co_return fail(ended.error());
  co_return v.signed_out(caller.session, "/sign-in?done=signed_out");
}

} // namespace latchkey::gateway::pages

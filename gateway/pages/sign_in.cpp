// sign_in.cpp — signing in and out.
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/pages/endpoints.hpp"
#include "gateway/pages/page_proof.hpp"
#include "gateway/passkeys/ceremony.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/sign_in/second_step.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/webauthn/json.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* sign_in_path = "/sign-in";
constexpr const char* passkey_path = "/sign-in/passkey";
constexpr const char* second_step_path = "/sign-in/second-step";

form sign_in_form(const visit& v, std::string login) {
  return {"sign-in",
          sign_in_path,
          v.words["sign_in_submit"],
          {{"username", v.words["field_login"], "text", "username webauthn", {}, std::move(login)},
           {"password", v.words["field_password"], "password", "current-password"}}};
}

/// A script asks the browser for it, by the button and by autofill.
form passkey_sign_in_form(const visit& v) {
  form shown{"passkey", passkey_path, v.words["sign_in_by_passkey"]};
  shown.passkey = "get";
  shown.hidden.emplace_back("credential", "");
  return shown;
}

http::response sign_in_page(const visit& v, form shown,
                            const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["sign_in_title"];
  page.notice = refused ? std::string{} : v.notice();
  if (passkey_site_of(v.ex)) page.forms.push_back({passkey_sign_in_form(v)});
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

/// The same step by a passkey.
form second_step_passkey_form(const visit& v, std::string mfa_token) {
  form shown{"second-step-passkey", second_step_path, v.words["second_step_by_passkey"]};
  shown.passkey = "get";
  shown.hidden.emplace_back("mfa_token", std::move(mfa_token));
  shown.hidden.emplace_back("credential", "");
  return shown;
}

http::response second_step_page(const visit& v, const std::string& mfa_token,
                                const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["second_step_title"];
  page.intro = v.words["second_step_intro"];
  if (passkey_site_of(v.ex)) page.forms.push_back({second_step_passkey_form(v, mfa_token)});
  page.forms.push_back({second_step_form(v, mfa_token)});
  page.links.push_back({{}, sign_in_path, v.words["second_step_again"]});
  // In another language the sign-in begins anew: only this form holds its token.
  return v.show(sign_in_path, page, refused);
}

/// What signalUnknownCredential takes (WebAuthn Level 3, section 5.1.10.2).
std::string unknown_credential_in(const http::exchange& ex, const std::string& credential) {
  const auto site = passkey_site_of(ex);
  const auto response = webauthn::parse_assertion_response(credential);
  if (!site || !response) return {};
  std::string out;
  json_writer body(out);
  body.begin_object()
      .text("rpId", site->rp_id)
      .text("credentialId", base64url_encode(response->credential_id))
      .end_object();
  return out;
}

/// The token of the second step, from the details of MFA_REQUIRED.
std::string mfa_token_of(const failure& asked) {
  auto details = input::of_object("{" + asked.more + "}");
  return details.text("mfa_token", 1, mfa_token_bytes_max);
}

/// What comes of a sign-in: all that may follow a password is decided here.
result<http::response> answer_sign_in(const visit& v, form sent,
                                      const result<messages::token_pair>& outcome) {
  if (outcome) return v.signed_in_by_password(*outcome);
  const auto& error = outcome.error();
  if (error.code == error_code::mfa_required) {
    log_refusal(v.ex, error); // as the API does
    return second_step_page(v, mfa_token_of(error));
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

endpoint_answer take_passkey_sign_in(visit& v, input& sent) {
  const auto credential = sent.text("credential", 1, webauthn::response_json_bytes_max);
  if (auto read = sent.done(); !read) co_return fail(read.error());
  auto proof = read_assertion(v.ex, credential);
  result<messages::token_pair> outcome;
  if (proof)
    outcome = co_await sign_in_with_passkey(v.ex, std::move(*proof), surface::auth_service);
  else
    outcome = fail(proof.error());
  if (outcome) co_return v.signed_in(*outcome);
  auto error = outcome.error();
  const bool is_over = error.code == error_code::token_expired; // of the challenge
  if (!is_over && !is_for_form(error)) co_return fail(std::move(error));
  auto shown = passkey_sign_in_form(v);
  if (!error.more.empty()) shown.unknown_credential = unknown_credential_in(v.ex, credential);
  co_return sign_in_page(v, sign_in_form(v, {}), v.refuse(std::move(shown), error));
}

endpoint_answer take_second_step(visit& v, input& sent) {
  const auto token = sent.hidden("mfa_token", 1, mfa_token_bytes_max);
  auto proof = read_page_proof(v.ex, sent);
  result<finished_sign_in> outcome;
  if (proof)
    outcome = co_await finish_sign_in(v.ex, token, std::move(*proof));
  else
    outcome = fail(proof.error());
  if (outcome) co_return v.signed_in(outcome->tokens);
  const auto& error = outcome.error();
  const std::string shown{token.reveal()};
  const bool is_over = error.field == "mfa_token";
  if (!is_over && error.code != error_code::token_expired && !is_for_form(error))
    co_return fail(error);
  if (!is_over) {
    auto refused_form =
        error.field == "code" ? second_step_form(v, shown) : second_step_passkey_form(v, shown);
    co_return second_step_page(v, shown, v.refuse(std::move(refused_form), error));
  }
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

// recover.cpp — getting back in without the password.
#include "gateway/account/recovery.hpp"
#include "gateway/pages/endpoints.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <cstdint>
#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* recover_path = "/recover";
constexpr const char* reset_path = "/reset-password";

form mail_form(const visit& v, std::string email) {
  return {"mail",
          recover_path,
          v.words["recover_by_mail_submit"],
          {{"email", v.words["field_email"], "email", "email", {}, std::move(email)}}};
}

form passphrase_form(const visit& v, std::string email) {
  return {"passphrase",
          "/recover/passphrase",
          v.words["recover_by_passphrase_submit"],
          {{"email", v.words["field_email"], "email", "email", {}, std::move(email)},
           {"passphrase", v.words["field_passphrase"], "password", "off"}}};
}

http::response recovery_page(const visit& v, const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["recover_title"];
  page.notice = refused ? std::string{} : v.notice();
  page.forms.push_back(
      {mail_form(v, {}), v.words["recover_by_mail_heading"], v.words["recover_by_mail_intro"]});
  page.forms.push_back({passphrase_form(v, {}), v.words["recover_by_passphrase_heading"],
                        v.words["recover_by_passphrase_intro"]});
  page.links.push_back({{}, "/sign-in", v.words["back_to_sign_in"]});
  return v.show(recover_path, page, refused);
}

/// The form again, or what no form can put right.
result<http::response> refused_recovery(const visit& v, form sent, const failure& error) {
  if (!is_for_form(error)) return fail(error);
  return recovery_page(v, v.refuse(std::move(sent), error));
}

/// Where a page has its token: in its address, from a mail's link, or in the form alone.
enum class token_in : std::uint8_t { address, form };

form reset_form(const visit& v, std::string token) {
  form shown{"reset", reset_path, v.words["reset_submit"]};
  if (token.empty())
    shown.fields.push_back({"reset_token", v.words["field_reset_token"], "text", "one-time-code"});
  else
    shown.hidden.emplace_back("reset_token", std::move(token));
  shown.fields.push_back(
      {"new_password", v.words["field_new_password"], "password", "new-password",
       v.words.filled("hint_password", {{"n", std::to_string(v.at.password_length_min(false))}})});
  return shown;
}

/// Without a token it asks for one.
http::response reset_page(const visit& v, const std::string& token, token_in where,
                          const std::optional<refusal>& refused = {}) {
  visit::form_page page;
  page.title = v.words["reset_title"];
  page.intro = v.words[token.empty() ? "reset_intro_no_token" : "reset_intro"];
  page.forms.push_back({reset_form(v, token)});
  page.links.push_back({{}, "/sign-in", v.words["back_to_sign_in"]});
  if (token.empty()) return v.show(reset_path, page, refused);
  page.is_secret = where == token_in::address;
  // What is in the form alone has no address, so there is no other language to be had of it.
  return v.show(page.is_secret ? std::string{reset_path} + "?token=" + token : std::string{}, page,
                refused);
}

/// A token of ours by its form; nothing else goes into a page's address.
std::string reset_token_or_none(std::string token) {
  return parse_opaque_key(reset_token_kind, token) ? std::move(token) : std::string{};
}

} // namespace

endpoint_answer show_recovery(visit& v) {
  co_return recovery_page(v);
}

endpoint_answer take_recovery_by_mail(visit& v, input& sent) {
  const auto email = sent.text("email", 1, login_name_bytes_max);
  auto outcome = sent.done();
  if (outcome) outcome = co_await mail_reset(v.ex, email);
  if (outcome) co_return go_to("/recover?done=mailed");
  co_return refused_recovery(v, mail_form(v, email), outcome.error());
}

endpoint_answer take_recovery_by_passphrase(visit& v, input& sent) {
  const auto email = sent.text("email", 1, login_name_bytes_max);
  const auto phrase = sent.hidden("passphrase", 1, recovery_passphrase_bytes_max);
  if (auto read = sent.done(); !read)
    co_return refused_recovery(v, passphrase_form(v, email), read.error());
  auto grant = co_await reset_by_passphrase(v.ex, email, phrase);
  // Never in an address, which browsers, proxies and logs keep.
  if (grant) co_return reset_page(v, std::string{grant->token.reveal()}, token_in::form);
  auto error = std::move(grant.error());
  if (error.code == error_code::invalid_credentials) error.field = "passphrase";
  co_return refused_recovery(v, passphrase_form(v, email), error);
}

endpoint_answer show_reset(visit& v) {
  co_return reset_page(v, reset_token_or_none(v.parameter("token")), token_in::address);
}

endpoint_answer take_reset(visit& v, input& sent) {
  const auto token = sent.hidden("reset_token", 1, opaque_key_bytes_max);
  auto next = sent.hidden("new_password", 0, password_input_bytes_max);
  auto outcome = sent.done();
  if (outcome) outcome = co_await reset_password_with(v.ex, token, std::move(next));
  if (outcome) co_return go_to("/sign-in?done=reset");
  auto error = outcome.error();
  if (!is_for_form(error)) co_return fail(std::move(error));
  if (error.field == "password") error.field = "new_password";
  // A token that is no good any more is asked for anew.
  auto kept = error.field == "reset_token" ? std::string{}
                                           : reset_token_or_none(std::string{token.reveal()});
  co_return reset_page(v, kept, token_in::form, v.refuse(reset_form(v, kept), error));
}

} // namespace latchkey::gateway::pages

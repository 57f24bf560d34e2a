// sign_in.cpp — signing in and out.
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/pages/endpoints.hpp"
#include "gateway/sign_in/cookie_session.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* sign_in_path = "/sign-in";

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

/// What comes of a sign-in: all that may follow a password is decided here.
result<http::response> answer_sign_in(const visit& v, form sent,
                                      const result<messages::token_pair>& outcome) {
  if (outcome) {
    auto answer = go_to("/account");
    set_refresh_cookie(v.ex, *outcome, answer);
    return answer;
  }
  const auto& error = outcome.error();
  if (!is_for_form(error)) return fail(error);
  const auto wrong = problem_of(v.words, error);
  return sign_in_page(v, sent, refusal{sent, wrong});
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
  auto answer = go_to("/sign-in?done=signed_out");
  clear_refresh_cookie(v.ex, caller.session, answer);
  co_return answer;
}

} // namespace latchkey::gateway::pages

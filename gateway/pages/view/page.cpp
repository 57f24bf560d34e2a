#include "gateway/pages/view/page.hpp"

#include "gateway/http/message/error_body.hpp"
#include "gateway/pages/view/template.hpp"
#include "gateway/pages/view/words.hpp"

namespace latchkey::gateway::pages {
namespace {

constexpr std::string_view html_type = "text/html; charset=utf-8";
constexpr std::string_view page_policy =
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// A picture may be opened in a tab of its own: whatever is in it does nothing there.
constexpr std::string_view file_policy =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
constexpr std::string_view kept_for_ever = "public, max-age=31536000, immutable";

std::vector<model> language_choices(const texts& words, const std::string& self) {
  std::vector<model> choices;
  const char separator = self.find('?') == std::string::npos ? '?' : '&';
  for (const auto& one : all_languages())
    choices.emplace_back()
        .text("href", self + separator + std::string{language_cookie} + "=" + one.language())
        .text("code", one.language())
        .text("name", one["language_name"])
        .flag("is_chosen", &one == &words);
  return choices;
}

/// Which texts a failure has: their keys begin so.
std::string_view kind_of(const failure& error) {
  constexpr unsigned forbidden = 403, missing = 404, not_allowed = 405, limited = 429, busy = 503;
  if (error.code == error_code::csrf_failed) return "error_csrf";
  switch (status_of(error.code)) {
  case forbidden:
    return "error_forbidden";
  case missing:
  case not_allowed:
    return "error_missing";
  case limited:
    return "error_limited";
  case busy:
    return "error_busy";
  default:
    return status_of(error.code) < 500 ? "error_request" : "error_internal";
  }
}

bool came_with_session(const http::request& in) {
  return http::find_cookie(in, "__Host-refresh_token").count > 0 ||
         http::find_cookie(in, "refresh_token").count > 0;
}

} // namespace

http::response page_answer(const site& at, const texts& words, unsigned status,
                           const page_frame& frame, std::string_view name, model content) {
  model outer;
  outer.text("language", words.language())
      .text("title", frame.title)
      .text("brand", at.brand())
      .text("style", at.style())
      .text("script", at.script())
      .text("logo", at.logo())
      .flag("is_wide", frame.is_wide)
      .flag("is_refused", frame.is_refused)
      .text("sign_out_token", frame.sign_out_token)
      .flag("has_languages", !frame.self.empty())
      .list("languages", language_choices(words, frame.self))
      .text("content", fill(name, words, content));
  http::response answer;
  answer.status = status;
  answer.content_type = html_type;
  answer.body = fill("page.html", words, outer);
  answer.add("Content-Security-Policy", page_policy);
  // With no-referrer a browser names no origin for a form either (Fetch, 3.2): only where it must.
  answer.add("Referrer-Policy", frame.is_secret ? "no-referrer" : "same-origin");
  answer.add("Cross-Origin-Opener-Policy", "same-origin");
  answer.add("Cross-Origin-Resource-Policy", "same-origin");
  return answer;
}

http::response go_to(std::string_view path) {
  constexpr unsigned see_other = 303;
  auto answer = http::empty_response();
  answer.status = see_other;
  answer.add("Location", path);
  answer.add("Referrer-Policy", "no-referrer");
  return answer;
}

http::response file_answer(const page_file& file) {
  http::response answer;
  answer.content_type = file.content_type;
  answer.body = file.content;
  answer.add("Cache-Control", kept_for_ever);
  answer.add("Content-Security-Policy", file_policy);
  answer.add("Cross-Origin-Resource-Policy", "same-origin");
  return answer;
}

http::response failure_page(const site& at, const failure& error, const http::request& in) {
  constexpr unsigned unauthorized = 401;
  const auto status = status_of(error.code);
  if (error.code == error_code::mfa_required) return go_to("/account/confirm");
  if (status == unauthorized)
    return go_to(came_with_session(in) ? "/sign-in?done=session_over" : "/sign-in");
  const auto& words = language_of(in);
  const std::string kind{kind_of(error)};
  model content;
  content.text("heading", words[kind + "_title"])
      .text("text", words.filled(kind + "_text", {{"wait", wait_of(words, error.retry_after_s)}}))
      .text("request_id", words.filled("error_request_id", {{"id", in.request_id}}));
  page_frame frame;
  frame.title = words[kind + "_title"];
  frame.self = "/";
  auto answer = page_answer(at, words, status, frame, "error.html", std::move(content));
  http::add_error_headers(answer, error, http::challenge::none);
  return answer;
}

} // namespace latchkey::gateway::pages

#include "gateway/pages/visit.hpp"

#include "gateway/pages/view/form_token.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/request/errors.hpp"
#include "gateway/sign_in/own_cookie.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr std::string_view visit_cookie = "page_visit";
constexpr std::size_t visit_secret_bytes = 32;
constexpr std::size_t visit_secret_chars = 43; // of them, as base64url

// What may stand in `?done=`: the name of a text, without its beginning.
constexpr std::string_view notice_parameter = "done";
constexpr std::string_view notice_prefix = "done_";
constexpr std::string_view by_password_parameter = "by_password";

bool is_visit_secret(std::string_view sent) {
  return sent.size() == visit_secret_chars && base64url_decode(sent).has_value();
}

/// The one that the browser has, or a new one.
std::string visit_secret(const http::exchange& ex) {
  const auto known = page_cookie(ex, visit_cookie);
  if (known && is_visit_secret(*known)) return std::string{*known};
  return base64url_encode(random_bytes(visit_secret_bytes));
}

} // namespace

visit::visit(const site& place, http::exchange& request)
    : ex(request), at(place), words(language_of(request.in)), cookie_(visit_secret(request)) {
  bound_to_ = "visit " + cookie_;
}

visit::visit(const site& place, http::exchange& request, const principal& caller)
    : ex(request), at(place), words(language_of(request.in)),
      bound_to_("session " + to_string(caller.session)) {}

std::string visit::token() const {
  const auto& env = edge_of(ex).env();
  return make_form_token(env.keys->forms, bound_to_, env.now());
}

bool visit::is_token(std::string_view sent) const {
  const auto& env = edge_of(ex).env();
  return is_form_token(env.keys->forms, sent, bound_to_, env.now());
}

std::string visit::notice() const {
  const auto key = std::string{notice_prefix} + parameter(notice_parameter);
  return words.has(key) ? words[key] : std::string{};
}

std::string visit::parameter(std::string_view name) const {
  const auto found = http::form_value(ex.in.query, name);
  return found && *found ? **found : std::string{};
}

refusal visit::refuse(form sent, const failure& error) const {
  log_refusal(ex, error);
  return {std::move(sent), problem_of(words, error)};
}

http::response visit::signed_in(const messages::token_pair& tokens, std::string_view path) const {
  auto answer = go_to(path);
  set_refresh_cookie(ex, tokens, answer);
  return answer;
}

http::response visit::signed_in_by_password(const messages::token_pair& tokens,
                                            std::string_view path) const {
  std::string to{path};
  if (passkey_site_of(ex))
    to.append(path.find('?') == path.npos ? "?" : "&").append(by_password_parameter).append("=1");
  return signed_in(tokens, to);
}

bool visit::follows_password() const {
  return !parameter(by_password_parameter).empty();
}

http::response visit::signed_out(const session_id& session, std::string_view path) const {
  auto answer = go_to(path);
  clear_refresh_cookie(ex, session, answer);
  return answer;
}

void visit::add_notices(model& content, std::string_view notice,
                        const std::optional<refusal>& refused) const {
  content.text("notice", std::string{notice});
  if (refused) content.part("summary", summary_of(refused->sent, refused->wrong));
}

http::response visit::show(unsigned status, const page_frame& frame, std::string_view name,
                           model content) const {
  auto answer = page_answer(at, words, status, frame, name, std::move(content));
  if (!cookie_.empty())
    set_page_cookie(ex, visit_cookie, cookie_,
                    std::chrono::duration_cast<std::chrono::seconds>(form_token_ttl).count(),
                    answer);
  return answer;
}

http::response visit::show(const std::string& self, const form_page& page,
                           const std::optional<refusal>& refused) const {
  std::vector<model> forms, links;
  const auto sealed_with = token();
  for (const auto& item : page.forms) {
    const bool is_it = refused && refused->sent.id == item.content.id;
    const auto& shown = is_it ? refused->sent : item.content;
    auto content =
        model_of(words, shown, sealed_with, is_it ? std::optional{refused->wrong} : std::nullopt);
    content.text("form_heading", item.heading).text("form_intro", item.intro);
    forms.push_back(std::move(content));
  }
  for (const auto& [before, href, label] : page.links)
    links.emplace_back().text("before", before).text("href", href).text("label", label);
  model content;
  content.text("heading", page.title)
      .text("intro", page.intro)
      .list("forms", std::move(forms))
      .flag("has_links", !page.links.empty())
      .list("links", std::move(links));
  add_notices(content, page.notice, refused);
  page_frame frame;
  frame.title = page.title;
  frame.self = self;
  frame.is_refused = refused.has_value() || page.is_refused;
  frame.is_secret = page.is_secret;
  return show(frame.is_refused ? refused_status : 200, frame, "forms.html", std::move(content));
}

bool is_for_form(const failure& error) {
  constexpr std::array codes{error_code::invalid_credentials,
                             error_code::token_invalid,
                             error_code::insufficient_permissions,
                             error_code::user_exists,
                             error_code::password_format,
                             error_code::quota_exceeded,
                             error_code::validation_error,
                             error_code::not_found,
                             error_code::conflict};
  return std::ranges::find(codes, error.code) != codes.end();
}

} // namespace latchkey::gateway::pages

#include "gateway/pages/rows.hpp"

#include "gateway/pages/view/form_token.hpp"
#include "gateway/request/origin_check.hpp"
#include "gateway/sign_in/cookie_session.hpp"
#include "gateway/sign_in/own_cookie.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"

#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr std::string_view token_field = "form_token";

/// Forms are sent by pages of our own alone.
result<void> check_own_page(const http::exchange& ex) {
  // A page whose address is secret names no origin; that it is ours the token says.
  const bool is_unnamed = ex.in.origin == "null" &&
                          (ex.in.sec_fetch_site.empty() || ex.in.sec_fetch_site == "same-origin");
  if (is_unnamed) return {};
  return check_own_origin(ex);
}

/// A page that changes nothing is shown wherever the link to it was; but to the person, never to
/// the script of another page, which would say where it is from.
result<void> check_reader(const http::exchange& ex) {
  if (ex.in.origin.empty()) return {};
  return check_own_page(ex);
}

result<void> check_form(const visit& v, input& form) {
  const auto sent = form.optional_text(token_field, form_token_bytes_max);
  auto own = check_own_page(v.ex);
  if (!own) return own;
  if (sent && v.is_token(*sent)) return {};
  return fail(error_code::csrf_failed, std::string{token_field},
              "is missing, too old or another browser's");
}

/// Who is signed in by a refresh cookie, which is shown and not exchanged. AUTH003.
awaitable<result<principal>> by_cookie(http::exchange& ex) {
  const bool only_shows = ex.in.method == http::method::get || ex.in.method == http::method::head;
  const auto own = only_shows ? check_reader(ex) : check_own_page(ex);
  if (!own) co_return fail(own.error());
  auto shown = sent_refresh_cookies(ex);
  if (shown.empty()) co_return fail(error_code::token_invalid);
  const auto use = ex.matched->needs.admits_awaiting ? token_use::as_credential_awaiting
                                                     : token_use::as_credential;
  auto found = co_await session_of_tokens(ex, std::move(shown), use);
  if (!found) co_return fail(found.error());
  co_return principal_by_session(found->token.session, std::move(found->owner),
                                 edge_of(ex).roles());
}

/// The same page, in the language that was chosen in its footer.
std::optional<http::response> choose_language(const http::exchange& ex) {
  const auto wanted = http::form_value(ex.in.query, language_cookie);
  if (!wanted || !*wanted) return std::nullopt;
  const auto* known = find_language(**wanted);
  std::string rest;
  for (auto query = ex.in.query; !query.empty();) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    // However it is written: what stayed would be asked for again and again.
    const auto chosen = http::form_value(pair, language_cookie);
    if (chosen && !*chosen) rest.append(rest.empty() ? "?" : "&").append(pair);
  }
  auto answer = go_to(ex.matched->pattern + rest);
  constexpr std::int64_t a_year_s = 365LL * 86400;
  std::string line{language_cookie};
  line.append("=").append(known != nullptr ? known->language() : "");
  line.append("; Max-Age=").append(std::to_string(known != nullptr ? a_year_s : 0));
  line.append(cookie_protection(ex)).append("; SameSite=Lax; Path=/");
  answer.add("Set-Cookie", line);
  return answer;
}

route_row&& shared(route_row&& row, const site_ptr& at) {
  return std::move(row).errors(
      [at](const failure& error, const http::request& in) { return failure_page(*at, error, in); });
}

} // namespace

http::route page_row(const site_ptr& at, std::string path, open_page answer) {
  const anonymous_endpoint endpoint = [at, answer](http::exchange& ex) -> endpoint_answer {
    if (auto own = check_reader(ex); !own) co_return fail(own.error());
    if (auto chosen = choose_language(ex)) co_return std::move(*chosen);
    visit v{*at, ex};
    co_return co_await answer(v);
  };
  auto name = "page " + path;
  return shared(route_row(http::method::get, std::move(path), std::move(name), endpoint)
                    .access(http::access::anyone)
                    .limit(http::window::none),
                at);
}

http::route form_row(const site_ptr& at, std::string path, open_form answer, http::window limit) {
  const anonymous_endpoint endpoint = [at, answer](http::exchange& ex) -> endpoint_answer {
    visit v{*at, ex};
    auto form = input::of(ex.in, body_form::form);
    if (auto good = check_form(v, form); !good) co_return fail(good.error());
    co_return co_await answer(v, form);
  };
  auto name = "form " + path;
  return shared(route_row(http::method::post, std::move(path), std::move(name), endpoint)
                    .access(http::access::anyone)
                    .limit(limit),
                at);
}

http::route account_page_row(const site_ptr& at, std::string path, account_page answer) {
  const user_endpoint endpoint = [at, answer](http::exchange& ex,
                                              const principal& caller) -> endpoint_answer {
    if (auto chosen = choose_language(ex)) co_return std::move(*chosen);
    visit v{*at, ex, caller};
    co_return co_await answer(v, caller);
  };
  auto name = "page " + path;
  return shared(route_row(http::method::get, std::move(path), std::move(name), endpoint, by_cookie)
                    .access(http::access::session)
                    .limit(http::window::keeping),
                at);
}

http::route account_form_row(const site_ptr& at, std::string path, account_form answer,
                             http::window limit, std::string permission) {
  const user_endpoint endpoint = [at, answer](http::exchange& ex,
                                              const principal& caller) -> endpoint_answer {
    visit v{*at, ex, caller};
    auto form = input::of(ex.in, body_form::form);
    if (auto good = check_form(v, form); !good) co_return fail(good.error());
    co_return co_await answer(v, caller, form);
  };
  auto name = "form " + path;
  return shared(route_row(http::method::post, std::move(path), std::move(name), endpoint, by_cookie)
                    .access(http::access::session, std::move(permission))
                    .limit(limit),
                at);
}

http::route redirect_row(const site_ptr& at, std::string path, std::string to) {
  const anonymous_endpoint endpoint = [to = std::move(to)](http::exchange& ex) -> endpoint_answer {
    if (auto own = check_reader(ex); !own) co_return fail(own.error());
    if (auto chosen = choose_language(ex)) co_return std::move(*chosen);
    co_return go_to(to);
  };
  auto name = "page " + path;
  return shared(route_row(http::method::get, std::move(path), std::move(name), endpoint)
                    .access(http::access::anyone)
                    .limit(http::window::none),
                at);
}

} // namespace latchkey::gateway::pages

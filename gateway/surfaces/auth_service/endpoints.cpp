// endpoints.cpp — registration, sign-in, refresh and sign-out, and the signed-in user.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include "gateway/request/errors.hpp"
#include "gateway/request/request_limit.hpp"
#include "gateway/sign_in/cookie_session.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/sign_in/token_answer.hpp"
#include "gateway/surfaces/auth_service/render.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/text/text_codec.hpp"

#include <utility>
#include <vector>

namespace latchkey::gateway::auth_service {
namespace {

constexpr std::size_t name_bytes_max = 4 * first_name_code_points_max;
constexpr std::size_t grant_type_bytes_max = 64;

constexpr std::string_view no_token_reason = "is required, in its cookie";

struct presented_tokens {
  std::vector<refresh_token> tokens; // at least one, the likeliest first
  token_delivery by = token_delivery::cookie;
};

/// The refresh token of the body or, without one there, those that may be ours of the cookies.
result<presented_tokens> presented_refresh_tokens(const http::exchange& ex) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  auto in_body = body.optional_hidden("refresh_token", refresh_token_bytes_max);
  if (auto read = body.done(); !read) return fail(read.error());
  presented_tokens presented;
  if (in_body) {
    auto parsed = parse_refresh_token(in_body->reveal());
    if (!parsed) return fail(parsed.error());
    presented.by = token_delivery::body;
    presented.tokens.push_back(std::move(*parsed));
    return presented;
  }
  auto in_cookies = refresh_cookies(ex);
  if (!in_cookies) return fail(in_cookies.error());
  if (in_cookies->empty())
    return fail(error_code::token_invalid, "refresh_token", std::string{no_token_reason});
  presented.tokens = std::move(*in_cookies);
  return presented;
}

/// What refuses a cookie; one that is good for nothing any more is taken back.
awaitable<result<http::response>>
refusal_of_cookie(http::exchange& ex, std::vector<refresh_token> shown, failure error) {
  auto answer = error_answer(ex, error);
  if (error.code == error_code::token_invalid)
    co_await clear_dead_cookies(ex, std::move(shown), answer);
  co_return answer;
}

/// The session of the first of them that is a live session's own. Counts the request: for the user
/// whose it is, else for the address, so that nobody behind it keeps the others from refreshing.
/// AUTH003, RATE_LIMITED; `may_refuse` false: never for the user's own window.
awaitable<result<cookie_session>>
charge_token_owner(http::exchange& ex, std::vector<refresh_token> shown, bool may_refuse) {
  auto found = co_await session_of_tokens(ex, std::move(shown));
  if (!found) co_return fail(co_await charge_address_on_failure(ex, std::move(found.error())));
  auto charged = co_await charge_refresh_limit(ex, found->owner.user);
  if (!charged && may_refuse) co_return fail(charged.error());
  co_return found;
}

/// Which session was ended, and by whose paths it had been opened.
struct logged_out {
  session_id session;
  surface opened_by = surface::auth_service;
};

/// Ends the session that a refresh cookie names.
awaitable<result<logged_out>> log_out_by_cookie(http::exchange& ex, failure otherwise) {
  auto shown = refresh_cookies(ex);
  if (!shown) co_return fail(co_await charge_address_on_failure(ex, std::move(shown.error())));
  if (shown->empty()) co_return fail(co_await charge_address_on_failure(ex, std::move(otherwise)));
  auto found = co_await charge_token_owner(ex, std::move(*shown), false);
  if (!found) co_return fail(found.error());
  const auto session = found->token.session;
  auto ended = co_await sign_out(ex, std::move(*found));
  if (!ended) co_return fail(ended.error());
  co_return logged_out{session, ended->opened_by};
}

/// Ends the session of the access token or, when that is no longer good, of the cookie.
awaitable<result<logged_out>> log_out(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto caller = co_await signed_in(ex);
  if (!caller && (caller.error().code == error_code::token_expired ||
                  caller.error().code == error_code::token_invalid))
    co_return co_await log_out_by_cookie(ex, caller.error());
  if (!caller) co_return fail(caller.error());
  // Counted and never refused: the row is one that keeps the account in its owner's hands.
  static_cast<void>(co_await charge_limit(ex, *caller));
  messages::revoke request{end_reason::logout, client_of(ex), edge.deadline_for_actors(ex.deadline),
                           std::nullopt};
  auto ended = co_await edge.ask_session(caller->session, std::move(request), ex.deadline);
  if (!ended) co_return fail(ended.error());
  co_return logged_out{caller->session, ended->opened_by};
}

awaitable<result<http::response>> register_with(http::exchange& ex, id_form form) {
  if (auto open = check_registration_open(ex); !open) co_return fail(open.error());
  auto body = input::of(ex.in);
  registration given;
  given.username = trim_white_space(body.text("username", 1, login_name_bytes_max));
  given.email = trim_white_space(body.text("email", 1, login_name_bytes_max));
  given.password = body.hidden("password", 0, password_input_bytes_max);
  given.first_name = body.optional_text("first_name", name_bytes_max);
  given.last_name = body.optional_text("last_name", name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  auto registered = co_await register_new_user(ex, std::move(given));
  if (!registered) co_return fail(registered.error());
  co_return http::json_response(201, user_body(*registered, form));
}

awaitable<result<http::response>> sign_in_with(http::exchange& ex, surface opened_by) {
  auto body = input::of(ex.in, body_form::json_or_form);
  const auto login = body.text("username", 1, login_name_bytes_max);
  auto password = body.hidden("password", 1, password_input_bytes_max);
  // RFC 6749, 4.3.2: what OAuth 2.0 clients send beside the two.
  const auto grant = body.optional_text("grant_type", grant_type_bytes_max);
  for (const auto* field : {"scope", "client_id", "client_secret"})
    body.ignore(field);
  auto read = body.done();
  if (read && grant && *grant != "password")
    read = fail(error_code::validation_error, "grant_type", "must be password, or absent");
  if (!read) co_return fail(read.error());

  auto tokens = co_await sign_in(ex, login, std::move(password), opened_by);
  if (!tokens) co_return fail(tokens.error());
  co_return sign_in_answer(ex, *tokens, opened_by);
}

awaitable<result<http::response>> describe(http::exchange& ex, const principal& caller,
                                           id_form form) {
  const messages::describe_user question;
  auto user = co_await edge_of(ex).ask_user(caller.user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  co_return http::json_response(200, user_body(*user, form));
}

} // namespace

awaitable<result<http::response>> refresh(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto presented = presented_refresh_tokens(ex);
  if (!presented && presented.error().reason == no_token_reason) {
    // A page asks whether somebody is signed in: an honest question with a window of its own.
    auto charged = co_await charge_silent_refresh_limit(ex);
    co_return fail(charged ? presented.error() : charged.error());
  }
  if (!presented)
    co_return fail(co_await charge_address_on_failure(ex, std::move(presented.error())));
  const auto by = presented->by;
  const auto shown =
      by == token_delivery::cookie ? presented->tokens : std::vector<refresh_token>{};
  auto own = co_await charge_token_owner(ex, std::move(presented->tokens), true);
  if (!own) {
    if (own.error().code == error_code::token_invalid) edge.env().outcomes.refresh_refused->add();
    co_return co_await refusal_of_cookie(ex, shown, std::move(own.error()));
  }
  const auto session = own->token.session;
  messages::refresh request{std::move(own->token), client_of(ex),
                            edge.deadline_for_actors(ex.deadline)};
  auto tokens = co_await edge.ask_session(session, std::move(request), ex.deadline);
  if (tokens) co_return token_answer(ex, *tokens, surface::auth_service, by);
  co_return co_await refusal_of_cookie(ex, shown, std::move(tokens.error()));
}

awaitable<result<http::response>> logout(http::exchange& ex) {
  auto ended = co_await log_out(ex);
  if (!ended) {
    auto shown = refresh_cookies(ex);
    auto tokens = shown ? std::move(*shown) : std::vector<refresh_token>{};
    co_return co_await refusal_of_cookie(ex, std::move(tokens), std::move(ended.error()));
  }
  auto answer = http::message_response(
      ended->opened_by == surface::login_module ? "Successfully logged out" : "Logout successful");
  clear_refresh_cookie(ex, ended->session, answer);
  co_return answer;
}

awaitable<result<http::response>> register_user(http::exchange& ex) {
  return register_with(ex, id_form::number);
}
awaitable<result<http::response>> token(http::exchange& ex) {
  return sign_in_with(ex, surface::auth_service);
}
awaitable<result<http::response>> me(http::exchange& ex, const principal& caller) {
  return describe(ex, caller, id_form::number);
}

awaitable<result<http::response>> platform_register(http::exchange& ex) {
  return register_with(ex, id_form::uuid);
}
awaitable<result<http::response>> platform_login(http::exchange& ex) {
  return sign_in_with(ex, surface::gateway);
}
awaitable<result<http::response>> platform_me(http::exchange& ex, const principal& caller) {
  return describe(ex, caller, id_form::uuid);
}

} // namespace latchkey::gateway::auth_service

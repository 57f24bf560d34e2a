#include "gateway/surfaces/auth_service/endpoints.hpp"

#include "gateway/refresh_cookie.hpp"
#include "gateway/registration.hpp"
#include "gateway/request_limit.hpp"
#include "gateway/sign_in.hpp"
#include "gateway/surfaces/auth_service/render.hpp"
#include "protocol/login_name.hpp"
#include "protocol/password_policy.hpp"
#include "protocol/text_codec.hpp"

#include <utility>

namespace latchkey::gateway::auth_service {
namespace {

constexpr std::size_t name_bytes_max = 4 * first_name_code_points_max;
constexpr std::size_t grant_type_bytes_max = 64;

constexpr std::string_view no_token_reason = "is required, in its cookie";

/// How a refresh token travels.
enum class delivery { cookie, body };

http::response token_answer(const http::exchange& ex, const messages::token_pair& tokens,
                            delivery by) {
  auto answer = http::json_response(200, token_body(tokens, by == delivery::body));
  if (by == delivery::cookie) set_refresh_cookie(ex, tokens, answer);
  return answer;
}

struct presented_token {
  refresh_token token;
  delivery by = delivery::cookie;
};

/// The refresh token, from the cookie or the body; never from both.
result<presented_token> presented_refresh_token(const http::exchange& ex) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  auto in_body = body.optional_hidden("refresh_token", refresh_token_bytes_max);
  if (auto read = body.done(); !read) return tl::unexpected<failure>(read.error());
  auto in_cookie = refresh_cookie(ex);
  if (!in_cookie) return tl::unexpected<failure>(in_cookie.error());
  if (in_body && *in_cookie)
    return fail(error_code::validation_error, "refresh_token",
                "is sent in the body and in a cookie: send one");
  if (!in_body && !*in_cookie)
    return fail(error_code::token_invalid, "refresh_token", std::string{no_token_reason});
  auto parsed = parse_refresh_token((in_body ? *in_body : **in_cookie).reveal());
  if (!parsed) return tl::unexpected<failure>(parsed.error());
  return presented_token{std::move(*parsed), in_body ? delivery::body : delivery::cookie};
}

/// A client whose cookie is good for nothing any more is made to forget it.
http::response refusal_of_cookie(const http::exchange& ex, const failure& error) {
  auto answer = error_answer(ex, error);
  const auto cookie = refresh_cookie(ex);
  const bool was_sent = cookie && *cookie;
  if (was_sent && error.code == error_code::token_invalid) clear_refresh_cookie(ex, answer);
  return answer;
}

/// Counts the request: for the user whose refresh token it is, once that is proven, else for the
/// address, so that nobody behind it keeps the others from refreshing. A session that is not at
/// hand costs a read, which an address that has shown too much junk does not get. AUTH003,
/// RATE_LIMITED; `may_refuse` false: never for the user's own window.
awaitable<result<void>> count_holder(http::exchange& ex, const refresh_token& token,
                                     bool may_refuse) {
  if (!acceptor_of(ex).has_at_hand(token.session))
    if (auto may = may_cost_a_read(ex); !may) co_return may;
  messages::prove question{token};
  auto holder =
      co_await acceptor_of(ex).ask_session(token.session, std::move(question), ex.deadline);
  if (!holder) co_return tl::unexpected<failure>(counted_failure(ex, std::move(holder.error())));
  auto taken = take_one_of_refreshes(ex, holder->user);
  if (!may_refuse) taken = {};
  co_return taken;
}

/// Ends the session that the refresh cookie names.
awaitable<result<messages::revoked>> log_out_by_cookie(http::exchange& ex,
                                                       const failure& otherwise) {
  auto& edge = acceptor_of(ex);
  auto cookie = refresh_cookie(ex);
  auto token = cookie && *cookie ? parse_refresh_token((*cookie)->reveal())
                                 : tl::unexpected<failure>(cookie ? otherwise : cookie.error());
  if (!token) co_return tl::unexpected<failure>(counted_failure(ex, std::move(token.error())));
  if (auto counted = co_await count_holder(ex, *token, false); !counted)
    co_return tl::unexpected<failure>(counted.error());
  const auto session = token->session;
  messages::revoke request{end_reason::logout, client_of(ex), edge.deadline_for_actors(ex.deadline),
                           std::move(*token)};
  co_return co_await edge.ask_session(session, std::move(request), ex.deadline);
}

/// Ends the session of the access token or, when that is no longer good, of the cookie.
awaitable<result<messages::revoked>> log_out(http::exchange& ex) {
  auto& edge = acceptor_of(ex);
  auto who = co_await signed_in(ex);
  if (!who && (who.error().code == error_code::token_expired ||
               who.error().code == error_code::token_invalid))
    co_return co_await log_out_by_cookie(ex, who.error());
  if (!who) co_return tl::unexpected<failure>(who.error());
  // Counted and never refused: the row is one that keeps the account in its owner's hands.
  static_cast<void>(take_one_of(ex, *who));
  messages::revoke request{end_reason::logout, client_of(ex), edge.deadline_for_actors(ex.deadline),
                           std::nullopt};
  co_return co_await edge.ask_session(who->session, std::move(request), ex.deadline);
}

awaitable<http::response> register_with(http::exchange& ex, id_form form) {
  if (auto open = check_registration_open(ex); !open) co_return error_answer(ex, open.error());
  auto body = input::of(ex.in);
  registration given;
  given.username = trim_white_space(body.text("username", 1, login_name_bytes_max));
  given.email = trim_white_space(body.text("email", 1, login_name_bytes_max));
  given.password = body.hidden("password", 0, password_input_bytes_max);
  given.first_name = body.optional_text("first_name", name_bytes_max);
  given.last_name = body.optional_text("last_name", name_bytes_max);
  if (auto read = body.done(); !read) co_return error_answer(ex, read.error());

  auto registered = co_await register_new_user(ex, std::move(given));
  if (!registered) co_return error_answer(ex, registered.error());
  co_return http::json_response(201, user_body(*registered, form));
}

awaitable<http::response> sign_in_with(http::exchange& ex, surface opened_by) {
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
  if (!read) co_return error_answer(ex, read.error());

  auto tokens = co_await sign_in(ex, login, std::move(password), opened_by);
  if (!tokens) co_return error_answer(ex, tokens.error());
  const auto by = wants_token_in_body(ex) ? delivery::body : delivery::cookie;
  co_return token_answer(ex, *tokens, by);
}

awaitable<http::response> describe(http::exchange& ex, const principal& who, id_form form) {
  const messages::describe_user question;
  auto user = co_await acceptor_of(ex).ask_user(who.user, question, ex.deadline);
  if (!user) co_return error_answer(ex, user.error());
  co_return http::json_response(200, user_body(*user, form));
}

} // namespace

awaitable<http::response> refresh(http::exchange& ex) {
  auto& edge = acceptor_of(ex);
  auto presented = presented_refresh_token(ex);
  if (!presented && presented.error().reason == no_token_reason) {
    // A page asks whether somebody is signed in: an honest question with a window of its own.
    auto taken = take_one_of_silent_refreshes(ex);
    co_return error_answer(ex, taken ? presented.error() : taken.error());
  }
  if (!presented) co_return error_answer(ex, counted_failure(ex, std::move(presented.error())));
  const auto by = presented->by;
  const auto session = presented->token.session;
  if (auto counted = co_await count_holder(ex, presented->token, true); !counted) {
    if (counted.error().code == error_code::token_invalid)
      edge.with().outcomes.refresh_refused->add();
    if (by == delivery::cookie) co_return refusal_of_cookie(ex, counted.error());
    co_return error_answer(ex, counted.error());
  }
  messages::refresh request{std::move(presented->token), client_of(ex),
                            edge.deadline_for_actors(ex.deadline)};
  auto tokens = co_await edge.ask_session(session, std::move(request), ex.deadline);
  if (tokens) co_return token_answer(ex, *tokens, by);
  if (by == delivery::cookie) co_return refusal_of_cookie(ex, tokens.error());
  co_return error_answer(ex, tokens.error());
}

awaitable<http::response> logout(http::exchange& ex) {
  auto ended = co_await log_out(ex);
  if (!ended) co_return refusal_of_cookie(ex, ended.error());
  auto answer = http::json_response(200, ended->opened_by == surface::login_module
                                             ? R"({"message":"Successfully logged out"})"
                                             : R"({"message":"Logout successful"})");
  clear_refresh_cookie(ex, answer);
  co_return answer;
}

awaitable<http::response> register_user(http::exchange& ex) {
  return register_with(ex, id_form::number);
}
awaitable<http::response> token(http::exchange& ex) {
  return sign_in_with(ex, surface::auth_service);
}
awaitable<http::response> me(http::exchange& ex, const principal& who) {
  return describe(ex, who, id_form::number);
}

awaitable<http::response> platform_register(http::exchange& ex) {
  return register_with(ex, id_form::uuid);
}
awaitable<http::response> platform_login(http::exchange& ex) {
  return sign_in_with(ex, surface::gateway);
}
awaitable<http::response> platform_me(http::exchange& ex, const principal& who) {
  return describe(ex, who, id_form::uuid);
}

} // namespace latchkey::gateway::auth_service

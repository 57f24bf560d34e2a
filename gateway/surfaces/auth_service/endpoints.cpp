#include "gateway/surfaces/auth_service/endpoints.hpp"

#include "gateway/refresh_cookie.hpp"
#include "gateway/sign_in.hpp"
#include "gateway/surfaces/auth_service/render.hpp"
#include "protocol/login_name.hpp"
#include "protocol/password_policy.hpp"
#include "protocol/text_codec.hpp"

#include <utility>

namespace latchkey::gateway::auth_service {
namespace {

/// "Auth Service Internal API Documentation", user_profiles: VARCHAR(100), in characters.
constexpr std::size_t name_code_points_max = 100;
constexpr std::size_t name_bytes_max = 4 * name_code_points_max;
constexpr std::size_t grant_type_bytes_max = 64;

/// What POST /auth/register was given, checked.
struct registration {
  messages::register_user request;
  secret password;
};

result<std::string> check_name(std::string_view field, std::optional<std::string> name) {
  if (!name) return std::string{};
  auto trimmed = trim_white_space(*name);
  if (count_code_points(trimmed) > name_code_points_max)
    return fail(error_code::validation_error, std::string{field},
                "must have at most 100 characters");
  for (const char c : trimmed)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return fail(error_code::validation_error, std::string{field},
                  "must not contain control characters");
  return std::string{trimmed};
}

result<registration> read_registration(const http::exchange& ex) {
  auto body = input::of(ex.in);
  registration out;
  auto& user = out.request.user;
  user.username = trim_white_space(body.text("username", 1, login_name_bytes_max));
  user.email = trim_white_space(body.text("email", 1, login_name_bytes_max));
  out.password = body.hidden("password", 0, password_input_bytes_max);
  auto first_name = body.optional_text("first_name", name_bytes_max);
  auto last_name = body.optional_text("last_name", name_bytes_max);
  if (auto read = body.done(); !read) return tl::unexpected<failure>(read.error());

  auto first = check_name("first_name", std::move(first_name));
  if (!first) return tl::unexpected<failure>(first.error());
  auto last = check_name("last_name", std::move(last_name));
  if (!last) return tl::unexpected<failure>(last.error());
  user.first_name = std::move(*first);
  user.last_name = std::move(*last);
  if (auto good = check_email(user.email); !good) return tl::unexpected<failure>(good.error());
  if (auto good = check_username(user.username, user.email); !good)
    return tl::unexpected<failure>(good.error());
  if (auto good = check_password(out.password.reveal(), user.username, user.email); !good)
    return tl::unexpected<failure>(good.error());
  auto username_key = fold_login_name(user.username);
  auto email_key = fold_login_name(user.email);
  if (!username_key) return fail(error_code::validation_error, "username", "is not a valid name");
  if (!email_key) return fail(error_code::validation_error, "email", "is not a valid address");
  out.request.username_key = std::move(*username_key);
  out.request.email_key = std::move(*email_key);
  return out;
}

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
    return fail(error_code::token_invalid, "refresh_token", "is required, in its cookie");
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

/// Ends the session that the refresh cookie names.
awaitable<result<messages::revoked>> log_out_by_cookie(http::exchange& ex,
                                                       const failure& otherwise) {
  auto& edge = acceptor_of(ex);
  auto cookie = refresh_cookie(ex);
  if (!cookie) co_return tl::unexpected<failure>(cookie.error());
  if (!*cookie) co_return tl::unexpected<failure>(otherwise);
  auto token = parse_refresh_token((*cookie)->reveal());
  if (!token) co_return tl::unexpected<failure>(token.error());
  const auto session = token->session;
  messages::revoke request{"logout", client_of(ex), edge.deadline_for_actors(ex.deadline),
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
  messages::revoke request{"logout", client_of(ex), edge.deadline_for_actors(ex.deadline),
                           std::nullopt};
  co_return co_await edge.ask_session(who->session, std::move(request), ex.deadline);
}

} // namespace

awaitable<http::response> register_user(http::exchange& ex) {
  auto& edge = acceptor_of(ex);
  auto given = read_registration(ex);
  if (!given) co_return error_answer(ex, given.error());

  const auto deadline = edge.deadline_for_actors(ex.deadline);
  messages::hash_password hashing{std::move(given->password), deadline};
  auto hashed = co_await edge.ask(edge.with().hasher, std::move(hashing), ex.deadline);
  if (!hashed) co_return error_answer(ex, hashed.error());

  auto& request = given->request;
  const auto now = edge.with().now();
  request.user.id = user_id{make_uuid(now)};
  request.user.created_at = request.user.updated_at = now;
  request.user.password_hash = std::move(hashed->phc);
  request.client = client_of(ex);
  request.deadline = deadline;
  const auto& directory = edge.with().directory_for(request.user.id);
  auto registered = co_await edge.ask(directory, std::move(request), ex.deadline);
  if (!registered) co_return error_answer(ex, registered.error());
  co_return http::json_response(201, user_body(*registered));
}

awaitable<http::response> token(http::exchange& ex) {
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

  auto tokens = co_await sign_in(ex, login, std::move(password), surface::auth_service);
  if (!tokens) co_return error_answer(ex, tokens.error());
  const auto by = wants_token_in_body(ex) ? delivery::body : delivery::cookie;
  co_return token_answer(ex, *tokens, by);
}

awaitable<http::response> refresh(http::exchange& ex) {
  auto& edge = acceptor_of(ex);
  auto presented = presented_refresh_token(ex);
  if (!presented) co_return error_answer(ex, presented.error());

  const auto by = presented->by;
  const auto session = presented->token.session;
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

awaitable<http::response> me(http::exchange& ex, const principal& who) {
  const messages::describe_user question;
  auto user = co_await acceptor_of(ex).ask_user(who.user, question, ex.deadline);
  if (!user) co_return error_answer(ex, user.error());
  co_return http::json_response(200, user_body(*user));
}

} // namespace latchkey::gateway::auth_service

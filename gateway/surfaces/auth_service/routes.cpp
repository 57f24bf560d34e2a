// routes.cpp — the paths of "Auth Service API Documentation". Each endpoint is one coroutine,
// read from top to bottom: input, questions to actors, answer.
#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"
#include "gateway/surfaces/surfaces.hpp"

namespace latchkey::gateway::auth_service {

// Each is defined in the file of its trade in this folder.

/// POST /auth/register: 201 with the user. VALIDATION_ERROR, USER002, USER003.
awaitable<result<http::response>> register_user(http::exchange& ex);

/// POST /auth/token, JSON or form: 200 with the access token; the refresh token travels in
/// a cookie, or in the body for `X-Token-Delivery: body`. AUTH001.
awaitable<result<http::response>> token(http::exchange& ex);

/// POST /auth/token/refresh: the same for a refresh token, in the cookie or, from a
/// client that cannot hold cookies, in the body's `refresh_token`; its successor goes back
/// the way it came. AUTH003.
awaitable<result<http::response>> refresh(http::exchange& ex);

/// POST /auth/logout with the access token or, when that has expired, the refresh cookie:
/// ends the session, in the words of the surface that opened it. AUTH002, AUTH003.
awaitable<result<http::response>> logout(http::exchange& ex);

/// GET /auth/me: the user.
awaitable<result<http::response>> me(http::exchange& ex, const principal& caller);

// -- the same under /api/v1/auth/, where a user's id is its UUID ("Auth Service Internal API
// Documentation", For Frontend Applications) ----------------------------------------------

/// POST /api/v1/auth/register
awaitable<result<http::response>> platform_register(http::exchange& ex);
/// POST /api/v1/auth/login
awaitable<result<http::response>> platform_login(http::exchange& ex);
/// GET /api/v1/auth/me
awaitable<result<http::response>> platform_me(http::exchange& ex, const principal& caller);

/// GET /health: 503 when the database does not answer.
awaitable<result<http::response>> health(http::exchange& ex);

// -- the rows -----------------------------------------------------------------------------------

std::vector<http::route> routes() {
  using enum http::method;
  using enum http::access;
  using http::window;
  return {
      route_row(post, "/auth/register", "register_user", register_user)
          .access(anyone)
          .limit(window::sign_in),
      route_row(post, "/auth/token", "token", token).access(own_pages).limit(window::sign_in),
      route_row(post, "/auth/token/refresh", "refresh", refresh)
          .access(own_pages)
          .limit(window::by_endpoint),
      route_row(post, "/auth/logout", "logout", logout)
          .access(own_pages)
          .limit(window::by_endpoint)
          .admits_awaiting(),
      route_row(get, "/auth/me", "me", me).access(principal, "profile:read"),
      route_row(get, "/health", "health", health).access(anyone).limit(window::none),

      route_row(post, "/api/v1/auth/register", "platform_register", platform_register)
          .access(anyone)
          .limit(window::sign_in),
      route_row(post, "/api/v1/auth/login", "platform_login", platform_login)
          .access(own_pages)
          .limit(window::sign_in),
      route_row(post, "/api/v1/auth/refresh", "platform_refresh", refresh)
          .access(own_pages)
          .limit(window::by_endpoint),
      route_row(post, "/api/v1/auth/logout", "platform_logout", logout)
          .access(own_pages)
          .limit(window::by_endpoint)
          .admits_awaiting(),
      route_row(get, "/api/v1/auth/me", "platform_me", platform_me)
          .access(principal, "profile:read"),
  };
}

} // namespace latchkey::gateway::auth_service

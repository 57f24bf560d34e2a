// crossing_rows.hpp — every route and every kind of caller, and what must come of each pair:
// written by hand, not taken from the server's own table.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test::crossing {

/// Kinds of callers, in the order of the columns below.
enum caller : std::size_t {
  nobody,    // no credential
  bad,       // a Bearer token that is good for nothing here: see `kinds`
  user,      // a session of somebody without a role of note
  admin,     // a session of an administrator
  superuser, // a session of a superuser
  bare_key,  // a superuser's API key without scopes
  good_key,  // a superuser's API key with the scope that the route wants, if any
  service,   // a service's key
  columns
};

/// Everybody else is let in where the one is who stands in that column, but for the last.
struct kind {
  const char* name;
  caller column;
};
inline const std::vector<kind> kinds{
    {"nobody", nobody},
    {"junk", bad},
    {"ended session", bad},
    {"inactive user", bad},
    {"service token", bad},
    {"refresh token", bad},
    {"awaiting session", bad}, // but for `for_awaiting`
    {"user", user},
    {"admin", admin},
    {"superuser", superuser},
    {"API key without scopes", bare_key},
    {"API key", good_key},
    {"service", service},
    {"defined role", user}, // with `defined_permission`
};
inline constexpr const char* defined_permission = "users:read";

/// What may come out: 401, 403 or, once somebody is let in, whatever the endpoint makes of a
/// request that names nothing that exists: any other answer but an error of the server's.
enum outcome { in, u, f };

/// What a session reaches that awaits the second factor which its user must have.
inline constexpr const char* awaiting_session = "awaiting session";
inline constexpr std::array for_awaiting{
    "POST /auth/logout",   "POST /api/v1/auth/logout",         "POST /auth/mfa/step-up",
    "GET /auth/mfa",       "POST /auth/mfa/totp/enroll",       "POST /auth/mfa/totp/verify",
    "POST /auth/passkeys", "POST /auth/passkeys/registration", "POST /auth/mfa/step-up/challenge"};

struct row {
  const char* method;
  const char* path;  // as the table has it
  const char* scope; // of `good_key`
  std::array<outcome, columns> expected;

  outcome expected_of(const kind& client) const {
    const bool may = client.name == std::string_view{"defined role"} &&
                     scope == std::string_view{defined_permission};
    if (client.name == std::string_view{awaiting_session} &&
        std::ranges::find(for_awaiting, std::string{method} + " " + path) != for_awaiting.end())
      return in;
    return may ? in : expected[client.column];
  }
};

//                                            nobody bad user admin super bare key service
inline constexpr std::array<outcome, columns> anyone{in, in, in, in, in, in, in, in};
inline constexpr std::array<outcome, columns> signed_in{u, u, in, in, in, f, in, u};
inline constexpr std::array<outcome, columns> in_person{u, u, in, in, in, f, f, u};
inline constexpr std::array<outcome, columns> admins{u, u, f, in, in, f, in, u};
inline constexpr std::array<outcome, columns> admins_in_person{u, u, f, in, in, f, f, u};
inline constexpr std::array<outcome, columns> no_form_of_ours{f, f, f, f, f, f, f, f};
inline constexpr std::array<outcome, columns> services{f, f, f, f, f, f, f, in};

inline const std::vector<row> rows{
    // "Auth Service API Documentation"
    {"GET", "/health", "", anyone},
    {"POST", "/auth/register", "", anyone},
    {"POST", "/auth/token", "", anyone},
    // Without a cookie and a body it has nothing to refresh: 401 for everybody.
    {"POST", "/auth/token/refresh", "", {u, u, u, u, u, u, u, u}},
    // By its own hand: a session, or a cookie; an API key has no session to end.
    {"POST", "/auth/logout", "", {u, u, in, in, in, u, u, u}},
    {"GET", "/auth/me", "profile:read", signed_in},
    {"GET", "/", "", anyone},
    {"GET", "/favicon.ico", "", anyone},
    {"GET", "/docs", "", anyone},
    {"GET", "/docs/plain", "", anyone},
    {"GET", "/docs/core-manager", "", anyone},
    {"GET", "/docs/{asset}", "", anyone},
    {"GET", "/openapi.json", "", anyone},
    // "API Reference"
    {"POST", "/auth/login", "", anyone},
    {"POST", "/users/register", "", anyone},
    {"POST", "/recovery/request-reset", "", anyone},
    {"POST", "/recovery/verify-passphrase", "", anyone},
    {"POST", "/recovery/reset-password", "", anyone},
    {"GET", "/account/profile", "profile:read", signed_in},
    {"PUT", "/account/profile", "profile:write", signed_in},
    {"PUT", "/account/change-password", "", in_person},
    {"PUT", "/account/recovery-passphrase", "", in_person},
    {"DELETE", "/account/recovery-passphrase", "", in_person},
    {"GET", "/admin/users", "users:read", admins},
    {"GET", "/admin/users/{id}", "users:read", admins},
    {"PUT", "/admin/users/{id}", "users:write", admins},
    {"DELETE", "/admin/users/{id}", "users:delete", admins},
    {"POST", "/service/validate-token", "", anyone},
    {"POST", "/service/token", "services:write", admins},
    // "Service Integration API Documentation"
    {"POST", "/api/auth/validate-token", "", services},
    {"POST", "/api/auth/sync-session", "", services},
    {"POST", "/api/auth/sync-user", "", services},
    {"POST", "/api/auth/revoke-user-sessions", "", services},
    // "Auth Service Internal API Documentation"
    {"POST", "/api/v1/auth/register", "", anyone},
    {"POST", "/api/v1/auth/login", "", anyone},
    {"POST", "/api/v1/auth/refresh", "", {u, u, u, u, u, u, u, u}},
    {"POST", "/api/v1/auth/logout", "", {u, u, in, in, in, u, u, u}},
    {"GET", "/api/v1/auth/me", "profile:read", signed_in},
    {"GET", "/api/v1/subscription", "subscription:read", signed_in},
    {"PUT", "/api/v1/admin/subscriptions/{user_id}", "subscriptions:write", admins},
    {"POST", "/api/v1/webhooks/stripe", "", anyone},
    {"GET", "/api/v1/projects", "projects:read", signed_in},
    {"POST", "/api/v1/projects", "projects:write", signed_in},
    {"GET", "/api/v1/projects/{id}", "projects:read", signed_in},
    {"PUT", "/api/v1/projects/{id}", "projects:write", signed_in},
    {"DELETE", "/api/v1/projects/{id}", "projects:write", signed_in},
    {"GET", "/api/v1/profile", "profile:read", signed_in},
    {"PUT", "/api/v1/profile", "profile:write", signed_in},
    // Gateway Proxy Routes of the same
    {"GET", "/api/v1/templates", "templates:manage", admins},
    {"POST", "/api/v1/templates", "templates:manage", admins},
    {"GET", "/api/v1/templates/{id}", "templates:manage", admins},
    {"PUT", "/api/v1/templates/{id}", "templates:manage", admins},
    {"DELETE", "/api/v1/templates/{id}", "templates:manage", admins},
    {"GET", "/api/v1/personas/instances", "instances:read", signed_in},
    {"POST", "/api/v1/personas/instances", "instances:write", signed_in},
    {"GET", "/api/v1/personas/instances/{id}", "instances:read", signed_in},
    {"PUT", "/api/v1/personas/instances/{id}", "instances:write", signed_in},
    {"DELETE", "/api/v1/personas/instances/{id}", "instances:write", signed_in},
    // Roles, API keys, sessions
    {"GET", "/admin/roles", "roles:read", admins},
    {"POST", "/admin/roles", "roles:write", admins_in_person},
    {"GET", "/admin/roles/{name}", "roles:read", admins},
    {"PUT", "/admin/roles/{name}", "roles:write", admins_in_person},
    {"DELETE", "/admin/roles/{name}", "roles:write", admins_in_person},
    {"PUT", "/admin/users/{id}/role", "roles:write", admins_in_person},
    {"POST", "/auth/mfa/verify", "", anyone},
    {"POST", "/auth/mfa/step-up", "", in_person},
    {"GET", "/auth/mfa", "", in_person},
    {"POST", "/auth/mfa/totp/enroll", "", in_person},
    {"POST", "/auth/mfa/totp/verify", "", in_person},
    {"DELETE", "/auth/mfa/totp/{id}", "", in_person},
    {"POST", "/auth/mfa/recovery-codes", "", in_person},
    {"DELETE", "/admin/users/{id}/mfa", "users:write", admins_in_person},
    {"POST", "/auth/passkeys/challenge", "", anyone},
    {"POST", "/auth/passkeys/sign-in", "", anyone},
    {"POST", "/auth/mfa/step-up/challenge", "", in_person},
    {"POST", "/auth/passkeys/registration", "", in_person},
    {"POST", "/auth/passkeys", "", in_person},
    {"PUT", "/auth/passkeys/{id}", "", in_person},
    {"DELETE", "/auth/passkeys/{id}", "", in_person},
    {"GET", "/.well-known/webauthn", "", anyone},
    {"GET", "/.well-known/passkey-endpoints", "", anyone},
    {"GET", "/auth/api-keys", "", in_person},
    {"POST", "/auth/api-keys", "", in_person},
    {"DELETE", "/auth/api-keys/{id}", "", in_person},
    // Who may is found out after the handshake's form, which these requests have not.
    {"GET", "/ws", "", anyone},
    {"POST", "/api/v1/ws/ticket", "", in_person},
    {"POST", "/auth/verify-email", "", in_person},
    {"POST", "/auth/verify-email/confirm", "", anyone},
    {"GET", "/auth/sessions", "", in_person},
    {"DELETE", "/auth/sessions/{id}", "", in_person},
    // Pages. A browser's cookie counts there and nothing else: all of these callers are nobody, who
    // is sent to sign in, and none has the token of a form.
    {"GET", "/pages/{file}", "", anyone},
    {"GET", "/sign-in", "", anyone},
    {"POST", "/sign-in", "", no_form_of_ours},
    {"GET", "/sign-in/second-step", "", anyone},
    {"POST", "/sign-in/second-step", "", no_form_of_ours},
    {"GET", "/register", "", anyone},
    {"POST", "/register", "", no_form_of_ours},
    {"GET", "/verify-email", "", anyone},
    {"POST", "/verify-email", "", no_form_of_ours},
    {"GET", "/recover", "", anyone},
    {"POST", "/recover", "", no_form_of_ours},
    {"GET", "/recover/passphrase", "", anyone},
    {"POST", "/recover/passphrase", "", no_form_of_ours},
    {"GET", "/reset-password", "", anyone},
    {"POST", "/reset-password", "", no_form_of_ours},
    {"GET", "/sign-out", "", anyone},
    {"POST", "/sign-out", "", anyone},
    {"GET", "/account", "", anyone},
    {"GET", "/account/details", "", anyone},
    {"POST", "/account/details", "", anyone},
    {"GET", "/account/verification", "", anyone},
    {"POST", "/account/verification", "", anyone},
    {"GET", "/account/password", "", anyone},
    {"POST", "/account/password", "", anyone},
    {"GET", "/account/passphrase", "", anyone},
    {"POST", "/account/passphrase", "", anyone},
    {"GET", "/account/passphrase/remove", "", anyone},
    {"POST", "/account/passphrase/remove", "", anyone},
    {"GET", "/account/sessions/end", "", anyone},
    {"POST", "/account/sessions/end", "", anyone},
    {"GET", "/account/sessions/end-others", "", anyone},
    {"POST", "/account/sessions/end-others", "", anyone},
    {"GET", "/account/keys", "", anyone},
    {"POST", "/account/keys", "", anyone},
    {"GET", "/account/keys/revoke", "", anyone},
    {"POST", "/account/keys/revoke", "", anyone},
    {"POST", "/sign-in/passkey", "", no_form_of_ours},
    {"GET", "/sign-in/passkey", "", anyone},
    {"GET", "/.well-known/change-password", "", anyone},
    {"GET", "/account/passkeys", "", anyone},
    {"POST", "/account/passkeys", "", anyone},
    {"GET", "/account/passkeys/use", "", anyone},
    {"GET", "/account/passkeys/rename", "", anyone},
    {"POST", "/account/passkeys/rename", "", anyone},
    {"POST", "/account/passkeys/use", "", anyone},
    {"GET", "/account/passkeys/remove", "", anyone},
    {"POST", "/account/passkeys/remove", "", anyone},
    {"GET", "/account/apps", "", anyone},
    {"POST", "/account/apps", "", anyone},
    {"GET", "/account/apps/confirm", "", anyone},
    {"POST", "/account/apps/confirm", "", anyone},
    {"GET", "/account/apps/remove", "", anyone},
    {"POST", "/account/apps/remove", "", anyone},
    {"GET", "/account/recovery-codes", "", anyone},
    {"POST", "/account/recovery-codes", "", anyone},
    {"GET", "/account/confirm", "", anyone},
    {"POST", "/account/confirm", "", anyone},
    {"GET", "/account/delete", "", anyone},
    {"POST", "/account/delete", "", anyone},
};

/// What the internal listener has beside those of the services, for services alone.
inline const std::vector<row> internal_service_rows{
    {"POST", "/internal/workflows/{id}/status", "", services},
};

} // namespace latchkey::test::crossing

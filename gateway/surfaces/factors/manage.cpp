// manage.cpp — a user's own second factors, and an administrator's way to remove a lost one.
#include "gateway/account/factor_name.hpp"
#include "gateway/account/factors.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/request/authentication_words.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/factors/render.hpp"
#include "protocol/text/qr_code.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/totp.hpp"

#include <utility>

namespace latchkey::gateway::factors {
namespace {

constexpr const char* default_name = "Authenticator app";

} // namespace

awaitable<result<http::response>> list_factors(http::exchange& ex, const principal& caller) {
  const auto found = co_await own_factors(ex, caller);
  if (!found) co_return fail(found.error());
  const auto authenticated = co_await newest_authentication(ex, caller);
  if (!authenticated) co_return fail(authenticated.error());
  std::string out;
  json_writer body(out);
  body.begin_object().flag("enabled", found->is_enabled()).flag("required", found->is_required);
  if (found->due_at)
    body.text("due_at", to_rfc3339_seconds(*found->due_at));
  else
    body.null("due_at");
  body.begin_list("totp");
  for (const auto& totp : found->totp)
    write_totp(body, totp);
  body.end_list().begin_list("passkeys");
  for (const auto& key : found->passkeys)
    write_passkey(body, key);
  body.end_list();
  if (const auto site = passkey_site_of(ex))
    body.begin_object("webauthn")
        .text("rp_id", site->rp_id)
        .text("user_handle", base64url_encode(user_handle_of(caller.user)))
        .end_object();
  else
    body.null("webauthn");
  body.begin_object("recovery_codes")
      .number("made", static_cast<std::int64_t>(found->recovery_codes))
      .number("left", static_cast<std::int64_t>(found->recovery_codes_left))
      .end_object()
      .begin_object("session");
  write_authentication(body, *authenticated);
  body.end_object().end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> enrol_totp(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  auto name = factor_name_in(body, default_name);
  if (!name) co_return fail(name.error());
  const auto enrolled = co_await enrol_own_totp(ex, caller, std::move(*name));
  if (!enrolled) co_return fail(enrolled.error());

  const auto uri = totp_uri(enrolled->key, edge_of(ex).configured().brand_name, enrolled->account);
  std::string out;
  json_writer answer(out);
  answer.begin_object()
      .text("id", key_id_text(enrolled->id))
      .text("secret", totp_secret_text(enrolled->key).reveal())
      .text("otpauth_uri", uri.reveal())
      .text_or_null("qr_svg", qr_code_svg(uri).value_or(""))
      .end_object();
  co_return http::json_response(201, std::move(out));
}

awaitable<result<http::response>> confirm_totp(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  auto code = body.hidden("code", 1, totp_code_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  const auto confirmed = co_await confirm_own_totp(ex, caller, std::move(code));
  if (!confirmed) co_return fail(confirmed.error());
  std::string out;
  json_writer answer(out);
  answer.begin_object().name("totp");
  write_totp(answer, confirmed->totp);
  write_codes(answer, confirmed->recovery_codes);
  answer.end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> remove_totp(http::exchange& ex, const principal& caller) {
  const auto removed = co_await remove_own_totp(ex, caller, ex.params["id"]);
  if (!removed) co_return fail(removed.error());
  co_return http::empty_response();
}

awaitable<result<http::response>> make_recovery_codes(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  if (auto read = body.done(); !read) co_return fail(read.error());
  const auto made = co_await make_own_recovery_codes(ex, caller);
  if (!made) co_return fail(made.error());
  std::string out;
  json_writer answer(out);
  answer.begin_object();
  write_codes(answer, made->codes);
  answer.end_object();
  co_return http::json_response(201, std::move(out));
}

awaitable<result<http::response>> reset_factors(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const auto id = co_await resolve_user(ex, ex.params["id"]);
  if (!id) co_return fail(id.error());
  // An old session, or a password alone, must not take a factor from anybody.
  const auto shown = co_await newest_authentication(ex, caller);
  if (!shown) co_return fail(shown.error());
  const messages::require_recent_sign_in recent{*shown};
  const auto allowed = co_await edge.ask_user(caller.user, recent, ex.deadline);
  if (!allowed) co_return fail(allowed.error());
  if (*id == caller.user)
    co_return fail(error_code::conflict, "user_id", "is you: remove your own factors at /auth/mfa");
  const messages::describe_user question;
  const auto user = co_await edge.ask_user(*id, question, ex.deadline);
  if (!user) co_return fail(user.error());
  if (!may_manage(caller, edge.roles(), *user))
    co_return fail(error_code::insufficient_permissions, "user_id",
                   "has more permissions than you have");
  messages::reset_factors request{author_of(ex, caller), edge.deadline_for_actors(ex.deadline),
                                  user->role};
  const auto reset = co_await edge.ask_user(*id, std::move(request), ex.deadline);
  if (!reset) co_return fail(reset.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::factors

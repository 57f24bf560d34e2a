// passkeys.cpp — passkeys: a sign-in without a name, and a user's own ones.
#include "gateway/account/factor_name.hpp"
#include "gateway/account/factors.hpp"
#include "gateway/passkeys/ceremony.hpp"
#include "gateway/passkeys/site.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/second_step.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "gateway/sign_in/token_answer.hpp"
#include "gateway/surfaces/factors/render.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/webauthn/json.hpp"

#include <utility>

namespace latchkey::gateway::factors {
namespace {

constexpr const char* default_passkey_name = "Passkey";

http::response options_answer(const std::string& options) {
  std::string out;
  json_writer body(out);
  body.begin_object().json("publicKey", options).end_object();
  return http::json_response(200, std::move(out));
}

std::string passkey_body(const messages::passkey_added& added) {
  std::string out;
  json_writer body(out);
  body.begin_object().name("passkey");
  write_passkey(body, added.passkey);
  write_codes(body, added.recovery_codes);
  body.end_object();
  return out;
}

} // namespace

awaitable<result<http::response>> challenge_passkey(http::exchange& ex) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  const auto token = body.optional_hidden("mfa_token", mfa_token_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  std::vector<passkey_record> allowed;
  if (token) {
    const auto& env = edge_of(ex).env();
    const auto known = read_mfa_token(env.keys->sealing, token->reveal(), env.now());
    if (!known) co_return fail(known.error());
    auto& edge = edge_of(ex);
    const messages::list_factors question{edge.deadline_for_actors(ex.deadline)};
    auto found = co_await edge.ask_user(known->user, question, ex.deadline);
    if (!found) co_return fail(found.error());
    allowed = std::move(found->passkeys);
  }
  const auto options = assertion_options(ex, allowed, !token);
  if (!options) co_return fail(options.error());
  co_return options_answer(*options);
}

awaitable<result<http::response>> challenge_own_passkey(http::exchange& ex,
                                                        const principal& caller) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  if (auto read = body.done(); !read) co_return fail(read.error());
  const auto found = co_await own_factors(ex, caller);
  if (!found) co_return fail(found.error());
  const auto options = assertion_options(ex, found->passkeys, false);
  if (!options) co_return fail(options.error());
  co_return options_answer(*options);
}

awaitable<result<http::response>> sign_in_by_passkey(http::exchange& ex) {
  auto body = input::of(ex.in);
  const auto credential = body.object_text("credential", webauthn::response_json_bytes_max);
  if (!credential) body.problem("credential", "is missing");
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto proof = read_assertion(ex, *credential);
  if (!proof) co_return fail(proof.error());
  constexpr auto opened_by = surface::auth_service;
  auto tokens = co_await sign_in_with_passkey(ex, std::move(*proof), opened_by);
  if (!tokens) co_return fail(tokens.error());
  co_return sign_in_answer(ex, *tokens, opened_by);
}

awaitable<result<http::response>> begin_passkey(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  if (auto read = body.done(); !read) co_return fail(read.error());
  const auto options = co_await own_passkey_options(ex, caller);
  if (!options) co_return fail(options.error());
  co_return options_answer(*options);
}

awaitable<result<http::response>> add_passkey(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  const auto credential = body.object_text("credential", webauthn::response_json_bytes_max);
  if (!credential) body.problem("credential", "is missing");
  const bool was_unattended = body.optional_flag("unattended").value_or(false);
  const auto second = body.optional_flag("second_factor");
  if (was_unattended && second.value_or(false))
    body.problem("second_factor", "must be false for a passkey that nobody was asked for");
  auto name = factor_name_in(body, default_passkey_name);
  if (!name) co_return fail(name.error());
  wanted_passkey wanted{*credential, std::move(*name), second.value_or(!was_unattended),
                        was_unattended};
  const auto added = co_await add_own_passkey(ex, caller, std::move(wanted));
  if (!added) co_return fail(added.error());
  co_return http::json_response(201, passkey_body(*added));
}

awaitable<result<http::response>> change_passkey(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  const auto second = body.optional_flag("second_factor");
  const bool renames = body.has("name");
  auto read = factor_name_in(body, default_passkey_name);
  if (!read) co_return fail(read.error());
  std::optional<std::string> name;
  if (renames) name = std::move(*read);
  const auto changed =
      co_await change_own_passkey(ex, caller, ex.params["id"], std::move(name), second);
  if (!changed) co_return fail(changed.error());
  co_return http::json_response(200, passkey_body(*changed));
}

awaitable<result<http::response>> remove_passkey(http::exchange& ex, const principal& caller) {
  const auto removed = co_await remove_own_passkey(ex, caller, ex.params["id"]);
  if (!removed) co_return fail(removed.error());
  co_return http::empty_response();
}

// -- what browsers and password managers look for ----------------------------------------------

awaitable<result<http::response>> related_origins(http::exchange& ex) {
  const auto site = passkey_site_of(ex);
  if (!site) co_return fail(site.error());
  std::string out;
  json_writer body(out);
  body.begin_object().texts("origins", site->origins).end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> passkey_pages(http::exchange& ex) {
  const auto site = passkey_site_of(ex);
  if (!site) co_return fail(site.error());
  const auto page = site->origins.front() + "/account#passkeys";
  std::string out;
  json_writer body(out);
  body.begin_object().text("enroll", page).text("manage", page).end_object();
  co_return http::json_response(200, std::move(out));
}

} // namespace latchkey::gateway::factors

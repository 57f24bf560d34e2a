// proofs.cpp — a second factor is shown: to finish a sign-in, or once more in a live session.
#include "gateway/account/factors.hpp"
#include "gateway/passkeys/ceremony.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/second_step.hpp"
#include "gateway/sign_in/token_answer.hpp"
#include "gateway/surfaces/factors/render.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/recovery_code.hpp"
#include "protocol/webauthn/json.hpp"

#include <utility>

namespace latchkey::gateway::factors {
namespace {

constexpr std::size_t method_bytes_max = 32;

/// `method` with what it is shown by: `code`, `password` or `credential`.
result<messages::factor_proof> read_proof(const http::exchange& ex, input& body,
                                          std::string_view name, bool takes_password) {
  messages::factor_proof proof;
  if (name == to_string(auth_method::passkey)) {
    const auto credential = body.object_text("credential", webauthn::response_json_bytes_max);
    if (!credential) body.problem("credential", "is missing");
    if (auto read = body.done(); !read) return fail(read.error());
    auto shown = read_assertion(ex, *credential);
    if (!shown) return fail(shown.error());
    proof.method = auth_method::passkey;
    proof.passkey = std::move(*shown);
    return proof;
  }
  const bool is_password = takes_password && name == to_string(auth_method::password);
  proof.code = is_password ? body.hidden("password", 1, password_input_bytes_max)
                           : body.hidden("code", 1, recovery_code_bytes_max);
  if (auto read = body.done(); !read) return fail(read.error());
  if (is_password) {
    proof.method = auth_method::password;
    return proof;
  }
  for (const auto method : {auth_method::totp, auth_method::recovery_code})
    if (to_string(method) == name) {
      proof.method = method;
      return proof;
    }
  return fail(error_code::validation_error, "method",
              takes_password ? "must be totp, recovery_code, passkey or password"
                             : "must be totp, recovery_code or passkey");
}

} // namespace

awaitable<result<http::response>> finish_sign_in(http::exchange& ex) {
  auto body = input::of(ex.in, body_form::json_or_form);
  const auto token = body.hidden("mfa_token", 1, mfa_token_bytes_max);
  const auto name = body.text("method", 1, method_bytes_max);
  auto proof = read_proof(ex, body, name, false);
  if (!proof) co_return fail(proof.error());
  auto finished = co_await gateway::finish_sign_in(ex, token, std::move(*proof));
  if (!finished) co_return fail(finished.error());
  co_return sign_in_answer(ex, finished->tokens, finished->opened_by);
}

awaitable<result<http::response>> step_up(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  const auto name = body.text("method", 1, method_bytes_max);
  auto proof = read_proof(ex, body, name, true);
  if (!proof) co_return fail(proof.error());
  const auto stepped = co_await gateway::step_up(ex, caller, std::move(*proof));
  if (!stepped) co_return fail(stepped.error());
  std::string out;
  json_writer answer(out);
  answer.begin_object();
  write_authentication(answer, *stepped);
  answer.end_object();
  co_return http::json_response(200, std::move(out));
}

} // namespace latchkey::gateway::factors

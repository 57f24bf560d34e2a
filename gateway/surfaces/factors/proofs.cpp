// proofs.cpp — a second factor is shown: to finish a sign-in, or once more in a live session.
#include "gateway/account/factors.hpp"
#include "gateway/passkeys/ceremony.hpp"
#include "gateway/request/authentication_words.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/factor_proof.hpp"
#include "gateway/sign_in/second_step.hpp"
#include "gateway/sign_in/token_answer.hpp"
#include "gateway/surfaces/factors/render.hpp"

#include <utility>

namespace latchkey::gateway::factors {
namespace {

constexpr std::size_t method_bytes_max = 32;

result<messages::factor_proof> read_proof(const http::exchange& ex, input& body,
                                          std::string_view method, bool takes_password) {
  const auto read_passkey = [&ex](std::string_view credential) {
    return read_assertion(ex, credential);
  };
  return read_factor_proof(body, method, takes_password, read_passkey);
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

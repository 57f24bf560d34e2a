#include "gateway/sign_in/second_step.hpp"

#include "gateway/sign_in/sign_in.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

awaitable<result<messages::token_pair>> ask_for_tokens(http::exchange& ex,
                                                       messages::finish_sign_in request) {
  const auto user = request.token.user;
  ex.user = user;
  auto tokens = co_await edge_of(ex).ask_user(user, std::move(request), ex.deadline);
  if (!tokens && tokens.error().code == error_code::user_not_found) // deleted meanwhile
    co_return fail(error_code::token_invalid, "mfa_token", "is invalid: sign in again");
  co_return tokens;
}

} // namespace

awaitable<result<finished_sign_in>> finish_sign_in(http::exchange& ex, const secret& mfa_token,
                                                   messages::factor_proof proof) {
  auto& edge = edge_of(ex);
  const auto& env = edge.env();
  auto token = read_mfa_token(env.keys->sealing, mfa_token.reveal(), env.now());
  if (!token) co_return fail(token.error());
  // A guesser of codes is one of passwords.
  auto attempt = co_await address_attempt::begin(ex);
  if (!attempt) co_return fail(attempt.error());
  const auto opened_by = token->opened_by;
  const auto user = token->user;
  messages::finish_sign_in request{std::move(*token), std::move(proof), client_of(ex),
                                   edge.deadline_for_actors(ex.deadline)};
  auto tokens = co_await ask_for_tokens(ex, std::move(request));
  count_sign_in(env.outcomes, tokens);
  if (tokens) co_return finished_sign_in{std::move(*tokens), opened_by};
  if (tokens.error().code == error_code::invalid_credentials) {
    attempt->was_wrong();
    auto written = co_await audit_refusal(ex, "user.sign_in_refused", user, tokens.error().why);
    if (!written) co_return fail(written.error());
  }
  co_return fail(tokens.error());
}

} // namespace latchkey::gateway

#include "gateway/sign_in/cookie_session.hpp"

#include "gateway/request/request_limit.hpp"

#include <utility>

namespace latchkey::gateway {

awaitable<result<cookie_session>>
session_of_tokens(http::exchange& ex, std::vector<refresh_token> shown, token_use use) {
  failure error{error_code::token_invalid, {}, {}, 0};
  for (auto& token : shown) {
    auto may = co_await may_be_looked_up(ex, token.session);
    if (!may) co_return fail(std::move(may.error()));
    messages::prove question{token, use != token_use::once,
                             use == token_use::as_credential_awaiting};
    auto owner = co_await edge_of(ex).ask_session(token.session, std::move(question), ex.deadline);
    if (owner) co_return cookie_session{std::move(token), std::move(*owner)};
    if (owner.error().code != error_code::token_invalid) co_return fail(std::move(owner.error()));
    // A neighbour's. Each has cost a read; the last is counted by whoever asked.
    if (&token != &shown.back()) (void)co_await charge_unproven_limit(ex);
  }
  co_return fail(std::move(error));
}

awaitable<result<messages::revoked>> sign_out(http::exchange& ex, cookie_session session) {
  auto& edge = edge_of(ex);
  const auto id = session.token.session;
  messages::revoke request{end_reason::logout, client_of(ex), edge.deadline_for_actors(ex.deadline),
                           std::move(session.token)};
  co_return co_await edge.ask_session(id, std::move(request), ex.deadline);
}

} // namespace latchkey::gateway

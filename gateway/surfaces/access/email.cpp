// email.cpp — proving that one's address is one's own.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway::access {

awaitable<result<http::response>> request_verification(http::exchange& ex,
                                                       const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in, body_form::json_or_empty);
  if (auto read = body.done(); !read) co_return fail(read.error());
  if (edge.configured().verification == email_verification::off)
    co_return fail(error_code::conflict, "email", "addresses are not verified on this server");
  messages::begin_verification request{author_of(ex, caller),
                                       edge.deadline_for_actors(ex.deadline)};
  auto begun = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!begun) co_return fail(begun.error());
  co_return http::message_response(begun->was_verified ? "Email is verified already"
                                                       : "Verification mail sent");
}

awaitable<result<http::response>> confirm_verification(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto token = body.hidden("token", 1, opaque_key_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  const failure refusal{error_code::token_invalid, "token", "is invalid, expired or already used"};
  const auto key = parse_opaque_key(email_token_kind, token.reveal());
  if (!key) co_return fail(refusal);
  messages::confirm_email request;
  request.token_id = key->id;
  request.token_hash = key->secret_hash;
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto confirmed = co_await edge.ask_user(key->user, std::move(request), ex.deadline);
  if (confirmed) co_return http::message_response("Email verified");
  const auto code = confirmed.error().code;
  const bool is_unknown = code == error_code::token_invalid || code == error_code::user_not_found;
  co_return fail(is_unknown ? refusal : confirmed.error());
}

} // namespace latchkey::gateway::access

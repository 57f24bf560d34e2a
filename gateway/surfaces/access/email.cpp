// email.cpp — proving that one's address is one's own.
#include "gateway/account/owner.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway::access {

awaitable<result<http::response>> request_verification(http::exchange& ex,
                                                       const principal& caller) {
  auto body = input::of(ex.in, body_form::json_or_empty);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto begun = co_await mail_verification(ex, caller);
  if (!begun) co_return fail(begun.error());
  co_return http::message_response(begun->was_verified ? "Email is verified already"
                                                       : "Verification mail sent");
}

awaitable<result<http::response>> confirm_verification(http::exchange& ex) {
  auto body = input::of(ex.in);
  const auto token = body.hidden("token", 1, opaque_key_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto confirmed = co_await verify_address_with(ex, token);
  if (!confirmed) co_return fail(confirmed.error());
  co_return http::message_response("Email verified");
}

} // namespace latchkey::gateway::access

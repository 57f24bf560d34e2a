// "Service Integration API Documentation", Validate Token.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/integration/plain_token.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::integration {
namespace {

std::string validation_body(std::int64_t user_number, std::int64_t exp, std::int64_t iat) {
  std::string out;
  out.reserve(96);
  json_writer(out)
      .begin_object()
      .number("user_id", user_number)
      .number("exp", exp)
      .number("iat", iat)
      .text("type", "access")
      .end_object();
  return out;
}

} // namespace

awaitable<result<http::response>> validate_token(http::exchange& ex, const service_principal&) {
  auto& edge = edge_of(ex);
  const auto plain = http::is_media_type(ex.in.content_type, http::json_type)
                         ? plain_token(ex.in.body)
                         : std::nullopt;
  result<verified_token> known = fail(error_code::token_invalid);
  if (plain) known = edge.tokens().verify(*plain);
  if (!known) {
    // Whether the body is at fault or the token is for the general reader to say.
    auto body = input::of(ex.in);
    const auto token = body.hidden("token", 1, token_bytes_max);
    if (auto read = body.done(); !read) co_return fail(read.error());
    if (token.reveal() != plain) known = edge.tokens().verify(token.reveal());
  }
  if (!known) co_return fail(known.error());
  const messages::validate question{known->counter};
  const auto validation = co_await edge.ask_session(known->session, question, ex.deadline);
  if (!validation) co_return fail(validation.error());
  // A token is one session's of one user's; anything else was not signed for it.
  if (validation->user != known->user) co_return fail(error_code::token_invalid);
  co_return http::json_response(200,
                                validation_body(validation->user_number, known->exp, known->iat));
}

} // namespace latchkey::gateway::integration

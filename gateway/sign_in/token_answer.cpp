#include "gateway/sign_in/token_answer.hpp"

#include "gateway/sign_in/refresh_cookie.hpp"
#include "gateway/surfaces/auth_service/render.hpp"
#include "protocol/text/json_writer.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

std::string login_module_body(const messages::token_pair& tokens, bool with_refresh_token) {
  std::string out;
  json_writer body(out);
  body.begin_object()
      .text("access_token", tokens.access_token.reveal())
      .text("token_type", "bearer")
      .number("expires_in", tokens.access_ttl_s);
  if (with_refresh_token) body.text("refresh_token", tokens.refresh_token.reveal());
  body.end_object();
  return out;
}

} // namespace

http::response sign_in_answer(const http::exchange& ex, const messages::token_pair& tokens,
                              surface opened_by) {
  const bool in_body = wants_token_in_body(ex);
  auto answer = http::json_response(200, opened_by == surface::login_module
                                             ? login_module_body(tokens, in_body)
                                             : auth_service::token_body(tokens, in_body));
  if (!in_body) set_refresh_cookie(ex, tokens, answer);
  return answer;
}

} // namespace latchkey::gateway

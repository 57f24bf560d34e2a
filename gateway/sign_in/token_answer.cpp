#include "gateway/sign_in/token_answer.hpp"

#include "gateway/sign_in/refresh_cookie.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>

namespace latchkey::gateway {
namespace {

/// "API Reference": `{"access_token":…,"token_type":"bearer","expires_in":…}`
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

/// "Auth Service API Documentation": `{"access_token":…,"token_type":"bearer","refresh_token":…}`
std::string auth_service_body(const messages::token_pair& tokens, bool with_refresh_token) {
  std::string out;
  json_writer(out)
      .begin_object()
      .text("access_token", tokens.access_token.reveal())
      .text("token_type", "bearer")
      .text_or_null("refresh_token", with_refresh_token ? tokens.refresh_token.reveal() : "")
      .number("expires_in", tokens.access_ttl_s)
      .end_object();
  return out;
}

} // namespace

http::response token_answer(const http::exchange& ex, const messages::token_pair& tokens,
                            surface path_of, token_delivery by) {
  const bool in_body = by == token_delivery::body;
  auto answer = http::json_response(200, path_of == surface::login_module
                                             ? login_module_body(tokens, in_body)
                                             : auth_service_body(tokens, in_body));
  if (!in_body) set_refresh_cookie(ex, tokens, answer);
  return answer;
}

http::response sign_in_answer(const http::exchange& ex, const messages::token_pair& tokens,
                              surface opened_by) {
  return token_answer(ex, tokens, opened_by,
                      wants_token_in_body(ex) ? token_delivery::body : token_delivery::cookie);
}

} // namespace latchkey::gateway

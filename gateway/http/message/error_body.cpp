#include "gateway/http/message/error_body.hpp"

#include "protocol/text/json_writer.hpp"

namespace latchkey::http {
namespace {

constexpr std::uint32_t default_retry_s = 1;

/// How long the client should wait; 0: no hint.
std::uint32_t retry_after_s(const failure& error) {
  if (error.retry_after_s > 0) return error.retry_after_s;
  const bool passes = error.code == error_code::overloaded ||
                      error.code == error_code::rate_limited ||
                      error.code == error_code::upstream_unavailable;
  return passes ? default_retry_s : 0;
}

/// RFC 6750, section 3.1: without a token there is no error to name; latchkey's codes for a
/// token that was there are all `invalid_token`.
std::string challenge_text(const failure& error, challenge asks) {
  switch (asks == challenge::bearer ? error.code : error_code::none) {
  case error_code::mfa_required: // RFC 9470, section 3; a sign-in that goes on asks for no token
    if (error.challenge.empty()) break;
    return R"(Bearer realm="latchkey", error="insufficient_user_authentication", )" +
           error.challenge;
  case error_code::token_expired:
    return R"(Bearer realm="latchkey", error="invalid_token", error_description="expired")";
  case error_code::token_invalid:
    return R"(Bearer realm="latchkey", error="invalid_token")";
  default:
    break;
  }
  return R"(Bearer realm="latchkey")";
}

} // namespace

failure refusal_of(error_code code) {
  switch (code) {
  case error_code::payload_too_large:
    return {code, "body", "is larger than this server takes"};
  case error_code::uri_too_long:
    return {code, "target", "is longer than this server takes"};
  case error_code::headers_too_large:
    return {code, "headers", "are larger than this server takes"};
  case error_code::bad_request:
    return {code, "request", "is not well-formed HTTP/1.1"};
  default:
    return {code, {}, {}};
  }
}

void append_details(std::string& body, const failure& error) {
  json_writer details(body);
  details.begin_object();
  if (!error.field.empty()) details.text("field", error.field);
  if (!error.reason.empty()) details.text("reason", error.reason);
  details.members(error.more).end_object();
}

void add_error_headers(response& answer, const failure& error, challenge asks) {
  if (const auto wait_s = retry_after_s(error); wait_s > 0) answer.add("Retry-After", wait_s);
  if (answer.status == 401 && asks != challenge::none)
    answer.add("WWW-Authenticate", challenge_text(error, asks));
}

response error_response(const failure& error, std::string_view request_id, time_point now,
                        challenge asks) {
  const auto& entry = describe(error.code);
  std::string body;
  body.reserve(256);
  json_writer envelope(body);
  envelope.begin_object()
      .begin_object("error")
      .text("code", entry.name)
      .text("message", entry.message)
      .name("details");
  append_details(body, error);
  envelope.text("timestamp", to_rfc3339_seconds(now))
      .text("request_id", request_id)
      .end_object()
      .end_object();
  auto answer = json_response(entry.status, std::move(body));
  add_error_headers(answer, error, asks);
  return answer;
}

} // namespace latchkey::http

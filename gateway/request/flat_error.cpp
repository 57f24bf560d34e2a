#include "gateway/request/flat_error.hpp"

#include "gateway/http/message/error_body.hpp"
#include "protocol/text/json_writer.hpp"

#include <string>

namespace latchkey::gateway {

std::string_view error_text_of(unsigned status) noexcept {
  switch (status) {
  case 400:
    return "Bad request";
  case 401:
    return "Invalid token";
  case 403:
    return "Invalid service key";
  case 404:
    return "Not found";
  case 405:
    return "Method not allowed";
  case 409:
    return "Conflict";
  case 413:
    return "Payload too large";
  case 415:
    return "Unsupported media type";
  case 429:
    return "Rate limit exceeded";
  case 503:
    return "Service unavailable";
  case 504:
    return "Gateway timeout";
  default:
    return status >= 500 ? "Internal server error" : http::reason_phrase(status);
  }
}

http::response flat_error(const failure& error, std::string_view error_text) {
  const auto& entry = describe(error.code);
  // A key that is right but is not for this: "Invalid service key" would mislead its owner.
  if (error_text.empty() && error.code == error_code::insufficient_permissions &&
      error.field == "scope")
    error_text = "Insufficient scope";
  std::string body;
  json_writer members(body);
  members.begin_object()
      .text("error", error_text.empty() ? error_text_of(entry.status) : error_text)
      .text("message", entry.message)
      .name("details");
  http::append_details(body, error);
  members.end_object();
  auto answer = http::json_response(entry.status, std::move(body));
  http::add_error_headers(answer, error, http::challenge::bearer_unasked);
  return answer;
}

} // namespace latchkey::gateway

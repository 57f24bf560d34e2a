#include "gateway/surfaces/integration/answers.hpp"

#include "gateway/request/flat_error.hpp"

#include <utility>

namespace latchkey::gateway::integration {
namespace {

/// Whether the answer to it is the endpoint's own 400.
bool is_about_the_request(error_code code) {
  switch (code) {
  case error_code::payload_too_large:
  case error_code::unsupported_media_type:
  case error_code::rate_limited:
  case error_code::request_timeout:
    return false;
  default:
    return status_of(code) < 500;
  }
}

} // namespace

http::response success() {
  return http::json_response(200, R"({"status":"success"})");
}

result<http::response> refused(failure error, std::string_view text) {
  if (!is_about_the_request(error.code)) return fail(std::move(error));
  if (error.reason.empty()) error.reason = describe(error.code).message;
  error.code = error_code::validation_error;
  return flat_error(error, text);
}

std::string name_in_audit(const service_principal& caller) {
  return "service:" + caller.service->id;
}

messages::author author_of(const http::exchange& ex, const service_principal& caller) {
  return {client_of(ex), name_in_audit(caller)};
}

} // namespace latchkey::gateway::integration

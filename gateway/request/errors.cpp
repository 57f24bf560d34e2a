#include "gateway/request/errors.hpp"

#include "actors/audit/event_log.hpp"
#include "gateway/http/message/error_body.hpp"
#include "gateway/request/flat_error.hpp"
#include "gateway/request/reactor_edge.hpp"

namespace latchkey::gateway {
namespace {

/// All paths of the service integration begin with it.
constexpr std::string_view flat_prefix = "/api/auth/";

bool is_for_people(const http::route* matched) noexcept {
  return matched != nullptr && matched->errors == http::error_form::page && matched->failure_page;
}

} // namespace

std::string route_name(const http::exchange& ex) {
  const std::string_view pattern = ex.matched ? ex.matched->pattern : std::string_view{};
  return std::string{to_string(ex.in.method)} + " " +
         std::string{pattern.empty() ? std::string_view{"unmatched"} : pattern};
}

void log_refusal(const http::exchange& ex, const failure& error) {
  constexpr std::uint16_t unauthorized = 401, forbidden = 403, too_many = 429;
  const auto& entry = describe(error.code);
  if (entry.status != unauthorized && entry.status != forbidden && entry.status != too_many) return;
  const auto route = route_name(ex);
  const auto service = ex.service.empty() ? std::string{} : "service:" + ex.service;
  auto reason = !error.why.empty()      ? error.why
                : !error.reason.empty() ? error.reason
                                        : std::string{entry.message};
  if (error.why.empty() && !error.reason.empty() && !error.field.empty())
    reason = error.field + ": " + reason;
  event refused;
  refused.name = "refused";
  refused.code = entry.name;
  refused.reason = reason;
  refused.user = ex.user;
  refused.by = service;
  refused.address = ex.client_address;
  refused.request_id = ex.in.request_id;
  refused.route = route;
  refused.began = ex.in.received_at;
  log_event(refused);
}

http::error_form error_form_of(const http::route* matched, std::string_view path) noexcept {
  if (matched != nullptr) return matched->errors;
  return path.starts_with(flat_prefix) ? http::error_form::flat : http::error_form::envelope;
}

http::response error_answer(const http::exchange& ex, const failure& error) {
  log_refusal(ex, error);
  if (is_for_people(ex.matched)) return ex.matched->failure_page(error, ex.in);
  if (error_form_of(ex.matched, ex.in.path) == http::error_form::flat) return flat_error(error);
  const auto asks =
      http::bearer_token(ex.in).empty() ? http::challenge::bearer_unasked : http::challenge::bearer;
  return http::error_response(error, ex.in.request_id, ex.edge->env().now(), asks);
}

http::response server_error_answer(const failure& error, const http::request& in,
                                   const http::route* matched, time_point now) {
  if (is_for_people(matched)) return matched->failure_page(error, in);
  if (error_form_of(matched, in.path) == http::error_form::flat) return flat_error(error);
  return http::error_response(error, in.request_id, now);
}

} // namespace latchkey::gateway

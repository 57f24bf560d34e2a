#include "gateway/openapi/answers.hpp"

#include "gateway/http/message/error_body.hpp"

namespace latchkey::openapi {
namespace {

constexpr std::string_view example_request_id = "req_123456789";
/// 2025-06-15T11:09:03Z, the time of "Auth Service API Documentation", Error Response Format.
constexpr time_point example_time{std::chrono::seconds{1749985743}};

json reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string{kind} + "/" + std::string{name}}};
}

/// An error of that code as it might occur.
failure example_of(error_code code) {
  using enum error_code;
  switch (code) {
  case validation_error: // as printed in the same place
    return {code, "policy_content", "Content cannot be empty"};
  case token_expired:
  case token_invalid:
    return {code, "Authorization", "a Bearer token is required"};
  case insufficient_permissions:
    return {code, "permission", "users:read is required"};
  case user_exists:
    return {code, "email", "is taken"};
  case password_format:
    return {code, "password", "must have at least 8 characters"};
  case quota_exceeded:
    return {code, "projects", "is used up", 0, R"("quota":"projects","limit":3,"resets_at":null)"};
  case unsupported_media_type:
    return {code, "Content-Type", "must be application/json"};
  case payload_too_large:
    return {code, "body", "is too large"};
  case csrf_failed:
    return {code, "Origin", "is not allowed"};
  case conflict:
    return {code, "name", "is taken"};
  default:
    return {code};
  }
}

json text_header(std::string_view about) {
  return {{"description", about}, {"schema", {{"type", "string"}}}};
}
json number_header(std::string_view about) {
  return {{"description", about}, {"schema", {{"type", "integer"}, {"minimum", 0}}}};
}

} // namespace

std::optional<error_code> code_named(std::string_view name) {
  for (std::size_t i = 1; i <= static_cast<std::size_t>(error_code::internal_error); ++i)
    if (const auto code = static_cast<error_code>(i); name_of(code) == name) return code;
  return std::nullopt;
}

json headers_of(unsigned status, answer_traits traits) {
  json headers{{"X-Request-ID", reference("headers", "RequestId")}};
  if (traits.is_counted) {
    headers["X-RateLimit-Limit"] = reference("headers", "RateLimit");
    headers["X-RateLimit-Remaining"] = reference("headers", "RateRemaining");
    headers["X-RateLimit-Reset"] = reference("headers", "RateReset");
  }
  if (status == 401) headers["WWW-Authenticate"] = reference("headers", "Challenge");
  if (status == 429 || status == 503) headers["Retry-After"] = reference("headers", "RetryAfter");
  return headers;
}

json header_components() {
  return {
      {"RequestId", text_header("The request's id: the one that was sent, if it was well-formed.")},
      {"RateLimit", number_header("Requests in a window. Absent where the limit is off.")},
      {"RateRemaining", number_header("Of these, how many are left.")},
      {"RateReset", number_header("When all are there again, in seconds since 1970.")},
      {"RetryAfter", number_header("In how many seconds to try again.")},
      {"Challenge", text_header("How to prove who one is (RFC 6750, section 3).")},
      {"RefreshCookie",
       text_header(
           "The refresh token, or its removal: HttpOnly, SameSite as COOKIE_SAMESITE says.")},
  };
}

json security_schemes() {
  return {
      {"bearerAuth",
       {{"type", "http"},
        {"scheme", "bearer"},
        {"bearerFormat", "JWT"},
        {"description", "A user's access token."}}},
      {"apiKeyAuth",
       {{"type", "apiKey"},
        {"in", "header"},
        {"name", "X-API-Key"},
        {"description", "A user's API key."}}},
      {"serviceKeyAuth",
       {{"type", "apiKey"},
        {"in", "header"},
        {"name", "X-Service-Key"},
        {"description", "A service's key."}}},
      {"serviceBearer",
       {{"type", "http"},
        {"scheme", "bearer"},
        {"description", "A service's key, the other way."}}},
      {"liveTicket",
       {{"type", "apiKey"},
        {"in", "query"},
        {"name", "ticket"},
        {"description", "One of POST /api/v1/ws/ticket, not used yet."}}},
      {"refreshCookie",
       {{"type", "apiKey"},
        {"in", "cookie"},
        {"name", "refresh_token"},
        {"description", "`__Host-refresh_token` where the issuer's origin is https."}}},
  };
}

std::string error_responses::example_for(error_code code, answer_traits traits) {
  auto name = std::string{traits.is_flat ? "Flat." : ""} + std::string{name_of(code)};
  if (!examples_.contains(name)) {
    const auto error = example_of(code);
    const auto shown = traits.is_flat
                           ? flat_(error, {})
                           : http::error_response(error, example_request_id, example_time);
    examples_[name] = {{"summary", describe(code).message}, {"value", json::parse(shown.body)}};
  }
  return name;
}

json error_responses::schema_for(const std::vector<error_code>& codes, answer_traits traits) {
  if (traits.is_flat) return reference("schemas", "FlatError");
  json names = json::array();
  for (const auto code : codes)
    names.push_back(name_of(code));
  const json code_property{{"code", {{"enum", names}}}};
  const json error_property{{"error", {{"properties", code_property}}}};
  const json narrowed{{"properties", error_property}};
  return {{"allOf", json::array({reference("schemas", "Error"), narrowed})}};
}

json error_responses::reference_for(const std::vector<error_code>& codes, answer_traits traits) {
  const auto status = status_of(codes.front());
  auto name = std::string{traits.is_flat ? "Flat" : "Error"} + std::to_string(status) +
              (traits.is_counted ? "" : ".uncounted");
  for (const auto code : codes)
    name.append(".").append(name_of(code));
  if (!responses_.contains(name)) {
    std::string description;
    json examples = json::object();
    for (const auto code : codes) {
      description += description.empty() ? "" : " · ";
      description.append("`").append(name_of(code)).append("` ").append(describe(code).message);
      examples[std::string{name_of(code)}] = reference("examples", example_for(code, traits));
    }
    const json body{{"schema", schema_for(codes, traits)}, {"examples", examples}};
    responses_[name] = {{"description", description},
                        {"headers", headers_of(status, traits)},
                        {"content", {{http::json_type, body}}}};
  }
  return reference("responses", name);
}

} // namespace latchkey::openapi

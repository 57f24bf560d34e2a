#include "protocol/error_code.hpp"

#include <array>
#include <cstddef>

namespace latchkey {
namespace {

using enum error_code;

constexpr std::array table{
    error_entry{none, "OK", 200, "OK"},
    error_entry{invalid_credentials, "AUTH001", 401, "Invalid credentials"},
    error_entry{token_expired, "AUTH002", 401, "Token expired"},
    error_entry{token_invalid, "AUTH003", 401, "Token invalid"},
    error_entry{insufficient_permissions, "AUTH004", 403, "Insufficient permissions"},
    error_entry{user_not_found, "USER001", 404, "User not found"},
    error_entry{user_exists, "USER002", 409, "User already exists"},
    error_entry{password_format, "USER003", 400, "Invalid password format"},
    error_entry{subscription_not_found, "SUB001", 404, "Subscription not found"},
    error_entry{quota_exceeded, "SUB002", 429, "Quota exceeded"},
    error_entry{upstream_unavailable, "GW001", 503, "Upstream service unavailable"},
    error_entry{upstream_timeout, "GW002", 504, "Gateway timeout"},
    error_entry{validation_error, "VALIDATION_ERROR", 400, "Invalid input parameters"},
    error_entry{bad_request, "VALIDATION_ERROR", 400, "Malformed HTTP request"},
    error_entry{not_found, "NOT_FOUND", 404, "Not found"},
    error_entry{method_not_allowed, "METHOD_NOT_ALLOWED", 405, "Method not allowed"},
    error_entry{conflict, "CONFLICT", 409, "Conflict"},
    error_entry{payload_too_large, "PAYLOAD_TOO_LARGE", 413, "Payload too large"},
    error_entry{uri_too_long, "VALIDATION_ERROR", 414, "Request target too long"},
    error_entry{headers_too_large, "VALIDATION_ERROR", 431, "Request header fields too large"},
    error_entry{request_timeout, "TIMEOUT", 408, "Request was not received in time"},
    error_entry{unsupported_media_type, "UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported media type"},
    error_entry{upgrade_required, "VALIDATION_ERROR", 426, "Upgrade required"},
    error_entry{rate_limited, "RATE_LIMITED", 429, "Rate limit exceeded"},
    error_entry{csrf_failed, "CSRF_FAILED", 403, "Cross-site request refused"},
    error_entry{mfa_required, "MFA_REQUIRED", 401, "Another factor is required"},
    error_entry{overloaded, "OVERLOADED", 503, "Server is overloaded"},
    error_entry{timeout, "TIMEOUT", 503, "Request took too long"},
    error_entry{outcome_unknown, "TIMEOUT", 503,
                "Outcome unknown: the database connection was lost"},
    error_entry{store_unavailable, "OVERLOADED", 503, "Database is unavailable"},
    error_entry{internal_error, "INTERNAL_ERROR", 500, "Internal server error"},
};

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].code) != i) return false;
  return true;
}
static_assert(rows_stand_in_order());

} // namespace

const error_entry& describe(error_code code) noexcept {
  auto index = static_cast<std::size_t>(code);
  return index < table.size() ? table[index] : table.back();
}

} // namespace latchkey

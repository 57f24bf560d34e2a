// error_code.hpp — the one list of errors: its code, its HTTP status and its words.
//
// Every surface renders from this table; nothing else in the program names a
// status or an error text. Codes and meanings are those of "Auth Service
// Internal API Documentation", Error Codes, and of "Auth Service API
// Documentation", Error Handling.
#pragma once

#include <cstdint>
#include <string_view>

namespace latchkey {

enum class error_code : std::uint8_t {
  none = 0,
  invalid_credentials,      // AUTH001
  token_expired,            // AUTH002
  token_invalid,            // AUTH003
  insufficient_permissions, // AUTH004
  user_not_found,           // USER001
  user_exists,              // USER002
  password_format,          // USER003
  subscription_not_found,   // SUB001
  quota_exceeded,           // SUB002
  upstream_unavailable,     // GW001
  upstream_timeout,         // GW002
  validation_error,
  bad_request, // VALIDATION_ERROR for a message that is not HTTP at all
  not_found,
  method_not_allowed,
  conflict,
  payload_too_large,
  uri_too_long,
  headers_too_large,
  request_timeout,
  unsupported_media_type,
  upgrade_required, // VALIDATION_ERROR for another version of the protocol that is asked for
  rate_limited,
  csrf_failed,
  mfa_required,
  overloaded,
  timeout,
  outcome_unknown, // the store lost its connection while it committed
  store_unavailable,
  internal_error,
};

struct error_entry {
  error_code code;
  std::string_view name;    // as clients see it: "AUTH001"
  std::uint16_t status;     // HTTP status
  std::string_view message; // for people
};

/// The table's row for `code`; `internal_error`'s row for a value outside it.
const error_entry& describe(error_code code) noexcept;

inline std::string_view name_of(error_code code) noexcept {
  return describe(code).name;
}
inline std::uint16_t status_of(error_code code) noexcept {
  return describe(code).status;
}

} // namespace latchkey

// flat_error.hpp — the flat form of errors, which everything under /api/auth/ has:
// `{"error":"Invalid token","message":…,"details":{…}}`.
//
// `error` is one of the texts of "Service Integration API Documentation", Error Handling; the
// three keys are those of "Flask Service Integration Documentation", Error Handling.
#pragma once

#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"

#include <string_view>

namespace latchkey::gateway {

/// The text for a status when the endpoint has none of its own: "Bad request".
std::string_view error_text_of(unsigned status) noexcept;

/// The failure with its own status, `Retry-After` where the envelope would have one, and
/// `WWW-Authenticate` on a 401. An empty `error_text` is the status's. `details` has `field`,
/// `reason` and what the failure's `more` says.
http::response flat_error(const failure& error, std::string_view error_text = {});

} // namespace latchkey::gateway

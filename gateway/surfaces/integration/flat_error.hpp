// integration/flat_error.hpp — the errors of everything under /api/auth/:
// `{"error":"Invalid token","message":…,"details":{…}}`.
//
// `error` is one of the texts of "Service Integration API Documentation", Error Handling; the
// three keys are those of "Flask Service Integration Documentation", Error Handling.
#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"

#include <string_view>

namespace latchkey::gateway::integration {

/// Whether errors on this path are flat.
bool is_flat_path(std::string_view path) noexcept;

/// The text that goes with a status when an endpoint has none of its own: "Bad request".
std::string_view error_text_of(unsigned status) noexcept;

/// The failure with its own status, `Retry-After` where the envelope would have one, and
/// `WWW-Authenticate` on a 401. An empty `error_text` is the status's. `details` has `field`,
/// `reason` and what the failure's `more` says.
http::response flat_error(const failure& error, std::string_view error_text = {});
http::response flat_error(const http::exchange& ex, const failure& error,
                          std::string_view error_text = {});

} // namespace latchkey::gateway::integration

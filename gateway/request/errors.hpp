// errors.hpp — how a failure becomes an answer: in the form of its route, and in the log.
#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway {

/// "POST /auth/token": the route's pattern, which holds nothing that a client chose.
std::string route_name(const http::exchange& ex);

/// Writes one line into the log for an answer that refuses the caller (401, 403, 429), with the
/// reason that the client may not learn. `error_answer` does it.
void log_refusal(const http::exchange& ex, const failure& error);

/// The form of errors for a request to this route. A path without a route has the form of the
/// surface whose paths begin like it.
http::error_form error_form_of(const http::route* matched, std::string_view path) noexcept;

/// The answer to a request that fails, in its route's form; a 401 says that a Bearer token is
/// wanted. Logs refusals. The guards call it for whatever their endpoints return; an endpoint only
/// when it has more to add to the answer than the failure says.
http::response error_answer(const http::exchange& ex, const failure& error);

/// The answer when the server itself refuses a request, before any guard (404, 405, 413, 500 …).
http::response server_error_answer(const failure& error, const http::request& in,
                                   const http::route* matched, time_point now);

} // namespace latchkey::gateway

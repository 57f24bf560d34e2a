// error_body.hpp — failures as clients see them: the error envelope of "Auth Service
// Internal API Documentation", Error Response Format.
#pragma once

#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"

#include <string>
#include <string_view>

namespace latchkey::http {

/// What a 401 asks for (RFC 6750, section 3).
enum class challenge : std::uint8_t {
  none,
  bearer,         // WWW-Authenticate: Bearer …
  bearer_unasked, // the same when no token came: then there is no error of it to name
};

/// The failure for a message that broke a limit, or HTTP: it names the part at fault.
failure refusal_of(error_code code);

/// `{"error":{"code","message","details":{"field","reason"},"timestamp","request_id"}}` with the
/// status of the code, `Retry-After` when there is a hint (1 s where OVERLOADED, RATE_LIMITED or
/// GW001 has none), `WWW-Authenticate` on a 401 that is challenged. `details` also has what
/// the failure's `more` says; it is `{}` when there is none of it.
response error_response(const failure& error, std::string_view request_id, time_point now,
                        challenge asks = challenge::none);

/// `{"field":…,"reason":…,…}`: the failure's details, as every form of error has them.
void append_details(std::string& body, const failure& error);
/// `Retry-After` and `WWW-Authenticate`, where the failure's kind has them.
void add_error_headers(response& answer, const failure& error, challenge asks);

} // namespace latchkey::http

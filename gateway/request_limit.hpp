// request_limit.hpp — the rate limit of one request: whose it is, what is left of it, and the
// headers that say so.
//
// "Service Integration API Documentation", Rate Limiting, has the headers; "Auth Service API
// Documentation", Performance Metrics, the default.
#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/response.hpp"
#include "gateway/principal.hpp"
#include "protocol/result.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway {

class http_acceptor;

/// Takes one under `key` and notes in the exchange what is left; RATE_LIMITED, with the seconds
/// to wait, when nothing was. A route that is not counted always has one left.
result<void> take_one(http::exchange& ex, std::string_view key, const rate_limit& limit);
/// Of RATE_LIMIT_DEFAULT: the user's or the API key's own.
result<void> take_one_of(http::exchange& ex, const principal& who);
/// The same, of a message on a live socket.
result<void> take_one_of(http_acceptor& edge, const user_id& user);
/// The same, of a user who has not shown an access token.
result<void> take_one_of(http::exchange& ex, const user_id& user);
/// The service's own limit, or RATE_LIMIT_SERVICE.
result<void> take_one_of(http::exchange& ex, const service_principal& who);
/// Of RATE_LIMIT_DEFAULT: the address's, for callers that have proven nothing.
result<void> take_one_of_address(http::exchange& ex);
/// The address pays for what proves nothing (whoever has shown something that is not what it
/// should be, or nothing at all); when it cannot, that is what it hears.
failure counted_failure(http::exchange& ex, failure error);
/// Notes what is left of the address's without taking any, of a route that is counted.
void look_at_address(http::exchange& ex);

/// "<kind>:<address>", an IPv6 address by its /64.
std::string address_key(std::string_view kind, std::string_view address);

/// Of a refusal: what the client is told to wait, at least a second; `now` by the steady clock.
failure rate_refusal(const rate_verdict& verdict, time_point now);

/// X-RateLimit-Limit, -Remaining and -Reset (seconds since the epoch), where a limit was
/// looked at.
void add_rate_headers(const http::exchange& ex, http::response& answer);

} // namespace latchkey::gateway

// request_limit.hpp — the rate limit of one request: whose limit it is, what is left of it, and the
// headers that say so.
//
// "Service Integration API Documentation", Rate Limiting, has the headers; "Auth Service API
// Documentation", Performance Metrics, the default.
#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/message/response.hpp"
#include "gateway/reactor/awaitable.hpp"
#include "gateway/request/principal.hpp"
#include "protocol/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

class reactor_edge;

/// Takes one from that window, or holds it, and notes nothing. The verdict is decided.
awaitable<result<rate_verdict>> take_rate(http::exchange& ex, std::string key, rate_limit limit,
                                          bool holds = false);

// Each of these takes one and notes in the exchange what is left; RATE_LIMITED, with the seconds to
// wait, when nothing was. A route that is not counted always has one left. It costs a round trip to
// Redis now and then where several nodes share their limits (shared_rate_limiter), and no pause
// otherwise.

/// Under `key`.
awaitable<result<void>> charge_limit(http::exchange& ex, std::string_view key,
                                     const rate_limit& limit);
/// Of the user's or the API key's own window that the route counts against: RATE_LIMIT_DEFAULT, or
/// RATE_LIMIT_GATEWAY. What keeps an account in its owner's hands (window::keeping) takes one and
/// is never refused.
awaitable<result<void>> charge_limit(http::exchange& ex, const principal& caller);
/// The same without a coroutine, for every request passes here; nothing when that cannot be done.
std::optional<result<void>> charge_at_once(http::exchange& ex, const principal& caller);
/// Of RATE_LIMIT_LIVE: a message of the user's on a live socket, which does not wait. Where Redis
/// has to be asked it is let through, and taken then.
result<void> charge_live_limit(reactor_edge& edge, const user_id& user);
/// Of RATE_LIMIT_HANDSHAKES: the user opens a live socket.
awaitable<result<void>> charge_handshake_limit(http::exchange& ex, const user_id& user);
/// Of RATE_LIMIT_REFRESH: the user's.
awaitable<result<void>> charge_refresh_limit(http::exchange& ex, const user_id& user);
/// The same of an address, for a page that asks whether there is a cookie.
awaitable<result<void>> charge_silent_refresh_limit(http::exchange& ex);
/// Of RATE_LIMIT_WEBHOOK: of a sender that has signed the request.
awaitable<result<void>> charge_sender_limit(http::exchange& ex, std::string_view sender);
/// The service's own limit, or RATE_LIMIT_SERVICE.
awaitable<result<void>> charge_limit(http::exchange& ex, const service_principal& caller);
std::optional<result<void>> charge_at_once(http::exchange& ex, const service_principal& caller);
/// The address's, for callers that have proven nothing: of RATE_LIMIT_SIGN_IN or
/// RATE_LIMIT_DEFAULT, as the route says.
awaitable<result<void>> charge_address_limit(http::exchange& ex);
/// Of RATE_LIMIT_UNPROVEN: the address's, for what finds nothing or shows what is no good. It is
/// spent by nothing else, so that nobody behind an address is shut out of signing in by it.
awaitable<result<void>> charge_unproven_limit(http::exchange& ex);
/// Charges the address for a failed proof (a credential that is wrong or missing). When the address
/// has nothing left, the failure is RATE_LIMITED instead.
awaitable<failure> charge_address_on_failure(http::exchange& ex, failure error);
/// Whether a credential that only a read can prove may cost one: not once the address has spent
/// its RATE_LIMIT_UNPROVEN, as far as this node knows. RATE_LIMITED.
result<void> may_cost_a_read(http::exchange& ex);
/// The same of a credential that names a session or a user: one whose actor is in memory costs no
/// read.
awaitable<result<void>> may_be_looked_up(http::exchange& ex, session_id named);
awaitable<result<void>> may_be_looked_up(http::exchange& ex, user_id named);
/// Notes what is left of the address's RATE_LIMIT_UNPROVEN without taking any, of a route that is
/// counted.
void peek_address_limit(http::exchange& ex);

/// "<kind>:<address>", an IPv6 address by its /64.
std::string address_key(std::string_view kind, std::string_view address);

/// The refusal with the time that the client has to wait, at least a second; `now` by the steady
/// clock.
failure rate_refusal(const rate_verdict& verdict, time_point now);

/// X-RateLimit-Limit, -Remaining and -Reset (seconds since the epoch), where a limit was
/// looked at.
void add_rate_headers(const http::exchange& ex, http::response& answer);

} // namespace latchkey::gateway

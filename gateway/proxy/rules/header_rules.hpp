// header_rules.hpp — kinds of headers by their names, as their most lenient reader would take them;
// private to the proxy.
#pragma once

#include "gateway/http/message/request.hpp"
#include "protocol/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::proxy {

/// Whether the header is for this one connection, whichever way it goes: hop-by-hop headers
/// (RFC 9110, 7.6.1) and the framing.
bool is_of_the_connection(std::string_view name) noexcept;

/// Whether a request's header is the gateway's to say, or would make an upstream see another
/// request than the one that was checked. "X-User-ID", "x_user_id" and "X.User.ID" are one:
/// CGI and its heirs read all but letters and digits as one character.
bool is_the_gateways(std::string_view name) noexcept;

/// Whether an answer's header is the edge's to say.
bool is_the_edges(std::string_view name) noexcept;

/// Whether it is a cookie of ours, in any case.
bool is_own_cookie(std::string_view name) noexcept;

/// What the Connection lines name, as sent. VALIDATION_ERROR for more of them than
/// `connection_options_max` and for what is no token.
result<std::vector<std::string_view>>
connection_options(std::span<const http::header_view> headers);

/// A Sec-WebSocket-Protocol line's value without those that carry access tokens; empty when nothing
/// is left.
std::string without_bearer_subprotocols(std::string_view offered);

/// A Cookie line's value without our own cookies; empty when nothing is left.
std::string without_own_cookies(std::string_view cookies);

} // namespace latchkey::proxy

// live/endpoints.hpp — where live sockets are opened ("Auth Service Internal API
// Documentation", WebSocket Protocol).
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"

#include <vector>

namespace latchkey::gateway::live {

/// The subprotocol that we speak; a browser asks for it beside the one that carries its token.
inline constexpr std::string_view subprotocol = "latchkey.v1";

/// The surface's rows of the route table.
std::vector<http::route> routes();

/// GET /ws: 101. The caller shows one of: `Authorization: Bearer TOKEN`; the subprotocols
/// `latchkey.v1, bearer.TOKEN`; `?ticket=TICKET`. 401 without any or for a bad one, 403 for
/// a page of a foreign origin, 400 or 426 for what is no handshake (RFC 6455, section 4.2.1),
/// OVERLOADED when there are too many sockets.
awaitable<result<http::response>> open_socket(http::exchange& ex);
/// POST /api/v1/ws/ticket: 201 with `ticket` and `expires_in`, for GET /ws?ticket=… within 30
/// seconds, once.
awaitable<result<http::response>> make_ticket(http::exchange& ex, const principal& caller);

} // namespace latchkey::gateway::live

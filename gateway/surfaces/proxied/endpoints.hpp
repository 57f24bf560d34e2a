// endpoints.hpp — what is passed on to upstreams ("Auth Service Internal API Documentation",
// Gateway Proxy Routes): requests, answers and WebSockets.
#pragma once

#include "gateway/live/socket_registry.hpp"
#include "gateway/openapi/document.hpp"
#include "gateway/proxy/rules/proxy_routes.hpp"
#include "gateway/proxy/upstream/upstream_client.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/guards.hpp"

#include <vector>

namespace latchkey::gateway::proxied {

/// A row for each of the table's routes.
std::vector<http::route> routes(const proxy::proxy_table& table);
/// And what the API's description says of each.
std::vector<openapi::generated_words> descriptions(const proxy::proxy_table& table);

/// Passes the request on and the answer back. GW001, GW002.
awaitable<result<http::response>> pass_on(http::exchange& ex, const principal& who,
                                          const proxy::proxy_route& route);

/// What the upstream said, for the client. GW001 when its headers cannot be passed on.
result<http::response> answer_of(proxy::upstream_answer said, const proxy::upstream& from);
/// Its 101, and then its bytes both ways, until `who` may use the route no more. GW001 when that
/// was no answer to this handshake.
result<http::response> upgrade_of(http::exchange& ex, const principal& who,
                                  const proxy::proxy_route& route, socket_registry::place room,
                                  proxy::upstream_answer said, const proxy::upstream& from);

} // namespace latchkey::gateway::proxied

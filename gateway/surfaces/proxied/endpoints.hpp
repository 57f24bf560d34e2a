// endpoints.hpp — passes requests and WebSockets on to upstreams, and their answers back ("Auth
// Service Internal API Documentation", Gateway Proxy Routes).
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
awaitable<result<http::response>> pass_on(http::exchange& ex, const principal& caller,
                                          const proxy::proxy_route& route);

/// The upstream's answer, for the client. GW001 when its headers cannot be passed on.
result<http::response> answer_of(proxy::upstream_answer reply, const proxy::upstream& from);
/// Its 101, and then its bytes both ways, until `caller` may use the route no more. GW001 when that
/// was no answer to this handshake.
result<http::response> upgrade_of(http::exchange& ex, const principal& caller,
                                  const proxy::proxy_route& route, socket_registry::slot slot,
                                  proxy::upstream_answer reply, const proxy::upstream& from);

} // namespace latchkey::gateway::proxied

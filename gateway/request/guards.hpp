// guards.hpp — rows of the route table: each wraps its endpoint in the guard that goes with
// whom it is open to. An endpoint that needs a principal cannot stand there without one.
//
// A guard proves who asks, takes one of the caller's rate limit (a principal's own, else its
// address's), checks the permission and, where a cookie is taken or given, the origin.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include <functional>
#include <string>

namespace latchkey::gateway {

using endpoint = awaitable<http::response> (*)(http::exchange&);
using signed_in_endpoint = awaitable<http::response> (*)(http::exchange&, const principal&);
/// The same where one endpoint serves many rows.
using signed_in_handler =
    std::function<awaitable<http::response>(http::exchange&, const principal&)>;
using service_endpoint = awaitable<http::response> (*)(http::exchange&, const service_principal&);

/// A failure in the form of the request's surface: flat under /api/auth/, else the envelope.
http::response refusal(const http::exchange& ex, const failure& error);

/// `operation` names the row's words in the API description (gateway/openapi/).
http::route open_to_anyone(http::method verb, std::string path, std::string operation,
                           endpoint answer);
/// The row, counted against another of its caller's windows than the general one.
http::route counted_against(http::window which, http::route made);

/// The same for what takes or gives a cookie: another site's page must not make a browser send it.
http::route open_to_own_pages(http::method verb, std::string path, std::string operation,
                              endpoint answer);
/// For endpoints that find out who asks: they count it themselves, for whoever that is or, by
/// `charge_address_on_failure`, for the address, before they tell anything.
http::route open_to_anyone_who_is_counted_later(http::method verb, std::string path,
                                                std::string operation, endpoint answer);
/// The same for what takes or gives a cookie.
http::route open_to_own_pages_counted_later(http::method verb, std::string path,
                                            std::string operation, endpoint answer);
/// For a user's own session: what an API key must never reach (keys, passwords, sessions).
http::route open_to_session(http::method verb, std::string path, std::string operation,
                            signed_in_endpoint answer);
/// For a session or an API key that has the permission. AUTH004 otherwise.
http::route open_with(std::string permission, http::method verb, std::string path,
                      std::string operation, signed_in_endpoint answer);
/// For whoever is signed in, by a session or an API key, with the permission unless that is empty.
/// The handshake of a WebSocket may show a ticket or a subprotocol instead.
http::route open_to_users_and_sockets(std::string permission, http::method verb, std::string path,
                                      std::string operation, signed_in_handler answer);
/// For a user's own session that has the permission: what administrators do in person.
http::route open_to_session_with(std::string permission, http::method verb, std::string path,
                                 std::string operation, signed_in_endpoint answer);
/// For services that have the scope, by `X-Service-Key: K` or `Authorization: Bearer K`.
http::route open_to_services(std::string scope, http::method verb, std::string path,
                             std::string operation, service_endpoint answer);
/// The same on the internal listener alone; no rate limit.
http::route open_to_services_internally(std::string scope, http::method verb, std::string path,
                                        std::string operation, service_endpoint answer);
/// Reachable on the internal listener alone; no rate limit.
http::route open_internally(std::string path, std::string operation, endpoint answer);
/// Without a rate limit: /health and /docs.
http::route open_to_anyone_freely(std::string path, std::string operation, endpoint answer);

} // namespace latchkey::gateway

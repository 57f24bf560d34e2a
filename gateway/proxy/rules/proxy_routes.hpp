// proxy_routes.hpp — which requests go to which upstream, and what their callers must prove.
//
// One setting, PROXY_ROUTES, holds a JSON object:
//
//   {"upstreams": [{"name": "billing", "url": "http://billing:8090"}],
//    "routes": [{"methods": ["GET", "POST"], "path": "/api/v1/invoices/{id}",
//                "upstream": "billing", "permission": "invoices:manage",
//                "body_bytes_max": 65536, "deadline_ms": 5000}],
//    "defaults": true}
//
// A route has either a "permission" or "signed_in": true; its last two members may be left out.
// The upstream "core-manager" is always there and is CORE_MANAGER_URL. "Auth Service Internal API
// Documentation", Gateway Proxy Routes, is there too unless "defaults" is false; a route of the
// same method and path takes the documented one's place.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/proxy/upstream/upstream.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::proxy {

inline constexpr std::size_t proxy_text_bytes_max = 64 * 1024;
inline constexpr std::size_t upstreams_max = 32;
inline constexpr std::size_t proxy_routes_max = 256; // one a method, the documented ones included
inline constexpr std::size_t route_pattern_bytes_max = 256;
inline constexpr std::size_t route_body_bytes_max = 64 * 1024 * 1024;
inline constexpr std::chrono::milliseconds route_deadline_min{100};

inline constexpr std::string_view core_manager_name = "core-manager";

struct proxy_route {
  http::method method = http::method::get;
  std::string pattern;        // as `http::route` has them
  std::size_t upstream = 0;   // index into `proxy_table::upstreams`
  std::string permission;     // empty: all who are signed in
  std::size_t body_bytes_max; // of the request
  std::chrono::milliseconds deadline;
};

/// Every route's upstream is there, and no two routes have the same method and path.
struct proxy_table {
  std::vector<upstream> upstreams; // "core-manager" first
  std::vector<proxy_route> routes; // configured ones first, in their order
};

/// What other settings say.
struct proxy_defaults {
  std::string_view core_manager_url;        // CORE_MANAGER_URL; empty: its routes answer GW001
  std::size_t body_bytes_max = 1024 * 1024; // BODY_BYTES_MAX
  std::chrono::milliseconds deadline_max{30'000}; // REQUEST_TIMEOUT; no route may take longer
};

/// Reads PROXY_ROUTES; an empty text is the documented routes alone. The first problem is a
/// VALIDATION_ERROR whose `field` is where it is ("routes[2].path"; CORE_MANAGER_URL; empty: the
/// text itself) and whose `reason` completes a sentence about it ("is \"x\": expected …"). Unknown
/// members and members that stand twice in one object are problems.
result<proxy_table> read_proxy_routes(std::string_view text, const proxy_defaults& defaults);

} // namespace latchkey::proxy

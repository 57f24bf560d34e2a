// identity_headers.hpp — which headers are sent to an upstream and which are returned from it.
//
// An upstream believes what the gateway tells it about the caller ("Auth Service Internal API
// Documentation", Headers Added by Gateway and Integration Notes). So whatever of it a client
// sends is taken away before ours is added, in every spelling that a reader could take for it.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/proxy/upstream/upstream.hpp"
#include "protocol/permission.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::proxy {

/// Options of all Connection lines of a message together; more are refused.
inline constexpr std::size_t connection_options_max = 32;
/// One value of ours, the permissions together included.
inline constexpr std::size_t identity_value_bytes_max = 8 * 1024;
/// What an upstream's answer may bring; more makes it unusable (GW001).
inline constexpr std::size_t answer_headers_max = 200;
inline constexpr std::size_t answer_header_bytes_max = 32 * 1024;

/// The caller, as an upstream gets it.
struct caller_identity {
  std::string_view user_id;    // a UUID: X-User-ID
  std::string_view client_id;  // X-Client-ID
  std::string_view role;       // X-User-Role
  std::string_view tier;       // X-User-Tier
  std::string_view email;      // X-User-Email, in UTF-8
  permission_set permissions;  // X-User-Permissions, joined by commas
  bool email_verified = false; // X-User-Email-Verified: "true" or "false"
};

/// What the gateway knows about a request beyond its bytes.
struct forwarding {
  const caller_identity& caller;
  std::string_view client_address; // as `gateway::client_address` says: X-Forwarded-For
  bool is_https = false;           // as the client sees it: X-Forwarded-Proto
};

/// Appends the header lines ("Name: value\r\n" …) with which `in` goes to an upstream. Host and
/// the framing (Content-Length, Transfer-Encoding) are not among them: they are those of the
/// connection to the upstream.
///
/// Taken away, whatever stands in a name where `-` does: hop-by-hop headers and those that
/// Connection names (RFC 9110, 7.6.1); X-User-*, X-Client-ID, X-Forwarded-* and others that
/// tell of the client or of a user whom a proxy has signed in (Forwarded, X-Real-IP, X-Client-IP,
/// Remote-User, X-Auth-Request-*, X-WEBAUTH-*, …: header_rules.cpp has them all); what names
/// another method or path (X-HTTP-Method-Override, X-Original-URL, …); Proxy; our credentials
/// (Authorization, X-API-Key, X-Service-Key) and, out of Cookie, our own cookies. Then ours follow,
/// each once: those of `caller_identity`, X-Request-ID, traceparent, X-Forwarded-For, -Proto and
/// -Host (left out when a request of HTTP/1.0 has no Host).
///
/// VALIDATION_ERROR with the header's name as `field` for more Connection options than the
/// maximum or options that are none. A stored value of the caller that can be no header
/// (`check_header_value`) is left out, with a warning in the log. After a failure `out` holds a
/// part of the lines.
result<void> append_request_headers(const http::request& in, const forwarding& details,
                                    std::string& out);

/// The part of it that tells of the caller, the request and the trace, for requests of the
/// gateway's own. INTERNAL_ERROR where the request's id or the trace could not stand in a line.
result<void> append_caller(const caller_identity& caller, std::string_view request_id,
                           std::string_view traceparent, std::string& out);

/// Appends the header lines of an upstream's answer that go on to the client. Taken away:
/// hop-by-hop headers and those that Connection names, the framing, what the edge says itself
/// (Date, X-Request-ID, X-RateLimit-*, Access-Control-*, X-Content-Type-Options,
/// Strict-Transport-Security), and Set-Cookie lines for our own cookies. Location,
/// Content-Location and Refresh that name the upstream `from` lead to our own origin
/// (upstream_location.hpp); without it they stay. GW001 when the headers are more than the
/// maximum or could not stand in one line each.
result<void> append_response_headers(std::span<const http::header_view> headers, std::string& out,
                                     const upstream* from = nullptr);

} // namespace latchkey::proxy

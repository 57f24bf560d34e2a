// guards.hpp — the rows of the route table. Each row wraps its endpoint in the guard that fits the
// endpoint's parameters, so an endpoint that takes a principal is never called without one.
//
// A guard proves who the caller is, charges the caller's rate limit (a principal's own, otherwise
// its address's), checks the permission and, where a cookie is taken or given, the origin. It
// renders what fails in the form of the row.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"

#include <functional>
#include <string>

namespace latchkey::gateway {

using endpoint_answer = awaitable<result<http::response>>;
/// For callers that are unknown, or known to the endpoint alone.
using anonymous_endpoint = std::function<endpoint_answer(http::exchange&)>;
using user_endpoint = std::function<endpoint_answer(http::exchange&, const principal&)>;
using service_endpoint = std::function<endpoint_answer(http::exchange&, const service_principal&)>;

/// How a caller proves that it is a user.
using user_proof = awaitable<result<principal>> (*)(http::exchange&);

/// Builds one row: `route_row(get, "/auth/me", "me", me).access(principal, "profile:read")`.
/// A row without `access`, or with one that does not fit its endpoint, stays undecided, and the
/// router refuses it.
class route_row {
public:
  /// `operation` names the operation in the API description (gateway/openapi/). Access: `anyone`,
  /// `own_pages`, `internal`.
  route_row(http::method verb, std::string pattern, std::string operation,
            anonymous_endpoint answer);
  /// Access: `session`, `principal`. AUTH004 without the permission; MFA_REQUIRED where the role
  /// has it and the session must show a second factor first.
  route_row(http::method verb, std::string pattern, std::string operation, user_endpoint answer,
            user_proof prove = principal_of);
  /// Access: `service`, by `X-Service-Key: K` or `Authorization: Bearer K`. AUTH004 without the
  /// scope.
  route_row(http::method verb, std::string pattern, std::string operation, service_endpoint answer);

  /// The permission, of a service the scope; empty: none.
  route_row&& access(http::access open_to, std::string permission = {}) &&;
  /// The rate limit window, `general` unless it is set. With `by_endpoint` the endpoint charges the
  /// limit itself before it answers: the caller's own or, by `charge_address_on_failure`, the
  /// address's.
  route_row&& limit(http::window which) &&;
  /// The form of what fails, `envelope` unless it is set.
  route_row&& errors(http::error_form form) &&;
  /// For people: what fails is a page, and this makes it.
  route_row&& errors(http::page_of_failure make) &&;
  /// Also for a session that awaits a second factor: what adds one, shows one, or ends the session.
  route_row&& admits_awaiting() &&;
  /// For services: on the internal listener alone.
  route_row&& internal() &&;
  /// The body: its largest size in bytes (0: the listener's) and whether the endpoint streams it.
  route_row&& body(std::size_t bytes_max, bool streams) &&;

  operator http::route() && { return std::move(route_); }

private:
  enum class caller_kind : std::uint8_t { anonymous, user, service };
  route_row(http::method verb, std::string pattern, std::string operation, caller_kind kind);
  bool fits(http::access open_to) const noexcept;

  http::route route_;
  caller_kind caller_;
};

} // namespace latchkey::gateway

// endpoint.hpp — what the endpoints of every surface share: their reactor's edge, who the caller
// is, and where its token is found.
#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/request/input/input.hpp"
#include "gateway/request/reactor_edge.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway {

/// The edge of the reactor that serves this request.
inline reactor_edge& edge_of(const http::exchange& ex) {
  return *ex.edge;
}

/// Who sends the request, for audit and sessions.
messages::client_info client_of(const http::exchange& ex);

/// The client and, as the audit log has it, who it acts for: "user:<uuid>".
messages::author author_of(const http::exchange& ex, const principal& caller);

/// The owner of the access token in `Authorization: Bearer`. AUTH003 without one.
awaitable<result<principal>> signed_in(http::exchange& ex);
/// The same, or the owner of the API key in `X-API-Key`. VALIDATION_ERROR for both at once.
awaitable<result<principal>> principal_of(http::exchange& ex);

/// How the caller's session was authenticated. What another node has made of it this one is not
/// told, so it is read; AUTH003 when it has ended.
awaitable<result<authentication>> newest_authentication(http::exchange& ex,
                                                        const principal& caller);

/// The caller's session, with that.
awaitable<result<messages::signed_in_session>> session_of(http::exchange& ex,
                                                          const principal& caller);

/// Which service the key in `X-Service-Key` or `Authorization: Bearer` belongs to. AUTH004 when
/// there is none, when it is wrong and when there are two that differ.
result<service_principal> service_of(http::exchange& ex);

/// A user named in a path or a body: by UUID, or by number. A UUID may still be nobody's;
/// USER001 for anything else that names nobody.
awaitable<result<user_id>> resolve_user(http::exchange& ex, std::string_view text);

} // namespace latchkey::gateway

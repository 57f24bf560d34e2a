// endpoint.hpp — what the endpoints of every surface share: the way to their reactor's
// acceptor, failures in the envelope, and where a caller's token is found.
#pragma once

#include "gateway/http/error_body.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http_acceptor.hpp"
#include "gateway/input.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway {

inline http_acceptor& acceptor_of(const http::exchange& ex) {
  return *static_cast<http_acceptor*>(ex.app);
}

/// The failure in the envelope; a 401 says that a Bearer token is wanted.
http::response error_answer(const http::exchange& ex, const failure& error);

/// Who sends the request, for audit and sessions.
messages::client_info client_of(const http::exchange& ex);

/// Whoever the access token in `Authorization: Bearer` belongs to. AUTH003 without one.
awaitable<result<principal>> signed_in(http::exchange& ex);

/// Opens a session for the right password. `login` is a username or an email. AUTH001
/// for an unknown, inactive or wrong one, after the same work; the failure is audited.
awaitable<result<messages::token_pair>> sign_in(http::exchange& ex, std::string_view login,
                                                secret password, surface opened_by);

} // namespace latchkey::gateway

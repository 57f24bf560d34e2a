// live/handshake.hpp — who opens a WebSocket to an upstream. A browser cannot set headers, so it
// may use others than Authorization.
#pragma once

#include "gateway/request/endpoint.hpp"

namespace latchkey::gateway::live {

/// As `principal_of`. A handshake without Authorization and X-API-Key may show the subprotocol
/// `bearer.TOKEN`, beside others, or `?ticket=TICKET`, which is used up then; its page must be
/// of our own or an allowed origin. VALIDATION_ERROR for both at once and for `bearer.TOKEN` alone:
/// a browser takes no answer without a subprotocol when it has offered some. CSRF_FAILED.
awaitable<result<principal>> principal_of_handshake(http::exchange& ex);

} // namespace latchkey::gateway::live

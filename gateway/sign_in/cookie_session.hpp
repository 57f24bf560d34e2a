// cookie_session.hpp — which session a browser's refresh cookies prove, without exchanging them.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <vector>

namespace latchkey::gateway {

struct cookie_session {
  refresh_token token;
  messages::validation owner;
};

/// What a refresh token is shown for: to end its session or to exchange it, for which the session
/// decides what an old one means, or to use the session by it.
enum class token_use : std::uint8_t {
  once,
  as_credential,
  as_credential_awaiting // also of a session that awaits a second factor, MFA_REQUIRED else
};

/// The first of these that is a live session's own. A session that is not in memory costs a read,
/// which an address that has shown too much junk does not get: RATE_LIMITED. Each token before the
/// last that is none of ours counts against the address; the failure itself is the caller's to
/// count. AUTH003 when none is.
awaitable<result<cookie_session>> session_of_tokens(http::exchange& ex,
                                                    std::vector<refresh_token> shown,
                                                    token_use use = token_use::once);

/// Ends that session, as its user. AUTH003 when it is over already.
awaitable<result<messages::revoked>> sign_out(http::exchange& ex, cookie_session session);

} // namespace latchkey::gateway

// live/authentication.hpp — a live socket's user shows who they are while it stays open: by a fresh
// token, or by one more factor.
#pragma once

#include "gateway/live/turn.hpp"
#include "gateway/request/endpoint.hpp"

namespace latchkey::gateway::live {

/// Answers `authenticate` (conversation.hpp). AUTH001 for a wrong code, password or passkey, which
/// is in the audit log before it is answered; AUTH002 and AUTH003 for a token or a challenge;
/// AUTH004 for the token of another session.
awaitable<reply> authenticate(turn& t);

} // namespace latchkey::gateway::live

// messages/session.hpp — what is said to and by a session.
#pragma once

#include "protocol/facts/sessions.hpp"
#include "protocol/messages/done.hpp"
#include "protocol/tokens/refresh_token.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

/// Why a session has ended, as its user hears it. The audit log and the store may have other
/// words, a person's own.
enum class end_reason : std::uint8_t {
  logout,  // by its user, in it
  revoked, // by its user, elsewhere, or by a service
  reused,  // a refresh token came back
  password_changed,
  password_reset,
  deactivated, // its user
  deleted,     // its user
  synced,      // the service whose session it is says so
  expired,     // its lifetime is over, or it was not refreshed for too long
};

/// The word that clients hear, and that the store has: "refresh_reused", …
constexpr std::string_view to_string(end_reason reason) noexcept {
  switch (reason) {
  case end_reason::logout:
    return "logout";
  case end_reason::revoked:
    return "revoked";
  case end_reason::reused:
    return "refresh_reused";
  case end_reason::password_changed:
    return "password_changed";
  case end_reason::password_reset:
    return "password_reset";
  case end_reason::deactivated:
    return "deactivated";
  case end_reason::deleted:
    return "deleted";
  case end_reason::synced:
    return "synced";
  case end_reason::expired:
    return "expired";
  }
  return {};
}

} // namespace latchkey

namespace latchkey::messages {

/// Who is at the other end of a request, as far as the edge knows.
struct client_info {
  std::string address;
  std::string user_agent; // bounded by the edge
  std::string request_id;
  std::string route = {};                           // "POST /auth/token"; for the log alone
  std::chrono::steady_clock::time_point began = {}; // when the request came; for the log alone
};

/// Is this session alive?
struct validate {
  /// Of the access token of its own that was shown (`access_claims::counter`): that it arrived is
  /// known from then on. 0: none was.
  std::uint64_t counter = 0;
  /// One that awaits a second factor is taken too; it answers MFA_REQUIRED else, whoever asks.
  bool admits_awaiting = false;
};

/// It is, and this is whose it is.
struct validation {
  user_id user;
  std::int64_t user_number = 0;
  std::string role;
  surface opened_by = surface::auth_service;
  authentication authenticated;
  bool awaits_second_factor = false; // session_record
};

/// Is this session alive, and is the token one of its own, whether it was exchanged or not?
struct prove {
  refresh_token token;
  /// It must be one that a refresh would take now: for who uses the session by it, instead of an
  /// access token. An older one may be somebody else's copy.
  bool is_used = false;
  bool admits_awaiting = false; // as in `validate`, where it is used
};

/// Give me the tokens of the session that I have just opened.
struct issue_tokens {};

/// The two tokens that a sign-in or a refresh hands out.
struct token_pair {
  secret access_token;
  secret refresh_token;
  std::int64_t access_ttl_s = 0;
  std::int64_t refresh_ttl_s = 0; // until the session's absolute end
};

/// Rotate. The answer comes after COMMIT. The previous token gets the same successor again until
/// that was seen, and inside the grace window; anything older ends the session. 503 while nobody
/// knows whether a rotation was made durable.
struct refresh {
  refresh_token token;
  client_info client;
  time_point deadline{};
};

/// End the session. The answer comes after COMMIT. Who has not proven otherwise that the
/// session is theirs shows any of its refresh tokens; AUTH003 when it is not.
struct revoke {
  end_reason reason = end_reason::revoked;
  client_info client;
  time_point deadline{};
  std::optional<refresh_token> proof;
};

struct revoked {
  surface opened_by = surface::auth_service;
};

// Events, durable when they are sent. The directory tells the session; the session tells those who
// watch it.

/// The session has ended. The session answers when those who watch it have; a socket registry, when
/// none of the session's sockets is open any more and nothing else will be sent on one.
struct session_ended {
  session_id session;
  end_reason reason = end_reason::revoked;
};
/// The session's user has another role.
struct role_changed {
  session_id session;
  std::string role;
};
/// The session's user has another subscription, or another tier of it.
struct subscription_changed {
  session_id session;
  std::string tier;   // in force
  std::string status; // "active", "canceled", …
};
/// Another service has changed the session ("Service Integration API Documentation", Sync User
/// Session).
struct session_synced {
  time_point expires_at{};
  time_point last_seen_at{};
  std::string user_agent;
};
/// The session's user has shown these methods at that time, beside those of before.
struct reauthenticated {
  auth_methods by;
  time_point at{};
};
/// Another node may have changed the session: the row tells. STORE_UNAVAILABLE when it cannot be
/// read.
struct reread_session {
  end_reason reason = end_reason::revoked; // if it has ended
};
/// The store may have ended or changed the session, and nobody knows: the session looks until it
/// does. The answer comes after the first look, whatever it has found.
struct outcome_in_doubt {
  end_reason reason = end_reason::revoked; // if it has ended
};

/// Time to look whether anybody still needs you; without a time it is an actor's own reminder of
/// what it still has to do.
struct sweep {
  time_point now{};
};

} // namespace latchkey::messages

// records.hpp — the facts the store keeps, as the actors hold them.
//
// Columns stand in storage/sql/; the four tables of "Auth Service Internal API
// Documentation", Database Schema, keep every column they have there.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/secret.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey {

/// Which document's paths opened a session; it answers logout in that one's words.
enum class surface : std::uint8_t { auth_service, login_module, gateway };

/// A user with the profile fields that sign-in and `/auth/me` show.
struct user_record {
  user_id id;
  std::int64_t number = 0; // 0 until the store has given one
  std::string username;    // as the user wrote it, trimmed
  std::string email;       // as the user wrote it, trimmed
  std::string first_name;  // empty: none
  std::string last_name;   // empty: none
  std::string full_name;   // empty: derive from the two
  secret password_hash;    // a PHC string; empty: no password sign-in
  std::string role = "user";
  std::string client_id = "default";
  std::string subscription_tier = "free";
  bool is_active = true;
  bool email_verified = false;
  std::int64_t version = 1; // each write carries the one it was based on
  time_point created_at{};
  time_point updated_at{};
  std::optional<time_point> last_login_at;
};

/// One signed-in session: what a refresh token names.
struct session_record {
  session_id id;
  user_id user;
  std::int64_t user_number = 0; // of the user, joined when read
  std::string user_role;        // of the user, joined when read
  std::uint64_t counter = 1;    // of the current refresh token
  std::string salt;             // 32 random bytes; the refresh key is derived from it
  surface opened_by = surface::auth_service;
  std::string user_agent; // bounded, as sent
  std::string address;    // of the peer
  time_point created_at{};
  time_point rotated_at{}; // of the last rotation; created_at before the first
  time_point expires_at{}; // absolute end
  std::optional<time_point> ended_at;
};

/// One line of the audit log.
struct audit_record {
  uuid id;
  time_point at{};
  std::string action; // "user.registered", "session.refresh_reused", …
  std::optional<user_id> user;
  std::optional<session_id> session;
  std::string address;
  std::string request_id;
  std::string reason; // free words, never a secret
};

} // namespace latchkey

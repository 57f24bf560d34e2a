// records.hpp — the facts the store keeps, as the actors hold them.
//
// Columns stand in storage/sql/; the four tables of "Auth Service Internal API
// Documentation", Database Schema, keep every column they have there.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// Which document's paths opened a session; it answers logout in that one's words. Of
/// `integration` it is another service that signed the user in and tells of the session.
enum class surface : std::uint8_t { auth_service, login_module, gateway, integration };

/// The largest number of a user that is read: every JSON reader keeps it exactly (RFC 8259, 6).
inline constexpr std::int64_t user_number_max = (std::int64_t{1} << 53) - 1;
/// The largest that anybody may choose. The sequence goes on behind the largest that was given,
/// and all that it will ever give must be readable too.
inline constexpr std::int64_t chosen_user_number_max = std::int64_t{1} << 52;

/// What is asked of an address: nothing, that it be verified by mail, or that nobody signs in
/// before (EMAIL_VERIFICATION).
enum class email_verification : std::uint8_t { off, optional, required };

/// Whose wrong passwords count together: a stranger's, those of a client that has shown an earlier
/// session of the account, and those of somebody who is signed in and is asked for the password.
enum class failure_budget : std::uint8_t { stranger, known_client, signed_in };
inline constexpr std::size_t failure_budgets = 3;

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
  std::string client_id; // whose projects the user shares; empty: its own id, when created
  std::string subscription_tier = "free";
  bool is_active = true;
  bool email_verified = false;
  std::int64_t version = 1; // each write carries the one it was based on
  time_point created_at{};
  time_point updated_at{};
  std::optional<time_point> last_login_at;
  std::optional<time_point> synced_at; // `last_sync` of the newest sync-user that was taken
  std::string brought_by;              // the service whose sync-user added the user; empty: none
  std::optional<time_point> used_at;   // the first sign-in or proof of the address; durable

  /// Whether anybody has ever signed in as this user or proven to own the address.
  bool was_used() const noexcept { return used_at || last_login_at; }
  /// Wrong passwords since the last right one, by budget. Written by facts of their own.
  std::array<std::int64_t, failure_budgets> failures_in_a_row{};
};

/// Roles whose users are administrators ("Auth Service API Documentation", is_superuser; "API
/// Reference", is_admin).
inline bool is_admin_role(std::string_view role) noexcept {
  return role == "admin" || role == "superuser";
}

/// Roles that are always there and never changed; no row stands for them.
inline bool is_built_in_role(std::string_view role) noexcept {
  return role == "user" || is_admin_role(role);
}

/// One signed-in session: what a refresh token names.
struct session_record {
  session_id id;
  user_id user;
  std::int64_t user_number = 0; // of the user, joined when read
  std::string user_role;        // of the user, joined when read
  std::uint64_t counter = 1;    // of the current refresh token
  std::uint64_t seen = 0;       // the highest that came back to us; may lag behind
  std::string salt;             // 32 random bytes; the refresh key is derived from it
  surface opened_by = surface::auth_service;
  std::string user_agent; // bounded, as sent
  std::string address;    // of the peer
  time_point created_at{};
  time_point rotated_at{};   // of the last rotation; created_at before the first
  time_point expires_at{};   // absolute end
  time_point last_seen_at{}; // may lag behind by a minute
  std::optional<time_point> ended_at;
  /// The service that tells of it without a name, so that it is known by this; empty: none does.
  std::string held_by;
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
  std::string by;     // who did it when not the user: "user:<uuid>", "service:<id>", "cli"
  // Of the request that did it, for the log's line alone: the store does not keep them.
  std::string route = {};
  std::chrono::steady_clock::time_point began = {};
};

/// "Auth Service Internal API Documentation", user_profiles, without the names.
struct profile_record {
  std::string company; // empty: none, as in all of these
  std::string phone;
  std::string avatar_url;
  std::string preferences; // a JSON object as text
};

/// A role and what it grants beside what everybody has.
struct role_record {
  std::string name; // 1 to 50 of [a-z0-9_-]
  std::string description;
  std::vector<std::string> permissions; // protocol/permission.hpp
  bool is_built_in = false;
  time_point created_at{};
  time_point updated_at{};
};

/// An API key. The key itself is shown once and kept as a hash (protocol/tokens/opaque_key.hpp).
struct api_key_record {
  std::uint64_t id = 0; // never 0; random; 16 hexadecimal digits in JSON
  user_id user;
  std::string name;
  std::string prefix;      // the first characters of the key, to tell keys apart
  std::string secret_hash; // base64url of SHA-256
  std::vector<std::string> scopes;
  time_point created_at{};
  std::optional<time_point> expires_at;
  std::optional<time_point> last_used_at; // may lag behind
  std::optional<time_point> revoked_at;
};

/// A service that integrates with this one: what it may be given and how often it may ask.
struct service_record {
  std::string id; // 1 to 64 of [A-Za-z0-9._-]
  std::vector<std::string> scopes;
  std::uint32_t rate_count = 0;    // requests a window; 0: RATE_LIMIT_SERVICE
  std::uint32_t rate_window_s = 0; // 0 with a count of 0
  time_point created_at{};
  time_point updated_at{};
};

/// One of a service's keys, kept as a hash.
struct service_key_record {
  uuid id;
  std::string service;
  std::string prefix;   // the first characters, or of the hash, to tell keys apart
  std::string key_hash; // base64url of SHA-256 over the whole key
  time_point created_at{};
  std::optional<time_point> last_used_at; // may lag behind
  std::optional<time_point> revoked_at;
};

/// What a token is for, and so what it proves: both the mailed ones prove the address.
enum class token_purpose : std::uint8_t { mailed_reset, passphrase_reset, email_verification };

/// What allows one change of password ("API Reference", Account Recovery), or verifies an address.
struct reset_token_record {
  std::uint64_t id = 0;
  token_purpose purpose = token_purpose::mailed_reset;
  user_id user;
  std::string secret_hash; // base64url of SHA-256
  time_point created_at{};
  time_point expires_at{};
  std::optional<time_point> used_at;
};

/// A mail on its way out: durable before the request that caused it is answered.
struct mail_record {
  uuid id;
  std::string kind; // "password_reset", "password_changed", …
  std::string recipient;
  std::string
      sealed; // subject and text, sealed (protocol/tokens/sealed.hpp), base64url; empty once sent
  std::uint32_t attempts = 0;
  time_point created_at{};
  time_point next_attempt_at{}; // also the end of the lease of whoever is sending it
  std::optional<time_point> sent_at;
  std::optional<time_point> given_up_at;
};

/// "Auth Service Internal API Documentation", subscriptions.
struct subscription_record {
  uuid id;
  user_id user;
  std::string tier = "free";
  std::string status = "active"; // Stripe's words: active, trialing, past_due, canceled, …
  time_point start_date{};
  std::optional<time_point> end_date;
  std::optional<time_point> trial_ends_at;
  std::optional<time_point> cancelled_at;
  std::string payment_method;
  std::string stripe_customer_id;
  std::string stripe_subscription_id;
  std::optional<time_point> stripe_event_at; // of the newest event that was applied
  time_point created_at{};
  time_point updated_at{};
};

/// Whether the subscription grants its tier at `now`: not once it has ended, was never paid for
/// or is not paid for any more (Stripe goes on trying while it is past due). A trial of Stripe's
/// ends by Stripe's word, any other by its date.
inline bool is_live(const subscription_record& s, time_point now) noexcept {
  const bool is_over = s.end_date && *s.end_date <= now;
  const bool is_tried_out = s.status == "trialing" && s.stripe_subscription_id.empty() &&
                            s.trial_ends_at && *s.trial_ends_at <= now;
  const bool is_granted = s.status == "active" || s.status == "trialing" || s.status == "past_due";
  return is_granted && !is_over && !is_tried_out;
}

/// The tier that counts at `now`: "free" unless the subscription is live.
inline std::string_view tier_in_force(const subscription_record& s, time_point now) noexcept {
  return is_live(s, now) ? std::string_view{s.tier} : "free";
}

/// How much of a quota was used in one of its windows.
struct quota_usage_record {
  std::string quota;
  time_point window_start{}; // the epoch for a quota without windows
  std::int64_t used = 0;
};

/// "Auth Service Internal API Documentation", projects.
struct project_record {
  uuid id;
  std::string client_id;
  std::string name;
  std::string description;
  user_id owner;
  bool is_active = true;
  time_point created_at{};
  time_point updated_at{};
};

inline constexpr std::size_t workflow_message_id_chars_max = 128;
inline constexpr std::size_t workflow_name_chars_max = 255; // type, agent instance, project
inline constexpr std::size_t workflow_parameters_bytes_max = 65536;
inline constexpr std::size_t workflow_status_bytes_max = 65536;

/// One run of a workflow ("Auth Service Internal API Documentation", Start Workflow).
struct workflow_record {
  workflow_id id; // workflow_id_of(user, message_id)
  user_id user;
  std::string message_id; // of the message that started it
  std::string workflow_type;
  std::string agent_instance_id;      // empty: none
  std::string project_id;             // empty: none
  std::string parameters = "{}";      // a JSON object as text
  std::string status = "in_progress"; // or "completed", "failed"
  std::int64_t last_seq = 0;          // of its newest status; 0: it is not durable yet
  std::int64_t last_position = 0;     // of upstream's newest status that was taken
  time_point created_at{};
  std::optional<time_point> ended_at;

  bool has_ended() const noexcept { return ended_at.has_value(); }
};

/// One status of it, as it was made durable.
struct workflow_status_record {
  std::int64_t seq = 0; // 1, 2, 3, …
  std::string body;     // a JSON object
  time_point at{};
};

} // namespace latchkey

// fragments.hpp — SQL text that several statements share.
#pragma once

// Columns stand in the order in which rows.cpp reads them.
#define LATCHKEY_USER_ROW                                                                          \
  "SELECT u.id, u.number, u.username, u.email, p.first_name, p.last_name, p.full_name, "           \
  "u.password_hash, u.role, u.client_id, u.subscription_tier, u.is_active, u.email_verified, "     \
  "u.version, u.created_at, u.updated_at, u.last_login_at, u.synced_at, "                          \
  "u.brought_by, u.used_at, "                                                                      \
  "u.failures_of_strangers, u.failures_of_known_clients, u.failures_of_signed_in, "                \
  "u.second_factors, u.failures_of_factors, u.second_factor_due_at "                               \
  "FROM users u LEFT JOIN user_profiles p ON p.user_id = u.id "

#define LATCHKEY_SESSION_ROW                                                                       \
  "SELECT s.id, s.user_id, u.number, u.role, s.counter, s.salt, s.opened_by, s.user_agent, "       \
  "s.address, s.created_at, s.rotated_at, s.expires_at, s.ended_at, s.last_seen_at, "              \
  "s.held_by, s.seen_counter, s.auth_methods, s.authenticated_at, s.awaits_second_factor "         \
  "FROM sessions s JOIN users u ON u.id = s.user_id "

// The time of a key's last use may be lost, so the statement skips a row that another transaction
// has locked.
#define LATCHKEY_TOUCH_KEY(table, name)                                                            \
  {                                                                                                \
    name,                                                                                          \
        "UPDATE " table " SET last_used_at = $2 "                                                  \
        "WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",                           \
        "WITH free AS MATERIALIZED (SELECT id FROM " table " WHERE id = $1 "                       \
        "AND (last_used_at IS NULL OR last_used_at < $2) FOR NO KEY UPDATE SKIP LOCKED) "          \
        "UPDATE " table " k SET last_used_at = $2 FROM free WHERE k.id = free.id"                  \
  }

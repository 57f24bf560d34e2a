// row_columns.hpp — the readers' column lists, in the order in which rows.cpp takes them.
#pragma once

#define LATCHKEY_USER_ROW                                                                          \
  "SELECT u.id, u.number, u.username, u.email, p.first_name, p.last_name, p.full_name, "           \
  "u.password_hash, u.role, u.client_id, u.subscription_tier, u.is_active, u.email_verified, "     \
  "u.version, u.created_at, u.updated_at, u.last_login_at, u.synced_at, "                          \
  "u.brought_by, u.used_at, "                                                                      \
  "u.failures_of_strangers, u.failures_of_known_clients, u.failures_of_signed_in "                 \
  "FROM users u LEFT JOIN user_profiles p ON p.user_id = u.id "

#define LATCHKEY_SESSION_ROW                                                                       \
  "SELECT s.id, s.user_id, u.number, u.role, s.counter, s.salt, s.opened_by, s.user_agent, "       \
  "s.address, s.created_at, s.rotated_at, s.expires_at, s.ended_at, s.last_seen_at, "              \
  "s.held_by, s.seen_counter "                                                                     \
  "FROM sessions s JOIN users u ON u.id = s.user_id "

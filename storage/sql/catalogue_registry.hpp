// catalogue_registry.hpp — statements about roles, API keys, services and their keys.
#pragma once

#include "storage/sql/catalogue.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

extern const statement list_roles;        // $1 limit → role rows by name (registry_queries.cpp)
extern const statement list_api_keys;     // $1 user, $2 now, $3 limit → key rows, oldest first
extern const statement list_services;     // $1 limit → service rows by id
extern const statement list_service_keys; // $1 limit → key rows, revoked ones last

// -- roles -------------------------------------------------------------------------

/// PostgreSQL: whoever adds a role waits here for others who do, so that counting is exact.
extern const statement lock_roles;
extern const statement find_role;   // $1 name → 1
extern const statement count_roles; // → count
extern const statement add_role;    // $1 … $5 the record → name
extern const statement change_role; // $1 name, $2 description, $3 permissions, $4 at → name
/// $1 name → 1. Whoever is just getting the role (hold_role) is waited for, and nobody gets it
/// until the transaction ends.
extern const statement own_role;
extern const statement users_with_role; // $1 name → 1 when a user has it
extern const statement drop_role;       // $1 name

// -- API keys ------------------------------------------------------------------------

/// $1 user, $2 now, $3 how many to keep, $4 how many to forget at most: the oldest keys that
/// are revoked or expired.
extern const statement forget_dead_keys;
extern const statement count_live_keys;    // $1 user, $2 now → count
extern const statement add_api_key;        // $1 … $10 the record → id
extern const statement revoke_api_key;     // $1 id, $2 user, $3 at → id when it won
extern const statement revoke_api_keys_of; // $1 user, $2 at
extern const statement session_lives;      // $1 session, $2 user → 1
extern const statement touch_api_key;      // $1 id, $2 at

// -- services --------------------------------------------------------------------------

extern const statement put_service; // $1 … $6 the record
/// $1 id → 1; the service stays until the transaction ends.
extern const statement hold_service;
extern const statement add_service_key;    // $1 … $7 the record → id
extern const statement find_service_key;   // $1 hash → 1
extern const statement revoke_service_key; // $1 id, $2 at → id when it won
extern const statement touch_service_key;  // $1 id, $2 at

} // namespace latchkey::storage::sql

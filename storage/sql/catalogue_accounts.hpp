// catalogue_accounts.hpp — statements about users, their recovery and their sessions that
// are not sign-in's own. Locks are PostgreSQL's alone: SQLite has one writer.
#pragma once

#include "protocol/records.hpp"
#include "storage/sql/catalogue.hpp"

namespace latchkey::storage::sql {

// -- readers -----------------------------------------------------------------------

extern const statement find_user_by_number; // $1 number → a user row (rows.hpp)
extern const statement list_users;          // $1 limit, $2 offset → user rows by number
extern const statement list_users_by_state; // the same, $3 is_active
extern const statement count_by_state;      // $1 is_active → count
extern const statement users_after;         // $1 number, $2 limit → user rows by number
extern const statement find_profile;        // $1 user → company, phone, avatar_url, preferences
extern const statement find_recovery;       // $1 user → the passphrase's hash
extern const statement find_reset_token;    // $1 id → a row as in session_queries.cpp
/// $1 user, $2 now, $3 the last rotation came after, $4 limit, $5 held_by → session rows
extern const statement live_sessions_of; // without $5
extern const statement held_sessions_of;

// -- users: what is looked at before one is changed ------------------------------------

/// $1 user → version, role, is_active. The first keeps everybody else from the row, also those
/// who open a session; the second lets them.
extern const statement hold_user;
extern const statement share_user;
/// Whoever may take the last administrator away waits here for the others who may.
extern const statement lock_admins;
extern const statement other_admins;       // $1 user → 1 when another administrator is active
extern const statement hold_role;          // $1 role → 1; it stays until the transaction ends
extern const statement names_of;           // $1 user → name_key, kind
extern const statement names_beyond_ascii; // → name_key, user_id of usernames
extern const statement count_failures_of[failure_budgets]; // $1 user, $2 how many
extern const statement forget_failures;                    // $1 user

// -- users: what changes one -----------------------------------------------------------

extern const statement change_user;    // $1 id, $2 based_on, $3 at, $4 … $11 what changes → id
extern const statement change_profile; // $1 id, $2 at, $3 … $9 what changes
extern const statement drop_names;     // $1 user
/// $1 user, $2 now → whether it was live, a row a session
extern const statement drop_sessions;
extern const statement drop_profile;      // $1 user
extern const statement drop_projects;     // $1 user
extern const statement drop_subscription; // $1 user
extern const statement drop_user;         // $1 user; what refers to it goes with it

// -- recovery --------------------------------------------------------------------------

extern const statement put_recovery;    // $1 user, $2 hash, $3 at → user
extern const statement drop_recovery;   // $1 user
extern const statement mark_used;       // $1 user, $2 at; the first time stays
extern const statement add_reset_token; // $1 … $7 the record → id
/// $1 user, $2 time: tokens that expired before.
extern const statement forget_reset_tokens;
// $1 id, $2 user, $3 hash, $4 at, $5 purpose → id when it won
extern const statement use_reset_token;
extern const statement use_up_tokens;            // $1 user, $2 at
extern const statement use_up_reset_tokens;      // the same, but for those that verify an address
extern const statement use_up_passphrase_tokens; // the same, of those that a passphrase earned

// -- sessions ------------------------------------------------------------------------

extern const statement upsert_session;  // $1 … $13 the record → id when it won
extern const statement touch_session;   // $1 id, $2 at, $3 seen
extern const statement forget_sessions; // $1 time, $2 how many at most → id of each

// -- the audit log -------------------------------------------------------------------

extern const statement forget_audits; // $1 time, $2 how many at most → id of each

} // namespace latchkey::storage::sql

// catalogue.hpp — every statement the program runs: those of sign-in here, the rest by topic
// in catalogue_*.hpp.
//
// `text` is in the subset that PostgreSQL 15 and SQLite 3.40 share, with `$1` parameters.
// A hot write has a `batch` form beside it for PostgreSQL: the same rule over arrays of
// equal length, so that a whole batch costs one round trip. Both forms stand next to each
// other in the .cpp so that a change to one is seen in the other.
#pragma once

namespace latchkey::storage::sql {

struct statement {
  const char* name;            // what it is prepared as
  const char* text = nullptr;  // both engines; null where `batch` alone is meant
  const char* batch = nullptr; // PostgreSQL, over arrays; null where `text` serves both
};

// -- readers -----------------------------------------------------------------------

extern const statement find_login;   // $1 folded name → user_id
extern const statement find_user;    // $1 id → a user row (rows.hpp)
extern const statement find_session; // $1 id → a session row (rows.hpp)
extern const statement count_users;  // → count
extern const statement ping;         // → 1

// -- writers: one fact each --------------------------------------------------------

extern const statement add_user;        // → id, number, how many names it took (batch)
extern const statement add_profile;     // SQLite alone; the batch form is in add_user
extern const statement add_login_name;  // SQLite alone; the batch form is in add_user
extern const statement set_password;    // → id of each that won
extern const statement add_session;     // → id of each that won
extern const statement rotate_session;  // → id of each that won
extern const statement end_session;     // → id, whether it was live, of each it ended
extern const statement end_sessions_of; // → user_id, a row a session
extern const statement add_audit;       //
extern const statement touch_login;     //

// -- writers: what decides why a fact lost -------------------------------------------

extern const statement names_taken;   // → name_key, user_id
extern const statement users_present; // → id, is_active
extern const statement numbers_taken; // → number
extern const statement email_taken;   // $1 email, as written → id
extern const statement ids_taken;     // → id of each user that is there

// -- the numbers of users ------------------------------------------------------------

extern const statement next_number; // SQLite → the number taken, which nobody had
// PostgreSQL: moves the sequence past the block of numbers in use that it would give next
extern const statement pass_over_numbers;
extern const statement move_number; // $1 → moves the sequence past it
/// PostgreSQL: whoever takes from the sequence holds the lock shared, whoever moves it
/// holds it alone, so that moving never sets it back.
extern const statement share_numbers;
extern const statement own_numbers;

// -- the fate of a transaction (PostgreSQL) -------------------------------------------

/// $1 the writer, $2 the transaction: written in the same transaction as the batch.
extern const statement mark_commit;
/// $1 the writer → the last transaction of it that was committed. Waits for one in flight.
extern const statement read_mark;
/// $1 an application_name: asks the server processes of earlier connections of this writer
/// to end → a row for each that was still there.
extern const statement end_own_backends;
/// Marks of writers that are long gone.
extern const statement forget_old_marks;

// -- the store as a whole -------------------------------------------------------------

extern const statement read_note;        // $1 name → value
extern const statement write_note;       // $1 name, $2 value
extern const statement any_live_session; // $1 now → 1 when there is one

// -- migrations ----------------------------------------------------------------------

extern const statement make_migrations_table;
extern const statement has_migrations_table; // → 1 when it is there
extern const statement newest_migration;     // → version, 0 when there is none
extern const statement add_migration;        // $1 version, $2 name, $3 now

} // namespace latchkey::storage::sql

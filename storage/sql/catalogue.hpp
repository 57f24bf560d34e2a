// catalogue.hpp — the statements that sign-in, several topics or the engines themselves run. A
// statement of one topic alone stands in the topic's file in storage/facts/.
//
// `text` is in the subset that PostgreSQL 15 and SQLite 3.40 share, with `$1` parameters. The
// writes of sign-in have a `batch` form for PostgreSQL: the same rule over arrays of equal length,
// so that a whole batch costs one round trip. Both forms stand next to each other, so that whoever
// changes one sees the other.
#pragma once

namespace latchkey::storage::sql {

struct statement {
  const char* name;            // PostgreSQL prepares it under this name
  const char* text = nullptr;  // for both engines; null: SQLite runs nothing
  const char* batch = nullptr; // PostgreSQL's own form, or the form over arrays; null: `text`
};

// -- readers -----------------------------------------------------------------------

extern const statement find_login;   // $1 folded name → user_id
extern const statement find_user;    // $1 id → a user row (rows.hpp)
extern const statement find_session; // $1 id → a session row (rows.hpp)
extern const statement count_users;  // → count
extern const statement ping;         // → 1

// -- writers: one fact each --------------------------------------------------------

extern const statement add_user;        // → id, number, how many names it took (batch)
extern const statement add_profile;     // SQLite alone; PostgreSQL adds it within add_user
extern const statement add_login_name;  // the batch form of add_user adds names too
extern const statement set_password;    // → id of each that won
extern const statement add_session;     // → id of each that won
extern const statement rotate_session;  // → id of each that won
extern const statement end_session;     // → id, whether it was live, of each it ended
extern const statement end_sessions_of; // → user_id, a row a session
extern const statement add_audit;       //
extern const statement touch_login;     //

// -- writers: why a fact lost -------------------------------------------

extern const statement names_taken;   // → name_key, user_id
extern const statement users_present; // → id, is_active, version
extern const statement hold_users;    // PostgreSQL: locks their rows until COMMIT → id
extern const statement numbers_taken; // → number
extern const statement email_taken;   // $1 email, as written → id
extern const statement ids_taken;     // → id of each user that is there

// -- what several topics look at first -------------------------------------------------

// PostgreSQL locks the row until the transaction ends; SQLite has one writer and needs no locks.
extern const statement share_user; // $1 user → version, role, is_active; sessions may be opened
extern const statement session_lives; // $1 session, $2 user → 1 unless it was ended
extern const statement keep_user;     // $1 user → 1; the user may change but is not deleted
extern const statement hold_role;     // $1 role → 1; the role is not removed
extern const statement other_admins;  // $1 user → 1 when another administrator is active

// -- the numbers of users ------------------------------------------------------------

extern const statement next_number; // SQLite → the number taken, which nobody had
// PostgreSQL: moves the sequence past the block of numbers in use that it would give next
extern const statement pass_over_numbers;
extern const statement move_number; // $1 → moves the sequence past it
/// PostgreSQL: a transaction that takes from the sequence holds the lock shared, one that moves the
/// sequence holds it exclusively, so that no move sets it back.
extern const statement share_numbers;
extern const statement own_numbers;

// -- what became of a transaction (PostgreSQL) -------------------------------------------

/// $1 the writer, $2 the transaction, $3 the member of a cluster, or NULL: written in the same
/// transaction as the batch. Breaks a foreign key when the member was fenced.
extern const statement mark_commit;
/// $1 the writer, $2 as above → the last transaction of it that was committed. Waits for one in
/// flight.
extern const statement read_mark;
/// $1 an application_name: asks the server processes of earlier connections of this writer
/// to end → a row for each that was still there.
extern const statement end_own_backends;
// -- the members of a cluster (PostgreSQL); lengths of time in microseconds

extern const statement add_member; // $1 id, $2 node, $3 address, $4 terms
/// $1 terms → terms and address of a member that has others
extern const statement find_other_terms;
extern const statement beat_member; // $1 id, $2 from which pause on it is a gap
/// → id, node, address, terms, open, silent for, gapless for
extern const statement list_members;
extern const statement open_member;         // $1 id → id
extern const statement remove_member;       // $1 id
extern const statement list_lives;          // $1 node → id
extern const statement end_member_backends; // $1 id: of the connections that it writes by
/// $1 own id, $2 the other's, $3 how silent it must be, $4 how long one's own heartbeats have come
/// without a gap → a row when that is so; `fence_member` removes it then.
extern const statement is_member_silent;
extern const statement fence_member;

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

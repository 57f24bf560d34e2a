// Sessions, from opening to forgetting.
#include "storage/facts/rules/topic.hpp"
#include "storage/sql/fragments.hpp"

#include <algorithm>
#include <limits>

namespace latchkey::storage {

namespace sql {
namespace {

// KEY SHARE is the lock that the foreign key takes anyway. Taken here, it makes a statement that
// waited for a deactivation (FOR UPDATE) look at is_active again.
#define LATCHKEY_UPSERT_SESSION(lock)                                                              \
  "INSERT INTO sessions (id, user_id, counter, salt, opened_by, user_agent, address, created_at, " \
  "rotated_at, expires_at, last_seen_at, ended_at, held_by) "                                      \
  "SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM users "                      \
  "WHERE id = $2 AND is_active " lock "ON CONFLICT (id) DO UPDATE SET "                            \
  "expires_at = EXCLUDED.expires_at, last_seen_at = EXCLUDED.last_seen_at, "                       \
  "rotated_at = CASE WHEN sessions.opened_by = 'integration' THEN EXCLUDED.rotated_at "            \
  "ELSE sessions.rotated_at END, "                                                                 \
  "user_agent = COALESCE(NULLIF(EXCLUDED.user_agent, ''), sessions.user_agent), "                  \
  "address = COALESCE(NULLIF(EXCLUDED.address, ''), sessions.address) "                            \
  "WHERE sessions.user_id = EXCLUDED.user_id AND sessions.ended_at IS NULL "                       \
  "AND sessions.expires_at > EXCLUDED.last_seen_at RETURNING id"
constexpr statement upsert_session{"upsert_session", LATCHKEY_UPSERT_SESSION(""),
                                   LATCHKEY_UPSERT_SESSION("FOR KEY SHARE ")};
// The fact may be lost, so the statement skips a row that another transaction has locked.
constexpr statement touch_session{
    "touch_session",
    "UPDATE sessions SET last_seen_at = CASE WHEN last_seen_at > $2 THEN last_seen_at ELSE $2 END, "
    "seen_counter = MAX(seen_counter, $3) WHERE id = $1 AND ended_at IS NULL "
    "AND (last_seen_at IS NULL OR last_seen_at < $2 OR seen_counter < $3)",
    "WITH free AS MATERIALIZED (SELECT id FROM sessions WHERE id = $1 AND ended_at IS NULL "
    "AND (last_seen_at IS NULL OR last_seen_at < $2 OR seen_counter < $3) "
    "FOR NO KEY UPDATE SKIP LOCKED) "
    "UPDATE sessions s SET last_seen_at = GREATEST(s.last_seen_at, $2), "
    "seen_counter = GREATEST(s.seen_counter, $3) FROM free WHERE s.id = free.id"};
constexpr statement reauthenticate_session{
    "reauthenticate_session",
    // 0 is a password of before the methods were kept (rows.cpp reads it so).
    "UPDATE sessions SET auth_methods = $3 | CASE WHEN auth_methods = 0 "
    "AND opened_by <> 'integration' THEN 1 ELSE auth_methods END, authenticated_at = $4 "
    "WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $4 RETURNING id"};
#define LATCHKEY_FORGET_SESSIONS(lock)                                                             \
  "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions "                                     \
  "WHERE COALESCE(ended_at, expires_at) < $1 "                                                     \
  "ORDER BY COALESCE(ended_at, expires_at) LIMIT $2" lock ") RETURNING id"
constexpr statement forget_sessions{"forget_sessions", LATCHKEY_FORGET_SESSIONS(""),
                                    LATCHKEY_FORGET_SESSIONS(" FOR UPDATE SKIP LOCKED")};
#define LATCHKEY_LIVE_SESSIONS                                                                     \
  LATCHKEY_SESSION_ROW "WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 "        \
                       "AND s.rotated_at > $3 "
#define LATCHKEY_NEWEST_SESSIONS "ORDER BY s.created_at DESC, s.id DESC LIMIT $4"
constexpr statement live_sessions_of{"live_sessions_of",
                                     LATCHKEY_LIVE_SESSIONS LATCHKEY_NEWEST_SESSIONS};
// The last condition repeats the index's.
constexpr statement held_sessions_of{
    "held_sessions_of",
    LATCHKEY_LIVE_SESSIONS "AND s.held_by = $5 AND s.held_by <> '' " LATCHKEY_NEWEST_SESSIONS};

} // namespace
} // namespace sql

namespace {

void check_session(fact_checker& c, const session_record& s) {
  c.id("session", s.id);
  c.id("user", s.user);
  c.counter("counter", s.counter);
  c.require(s.salt.size() <= salt_bytes_max, "salt", "is too long");
  c.text("user_agent", s.user_agent, user_agent_chars_max);
  c.text("address", s.address, address_chars_max);
  c.time("created_at", s.created_at);
  c.time("rotated_at", s.rotated_at);
  c.time("expires_at", s.expires_at);
  c.time("last_seen_at", s.last_seen_at);
  c.time("ended_at", s.ended_at);
  c.time("authenticated_at", authenticated_at(s));
  c.text("held_by", s.held_by, service_chars_max);
}

// What another transaction has locked is left to the next.
#define LATCHKEY_FORGET_TICKETS(lock)                                                              \
  "DELETE FROM spent_tickets WHERE (session_id, number) IN (SELECT session_id, number "            \
  "FROM spent_tickets WHERE until < $1 ORDER BY until LIMIT $2" lock ")"
constexpr statement forget_tickets{"forget_tickets", LATCHKEY_FORGET_TICKETS(""),
                                   LATCHKEY_FORGET_TICKETS(" FOR UPDATE SKIP LOCKED")};
/// By each one that is spent: more than come, so that none are left.
constexpr std::int64_t tickets_forgotten_max = 8;
constexpr statement add_spent_ticket{
    "add_spent_ticket", "INSERT INTO spent_tickets (session_id, number, until) VALUES ($1, $2, $3) "
                        "ON CONFLICT DO NOTHING RETURNING number"};

} // namespace

// -- create_session -------------------------------------------------------------------

void check(fact_checker& c, const create_session& f) {
  check_session(c, f.session);
  c.require(f.user_version >= 0, "user_version", "is below zero");
}

void touch(footprint& print, const create_session& f) {
  print.reads(thing::user, f.session.user);
  print.writes_session(f.session.id);
}

std::optional<failure> write(runner& on, const create_session& f, written&) {
  const auto& s = f.session;
  const auto user = to_string(s.user);
  const auto added = on.run(
      sql::add_session,
      {to_string(s.id), user, static_cast<std::int64_t>(s.counter), raw_bytes{s.salt},
       std::string(name_of(s.opened_by)), s.user_agent, s.address, time_text(s.created_at),
       time_text(s.rotated_at), time_text(s.expires_at), time_or_null(s.ended_at), f.user_version,
       s.authenticated.by.as_number(), time_text(authenticated_at(s)), s.awaits_second_factor});
  if (added > 0) return std::nullopt;
  bool is_active = false;
  bool is_other = false;
  on.run(sql::users_present, {user}, [&](const row_source& row) {
    is_active = flag_at(row, 1);
    is_other = f.user_version != 0 && number_at(row, 2) != f.user_version;
  });
  if (!is_active) return losing(error_code::user_not_found);
  return is_other ? losing(error_code::conflict, "version", "the user was changed")
                  : losing(error_code::conflict, "session", "the id is taken");
}

// -- rotate_session -------------------------------------------------------------------

void check(fact_checker& c, const rotate_session& f) {
  c.id("session", f.session);
  c.counter("counter", f.from);
  c.time("at", f.at);
}

void touch(footprint& print, const rotate_session& f) {
  print.writes_session(f.session);
}

std::optional<failure> write(runner& on, const rotate_session& f, written&) {
  const auto rotated =
      on.run(sql::rotate_session,
             {to_string(f.session), static_cast<std::int64_t>(f.from), time_text(f.at)});
  if (rotated == 0) return losing(error_code::token_invalid);
  return std::nullopt;
}

// -- reauthenticate_session -----------------------------------------------------------

void check(fact_checker& c, const reauthenticate_session& f) {
  c.id("session", f.session);
  c.id("user", f.user);
  c.require(!f.by.empty(), "by", "names no method");
  c.time("at", f.at);
}

void touch(footprint& print, const reauthenticate_session& f) {
  // It runs after end_sessions_of, so units in which one ends the user's sessions stay apart.
  print.reads(thing::user, f.user);
  print.writes_session(f.session);
}

std::optional<failure> write(runner& on, const reauthenticate_session& f, written&) {
  const auto moved = on.run(sql::reauthenticate_session, {to_string(f.session), to_string(f.user),
                                                          f.by.as_number(), time_text(f.at)});
  if (moved == 0) return losing(error_code::token_invalid);
  return std::nullopt;
}

// -- need_live_session ----------------------------------------------------------------

void check(fact_checker& c, const need_live_session& f) {
  c.id("session", f.session);
  c.id("user", f.user);
}

void touch(footprint& print, const need_live_session& f) {
  print.writes(thing::user, f.user);
  print.reads_session(f.session);
}

std::optional<failure> write(runner& on, const need_live_session& f, written&) {
  const auto user = to_string(f.user);
  // Ending a session locks the user's row as well, so the end is seen here.
  if (on.run(sql::share_user, {user}) == 0) return losing(error_code::user_not_found);
  if (on.run(sql::session_lives, {to_string(f.session), user}) == 0)
    return losing(error_code::token_invalid);
  return std::nullopt;
}

// -- end_session ----------------------------------------------------------------------

void check(fact_checker& c, const end_session& f) {
  c.id("session", f.session);
  c.text("reason", f.reason, end_reason_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const end_session& f) {
  print.writes_session(f.session);
}

std::optional<failure> write(runner& on, const end_session& f, written& note) {
  // An expired one is marked too, and is not counted.
  on.run(sql::end_session, {to_string(f.session), time_text(f.at), f.reason},
         [&note](const row_source& row) { note.sessions_ended += flag_at(row, 1); });
  return std::nullopt;
}

// -- end_sessions_of ------------------------------------------------------------------

void check(fact_checker& c, const end_sessions_of& f) {
  c.id("user", f.user);
  c.text("reason", f.reason, end_reason_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const end_sessions_of& f) {
  print.writes(thing::user, f.user);
  print.ends_all_sessions();
}

std::optional<failure> write(runner& on, const end_sessions_of& f, written& note) {
  on.run(
      sql::end_sessions_of,
      {to_string(f.user), f.keep ? to_string(*f.keep) : std::string(), time_text(f.at), f.reason},
      [&note](const row_source&) { ++note.sessions_ended; });
  return std::nullopt;
}

// -- upsert_session -------------------------------------------------------------------

void check(fact_checker& c, const upsert_session& f) {
  check_session(c, f.session);
}

void touch(footprint& print, const upsert_session& f) {
  print.reads(thing::user, f.session.user);
  print.writes_session(f.session.id);
}

std::optional<failure> write(runner& on, const upsert_session& f, written&) {
  const auto& s = f.session;
  const auto user = to_string(s.user);
  const auto seen = std::max(s.last_seen_at, s.created_at);
  const auto won =
      on.run(sql::upsert_session,
             {to_string(s.id), user, static_cast<std::int64_t>(s.counter), raw_bytes{s.salt},
              std::string(name_of(s.opened_by)), s.user_agent, s.address, time_text(s.created_at),
              time_text(s.rotated_at), time_text(s.expires_at), time_text(seen),
              time_or_null(s.ended_at), s.held_by});
  if (won > 0) return std::nullopt;
  bool is_active = false;
  on.run(sql::share_user, {user}, [&](const row_source& row) { is_active = flag_at(row, 2); });
  return losing(is_active ? error_code::token_invalid : error_code::user_not_found);
}

// -- touch_session --------------------------------------------------------------------

void check(fact_checker& c, const touch_session& f) {
  c.id("session", f.session);
  c.time("at", f.at);
}

void touch(footprint&, const touch_session&) {}

std::optional<failure> write(runner& on, const touch_session& f, written&) {
  on.run(sql::touch_session,
         {to_string(f.session), time_text(f.at), static_cast<std::int64_t>(f.seen)});
  return std::nullopt;
}

// -- forget_sessions ------------------------------------------------------------------

void check(fact_checker& c, const forget_sessions& f) {
  c.time("before", f.before);
}

void touch(footprint&, const forget_sessions&) {}

std::optional<failure> write(runner& on, const forget_sessions& f, written& note) {
  note.forgotten +=
      row_count(on.run(sql::forget_sessions, {time_text(f.before), row_count(f.max)}));
  return std::nullopt;
}

// -- spend_ticket ---------------------------------------------------------------------

void check(fact_checker& c, const spend_ticket& f) {
  c.id("session", f.session);
  c.time("until", f.until);
  c.time("at", f.at);
}

void touch(footprint& print, const spend_ticket& f) {
  print.writes_session(f.session);
}

std::optional<failure> write(runner& on, const spend_ticket& f, written&) {
  on.run(forget_tickets, {time_text(f.at), tickets_forgotten_max});
  const auto spent =
      on.run(add_spent_ticket, {to_string(f.session), key_number(f.number), time_text(f.until)});
  if (spent == 0) return losing(error_code::token_invalid, "ticket", "was used before");
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_sessions& q) {
  list_sessions::answer found;
  if (!sql::is_storable(q.held_by)) return found;
  std::vector<parameter> values{to_string(q.user), time_text(q.now), time_text(q.used_after),
                                page_rows(q.limit)};
  if (!q.held_by.empty()) values.emplace_back(q.held_by);
  on.run(q.held_by.empty() ? sql::live_sessions_of : sql::held_sessions_of, std::move(values),
         [&found](const row_source& row) {
           if (auto session = to_session(row)) found.push_back(std::move(*session));
         });
  return found;
}

topic sessions_topic() {
  static constexpr fact_rules facts[] = {rules_for<create_session>(),
                                         rules_for<rotate_session>(),
                                         rules_for<end_session>(),
                                         rules_for<end_sessions_of>(),
                                         rules_for<upsert_session>(),
                                         rules_for<touch_session>(),
                                         rules_for<forget_sessions>(),
                                         rules_for<spend_ticket>(),
                                         rules_for<reauthenticate_session>(),
                                         rules_for<need_live_session>()};
  static constexpr query_rules queries[] = {rules_for_query<list_sessions>()};
  return {facts, queries};
}

} // namespace latchkey::storage

// Sessions that another service speaks of, when one was last used, and what is over for long.
#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/facts.hpp"

#include <limits>

namespace latchkey::storage::sql {

namespace {

std::int64_t count_number(std::size_t count) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(count, static_cast<std::size_t>(most)));
}

} // namespace

std::optional<failure> write(runner& on, const storage::upsert_session& f, written&) {
  const auto& s = f.session;
  const auto user = to_string(s.user);
  const auto seen = std::max(s.last_seen_at, s.created_at);
  const auto won =
      on.run(upsert_session,
             {to_string(s.id), user, static_cast<std::int64_t>(s.counter), raw_bytes{s.salt},
              std::string(name_of(s.opened_by)), s.user_agent, s.address, time_text(s.created_at),
              time_text(s.rotated_at), time_text(s.expires_at), time_text(seen),
              time_or_null(s.ended_at), s.held_by});
  if (won > 0) return std::nullopt;
  bool is_active = false;
  on.run(share_user, {user}, [&](const row_source& row) { is_active = flag_at(row, 2); });
  return losing(is_active ? error_code::token_invalid : error_code::user_not_found);
}

std::optional<failure> write(runner& on, const storage::touch_session& f, written&) {
  on.run(touch_session, {to_string(f.session), time_text(f.at), static_cast<std::int64_t>(f.seen)});
  return std::nullopt;
}

// -- what is over ----------------------------------------------------------------------

std::optional<failure> write(runner& on, const storage::forget_sessions& f, written& note) {
  note.forgotten +=
      count_number(on.run(forget_sessions, {time_text(f.before), count_number(f.max)}));
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::forget_audits& f, written& note) {
  note.forgotten += count_number(on.run(forget_audits, {time_text(f.before), count_number(f.max)}));
  return std::nullopt;
}

} // namespace latchkey::storage::sql

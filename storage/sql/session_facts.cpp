// Sessions that another service speaks of, and when one was last used.
#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/facts.hpp"

namespace latchkey::storage::sql {

std::optional<failure> write(runner& on, const storage::upsert_session& f, written&) {
  const auto& s = f.session;
  const auto user = to_string(s.user);
  const auto seen = std::max(s.last_seen_at, s.created_at);
  const auto won =
      on.run(upsert_session, {to_string(s.id), user, static_cast<std::int64_t>(s.counter),
                              raw_bytes{s.salt}, std::string(name_of(s.opened_by)), s.user_agent,
                              s.address, time_text(s.created_at), time_text(s.rotated_at),
                              time_text(s.expires_at), time_text(seen), time_or_null(s.ended_at)});
  if (won > 0) return std::nullopt;
  bool is_active = false;
  on.run(share_user, {user}, [&](const row_source& row) { is_active = flag_at(row, 2); });
  return losing(is_active ? error_code::token_invalid : error_code::user_not_found);
}

std::optional<failure> write(runner& on, const storage::touch_session& f, written&) {
  on.run(touch_session, {to_string(f.session), time_text(f.at)});
  return std::nullopt;
}

} // namespace latchkey::storage::sql

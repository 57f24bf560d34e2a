// Questions about recovery and sessions.
#include "storage/queries/queries.hpp"
#include "storage/sql/catalogue_accounts.hpp"

namespace latchkey::storage::sql {

finding answer(runner& on, const storage::find_recovery& q) {
  storage::find_recovery::answer found;
  on.run(find_recovery, {to_string(q.user)},
         [&found](const row_source& row) { found = secret(text_or(row, 0)); });
  return found;
}

finding answer(runner& on, const storage::find_reset_token& q) {
  storage::find_reset_token::answer found;
  on.run(find_reset_token, {key_number(q.id)}, [&found](const row_source& row) {
    const auto user = to_user_id(row.text(1));
    const auto created = time_at(row, 3);
    const auto expires = time_at(row, 4);
    if (!user || !created || !expires) return;
    reset_token_record token;
    token.id = key_at(row, 0);
    token.purpose = token_purpose_named(row.text(6).value_or(""));
    token.user = *user;
    token.secret_hash = text_or(row, 2);
    token.created_at = *created;
    token.expires_at = *expires;
    token.used_at = time_at(row, 5);
    found = std::move(token);
  });
  return found;
}

finding answer(runner& on, const storage::list_sessions& q) {
  storage::list_sessions::answer found;
  std::vector<parameter> values{to_string(q.user), time_text(q.now), time_text(q.used_after),
                                rows_of(q.limit)};
  if (!q.held_by.empty()) values.emplace_back(q.held_by);
  on.run(q.held_by.empty() ? live_sessions_of : held_sessions_of, std::move(values),
         [&found](const row_source& row) {
           if (auto session = to_session(row)) found.push_back(std::move(*session));
         });
  return found;
}

} // namespace latchkey::storage::sql

// Questions about users: by number, in pages, one after another, administrators and
// profiles.
#include "storage/queries/queries.hpp"
#include "storage/sql/catalogue_accounts.hpp"

namespace latchkey::storage::sql {

namespace {

std::function<void(const row_source&)> into(std::vector<user_record>& users) {
  return [&users](const row_source& row) {
    if (auto user = to_user(row)) users.push_back(std::move(*user));
  };
}

} // namespace

finding answer(runner& on, const storage::find_user_by_number& q) {
  storage::find_user_by_number::answer found;
  on.run(find_user_by_number, {q.number}, [&](const row_source& row) { found = to_user(row); });
  return found;
}

finding answer(runner& on, const storage::list_users& q) {
  storage::list_users::answer found;
  const auto total = [&found](const row_source& row) { found.total = number_at(row, 0); };
  std::vector<parameter> page{rows_of(q.limit), offset_of(q.offset)};
  if (q.active) {
    on.run(count_by_state, {*q.active}, total);
    page.emplace_back(*q.active);
    on.run(list_users_by_state, std::move(page), into(found.users));
  } else {
    on.run(count_users, {}, total);
    on.run(list_users, std::move(page), into(found.users));
  }
  return found;
}

finding answer(runner& on, const storage::users_after& q) {
  storage::users_after::answer found;
  on.run(users_after, {q.number, rows_of(q.limit)}, into(found));
  return found;
}

finding answer(runner& on, const storage::has_administrator&) {
  return on.run(other_admins, {to_string(user_id{})}) > 0; // others than nobody
}

finding answer(runner& on, const storage::find_profile& q) {
  storage::find_profile::answer found;
  on.run(find_profile, {to_string(q.user)}, [&found](const row_source& row) {
    found = profile_record{text_or(row, 0), text_or(row, 1), text_or(row, 2), text_or(row, 3)};
  });
  return found;
}

} // namespace latchkey::storage::sql

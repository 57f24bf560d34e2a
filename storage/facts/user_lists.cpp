// Queries about users: by number, in pages, one after another, administrators and profiles.
#include "storage/facts/rules/topic.hpp"
#include "storage/sql/fragments.hpp"

#include <functional>

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement find_user_by_number{"find_user_by_number",
                                        LATCHKEY_USER_ROW "WHERE u.number = $1"};
// Which ones comes first, from an index alone: the pages before are passed over without a look at
// their rows.
constexpr statement list_users{"list_users", LATCHKEY_USER_ROW
                               "WHERE u.number IN (SELECT number FROM users ORDER BY number "
                               "LIMIT $1 OFFSET $2) ORDER BY u.number"};
constexpr statement list_users_by_state{
    "list_users_by_state", LATCHKEY_USER_ROW
    "WHERE u.number IN (SELECT number FROM users WHERE is_active = $3 ORDER BY number "
    "LIMIT $1 OFFSET $2) ORDER BY u.number"};
constexpr statement count_by_state{"count_by_state",
                                   "SELECT count(*) FROM users WHERE is_active = $1"};
constexpr statement users_after{"users_after",
                                LATCHKEY_USER_ROW "WHERE u.number > $1 ORDER BY u.number LIMIT $2"};
constexpr statement hashes_after{
    "hashes_after", "SELECT u.id, u.number, u.password_hash, r.passphrase_hash FROM users u "
                    "LEFT JOIN recovery_passphrases r ON r.user_id = u.id "
                    "WHERE u.number > $1 ORDER BY u.number LIMIT $2"};
constexpr statement find_profile{
    "find_profile",
    "SELECT company, phone, avatar_url, preferences FROM user_profiles WHERE user_id = $1"};

} // namespace
} // namespace sql

namespace {

std::function<void(const row_source&)> into(std::vector<user_record>& users) {
  return [&users](const row_source& row) {
    if (auto user = to_user(row)) users.push_back(std::move(*user));
  };
}

} // namespace

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const find_user_by_number& q) {
  find_user_by_number::answer found;
  on.run(sql::find_user_by_number, {q.number},
         [&](const row_source& row) { found = to_user(row); });
  return found;
}

finding answer(runner& on, const list_users& q) {
  list_users::answer found;
  const auto total = [&found](const row_source& row) { found.total = number_at(row, 0); };
  std::vector<parameter> page{page_rows(q.limit), row_count(q.offset)};
  if (q.active) {
    on.run(sql::count_by_state, {*q.active}, total);
    page.emplace_back(*q.active);
    on.run(sql::list_users_by_state, std::move(page), into(found.users));
  } else {
    on.run(sql::count_users, {}, total);
    on.run(sql::list_users, std::move(page), into(found.users));
  }
  return found;
}

finding answer(runner& on, const users_after& q) {
  users_after::answer found;
  on.run(sql::users_after, {q.number, page_rows(q.limit)}, into(found));
  return found;
}

finding answer(runner& on, const hashes_after& q) {
  hashes_after::answer found;
  on.run(sql::hashes_after, {q.number, page_rows(q.limit)}, [&found](const row_source& row) {
    const auto user = to_user_id(row.text(0));
    if (!user) return;
    found.push_back({*user, number_at(row, 1), secret{text_or(row, 2)}, secret{text_or(row, 3)}});
  });
  return found;
}

finding answer(runner& on, const has_administrator&) {
  return on.run(sql::other_admins, {to_string(user_id{})}) > 0; // others than nobody
}

finding answer(runner& on, const find_profile& q) {
  find_profile::answer found;
  on.run(sql::find_profile, {to_string(q.user)}, [&found](const row_source& row) {
    found = profile_record{text_or(row, 0), text_or(row, 1), text_or(row, 2), text_or(row, 3)};
  });
  return found;
}

topic user_lists_topic() {
  static constexpr query_rules queries[] = {
      rules_for_query<find_user_by_number>(), rules_for_query<list_users>(),
      rules_for_query<users_after>(),         rules_for_query<hashes_after>(),
      rules_for_query<has_administrator>(),   rules_for_query<find_profile>()};
  return {{}, queries};
}

} // namespace latchkey::storage

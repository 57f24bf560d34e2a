#include "storage/sqlite/reader.hpp"

#include <exception>

namespace latchkey::storage::sqlite {

result<void> sqlite_reader::run(const sql::statement& what, std::initializer_list<value> values,
                                const std::function<void(const sql::row_source&)>& on_row) {
  int trouble = 0;
  result<void> answer;
  if (!db_) {
    auto opened = database::open(common_->path, common_->options, common_->open_count);
    if (opened) {
      db_ = std::move(*opened);
    } else {
      trouble = opened.error().code;
      answer = tl::unexpected<failure>(to_failure(opened.error()));
    }
  }
  if (db_) {
    const auto ran = db_->run(what, values, on_row);
    trouble = db_->take_trouble();
    if (!ran) answer = tl::unexpected<failure>(to_failure(ran.error()));
    // A file that was damaged or replaced is opened afresh the next time.
    if (!ran && is_store_error(ran.error())) db_.reset();
  }
  teller_.note(trouble);
  return answer;
}

result<void> sqlite_reader::query(const sql::statement& what, std::initializer_list<value> values,
                                  const std::function<void(const sql::row_source&)>& on_row) {
  try {
    return run(what, values, on_row);
  } catch (const std::exception&) {
    return fail(error_code::internal_error, {}, "the database could not be read");
  }
}

result<std::optional<user_id>> sqlite_reader::find_login(std::string_view login_key) {
  std::optional<user_id> found;
  return query(sql::find_login, {login_key},
               [&](const sql::row_source& row) { found = sql::to_user_id(row.text(0)); })
      .map([&] { return found; });
}

result<std::optional<user_record>> sqlite_reader::find_user(const user_id& id) {
  std::optional<user_record> found;
  const auto text = to_string(id);
  return query(sql::find_user, {std::string_view(text)},
               [&](const sql::row_source& row) { found = sql::to_user(row); })
      .map([&] { return std::move(found); });
}

result<std::optional<user_record>> sqlite_reader::find_user_by_number(std::int64_t number) {
  std::optional<user_record> found;
  return query(sql::find_user_by_number, {number},
               [&](const sql::row_source& row) { found = sql::to_user(row); })
      .map([&] { return std::move(found); });
}

result<std::optional<session_record>> sqlite_reader::find_session(const session_id& id) {
  std::optional<session_record> found;
  const auto text = to_string(id);
  return query(sql::find_session, {std::string_view(text)},
               [&](const sql::row_source& row) { found = sql::to_session(row); })
      .map([&] { return std::move(found); });
}

result<std::vector<session_record>>
sqlite_reader::live_sessions_of(const user_id& id, time_point now, std::size_t limit) {
  std::vector<session_record> found;
  const auto text = to_string(id);
  const auto now_text = to_rfc3339(now);
  return query(
             sql::live_sessions_of,
             {std::string_view(text), std::string_view(now_text), static_cast<std::int64_t>(limit)},
             [&](const sql::row_source& row) {
               if (auto session = sql::to_session(row)) found.push_back(std::move(*session));
             })
      .map([&] { return std::move(found); });
}

result<std::int64_t> sqlite_reader::count_users() {
  std::int64_t count = 0;
  return query(sql::count_users, {},
               [&](const sql::row_source& row) { count = sql::number_at(row, 0); })
      .map([&] { return count; });
}

result<void> sqlite_reader::ping() {
  if (db_) db_->forget_pages();
  return query(sql::ping, {}, nullptr);
}

} // namespace latchkey::storage::sqlite

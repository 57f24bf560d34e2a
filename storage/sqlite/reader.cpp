#include "storage/sqlite/reader.hpp"

#include "storage/sql/queries.hpp"
#include "storage/sqlite/runner.hpp"

#include <exception>

namespace latchkey::storage::sqlite {

result<void> sqlite_reader::with_database(const std::function<std::optional<error>()>& read) {
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
    const auto met = read();
    trouble = db_->take_trouble();
    if (met) answer = tl::unexpected<failure>(to_failure(*met));
    // A file that was damaged or replaced is opened afresh the next time.
    if (met && is_store_error(*met)) db_.reset();
  }
  teller_.note(trouble);
  return answer;
}

result<void> sqlite_reader::ask(const std::function<std::optional<error>()>& read) {
  try {
    return with_database(read);
  } catch (const std::exception&) {
    return fail(error_code::internal_error, {}, "the database could not be read");
  }
}

result<void> sqlite_reader::query(const sql::statement& what, std::initializer_list<value> values,
                                  const std::function<void(const sql::row_source&)>& on_row) {
  return ask([&]() -> std::optional<error> {
    const auto ran = db_->run(what, values, on_row);
    return ran ? std::nullopt : std::optional(ran.error());
  });
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

result<std::optional<session_record>> sqlite_reader::find_session(const session_id& id) {
  std::optional<session_record> found;
  const auto text = to_string(id);
  return query(sql::find_session, {std::string_view(text)},
               [&](const sql::row_source& row) { found = sql::to_session(row); })
      .map([&] { return std::move(found); });
}

result<finding> sqlite_reader::find(const storage::query& what) {
  finding found;
  return ask([&] {
           sqlite_runner on(*db_);
           found = sql::answer_any(on, what);
           return on.refusal();
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

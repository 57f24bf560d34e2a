#include "storage/sqlite/reader.hpp"

#include "storage/facts/rules/fact_rules.hpp"
#include "storage/sqlite/runner.hpp"
#include "storage/sqlite/sequence.hpp"

#include <exception>
#include <optional>
#include <sqlite3.h>

namespace latchkey::storage::sqlite {

namespace {

constexpr std::uint64_t room_needed_bytes = 64 * 1024;  // with less the disk counts as full
constexpr std::uint64_t room_again_bytes = 1024 * 1024; // once it was full, it is so below this

} // namespace

result<void> sqlite_reader::with_database(const std::function<std::optional<error>()>& read) {
  int trouble = 0;
  result<void> answer;
  if (!db_) {
    auto opened =
        database::open(common_->path, common_->options, common_->open_count, common_->file);
    if (opened) {
      db_ = std::move(*opened);
    } else {
      trouble = opened.error().code;
      answer = fail(to_failure(opened.error()));
    }
  }
  if (db_ && db_->has_moved()) {
    const error moved{SQLITE_READONLY_DBMOVED, {}};
    trouble = moved.code;
    common_->trouble = reason_of(moved.code);
    answer = fail(to_failure(moved));
    if (!common_->is_claimed) db_.reset();
  } else if (db_) {
    const auto met = read();
    trouble = db_->take_trouble();
    if (met) answer = fail(to_failure(*met));
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

result<void> sqlite_reader::query(const sql::statement& command,
                                  std::initializer_list<value> values,
                                  const std::function<void(const sql::row_source&)>& on_row) {
  return ask([&]() -> std::optional<error> {
    const auto ran = db_->run(command, values, on_row);
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

result<finding> sqlite_reader::find(const storage::query& q) {
  std::optional<finding> found;
  return ask([&] {
           sqlite_runner on(*db_);
           found = rules_of(q).answer(on, q);
           return on.refusal();
         })
      .map([&] { return std::move(*found); });
}

result<std::int64_t> sqlite_reader::count_users() {
  std::int64_t count = 0;
  return query(sql::count_users, {},
               [&](const sql::row_source& row) { count = sql::number_at(row, 0); })
      .map([&] { return count; });
}

result<void> sqlite_reader::ping() {
  const auto unavailable = [](const char* reason) {
    return fail(error_code::store_unavailable, "database", reason);
  };
  if (db_) db_->forget_pages();
  if (auto alive = query(sql::ping, {}, nullptr); !alive) {
    if (const char* reason = common_->trouble) alive = unavailable(reason);
    return alive;
  }
  if (is_out_of_room(common_->path, room_needed_bytes)) return unavailable(reason_of(SQLITE_FULL));
  const char* trouble = common_->trouble;
  if (trouble == nullptr) return {};
  if (trouble == reason_of(SQLITE_FULL) && is_out_of_room(common_->path, room_again_bytes))
    return unavailable(reason_of(SQLITE_FULL));
  return try_to_write();
}

result<void> sqlite_reader::try_to_write() {
  const char* trouble = common_->trouble;
  auto done = ask([&]() -> std::optional<error> {
    const auto tried = db_->execute(
        "BEGIN IMMEDIATE; SAVEPOINT trial; "
        "INSERT OR REPLACE INTO store_notes (name, value) VALUES ('trial', hex(zeroblob(32768))); "
        "ROLLBACK TO trial; RELEASE trial");
    auto met = tried ? std::nullopt : std::optional(tried.error());
    if (!met)
      if (auto numbered = advance_sequence(*db_); !numbered) met = numbered.error();
    if (!met)
      if (auto committed = db_->execute("COMMIT"); !committed) met = committed.error();
    if (met) db_->roll_back();
    return met;
  });
  if (done)
    common_->trouble.compare_exchange_strong(trouble, nullptr);
  else if (trouble != nullptr)
    return fail(error_code::store_unavailable, "database", trouble);
  return done;
}

} // namespace latchkey::storage::sqlite

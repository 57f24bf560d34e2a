// reader.hpp — one SQLite connection that reads.
#pragma once

#include "storage/sqlite/writer.hpp"

namespace latchkey::storage::sqlite {

class sqlite_reader final : public reader {
public:
  explicit sqlite_reader(std::shared_ptr<shared> common) : common_(std::move(common)) {}
  result<std::optional<user_id>> find_login(std::string_view login_key) override;
  result<std::optional<user_record>> find_user(const user_id& id) override;
  result<std::optional<session_record>> find_session(const session_id& id) override;
  result<finding> find(const storage::query& q) override;
  result<std::int64_t> count_users() override;
  result<void> ping() override;

private:
  /// Opens the file when that is needed; `read` answers what SQLite refused.
  result<void> with_database(const std::function<std::optional<error>()>& read);
  /// Writes a little and takes most of it back; for when the last write failed.
  result<void> try_to_write();
  /// `with_database` without exceptions.
  result<void> ask(const std::function<std::optional<error>()>& read);
  result<void> query(const sql::statement& command, std::initializer_list<value> values,
                     const std::function<void(const sql::row_source&)>& on_row);

  std::shared_ptr<shared> common_;
  std::unique_ptr<database> db_;
  trouble_teller teller_;
};

} // namespace latchkey::storage::sqlite

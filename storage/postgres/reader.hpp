// reader.hpp — one PostgreSQL connection that reads.
#pragma once

#include "storage/postgres/connection.hpp"

#include <functional>

namespace latchkey::storage::sql {
class row_source;
}

namespace latchkey::storage::postgres {

class postgres_reader final : public reader {
public:
  explicit postgres_reader(std::shared_ptr<shared> common)
      : common_(common), link_(std::move(common), "latchkey-reader", use::reads) {}
  result<std::optional<user_id>> find_login(std::string_view login_key) override;
  result<std::optional<user_record>> find_user(const user_id& id) override;
  result<std::optional<session_record>> find_session(const session_id& id) override;
  result<finding> find(const storage::query& q) override;
  result<std::int64_t> count_users() override;
  result<void> ping() override;

private:
  /// Runs once more on a fresh connection when the old one turns out to be gone.
  result<void> ask(const std::function<void()>& read);
  result<void> query(const sql::statement& command, const std::vector<std::string>& parameters,
                     const std::function<void(const sql::row_source&)>& on_row);

  std::shared_ptr<shared> common_;
  connection link_;
};

} // namespace latchkey::storage::postgres

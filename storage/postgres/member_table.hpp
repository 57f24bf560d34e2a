// member_table.hpp — the table of members in PostgreSQL.
#pragma once

#include "storage/members.hpp"
#include "storage/postgres/connection.hpp"

#include <functional>
#include <memory>

namespace latchkey::storage::postgres {

class postgres_member_table final : public member_table {
public:
  /// Of the store's database and with its options, but it waits for less long.
  explicit postgres_member_table(const shared& common);

  result<void> remove_predecessors(const std::string& node) override;
  result<bool> join(const member_row& row) override;
  result<std::vector<member_row>> beat(const member_id& self,
                                       std::chrono::microseconds gap_from) override;
  result<bool> open(const member_id& self) override;
  result<bool> fence(const member_id& self, const member_id& silent,
                     std::chrono::microseconds silent_for,
                     std::chrono::microseconds judge_from) override;
  result<void> leave(const member_id& self) override;

private:
  /// Runs it on the connection, in a transaction.
  result<void> in_transaction(const std::function<void(connection&)>& run);

  connection link_;
};

} // namespace latchkey::storage::postgres

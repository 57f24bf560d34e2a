// runner.hpp — PostgreSQL's way of running what both engines share.
#pragma once

#include "storage/postgres/connection.hpp"
#include "storage/sql/runner.hpp"

#include <pqxx/row>

namespace latchkey::storage::postgres {

class postgres_row final : public sql::row_source {
public:
  explicit postgres_row(const pqxx::row& row) : row_(row) {}
  std::optional<std::string_view> text(int column) const override;
  std::string bytes(int column) const override;

private:
  const pqxx::row& row_;
};

/// Throws as libpqxx does.
class postgres_runner final : public sql::runner {
public:
  explicit postgres_runner(connection& link) : link_(link) {}
  std::size_t run(const sql::statement& command, std::vector<sql::parameter> values,
                  const std::function<void(const sql::row_source&)>& on_row) override;

private:
  connection& link_;
};

} // namespace latchkey::storage::postgres

// runner.hpp — runs the statements of facts and queries on SQLite.
#pragma once

#include "storage/sql/runner.hpp"
#include "storage/sqlite/database.hpp"

#include <optional>

namespace latchkey::storage::sqlite {

class sqlite_runner final : public sql::runner {
public:
  explicit sqlite_runner(database& db) : db_(db) {}

  std::size_t run(const sql::statement& command, std::vector<sql::parameter> values,
                  const std::function<void(const sql::row_source&)>& on_row) override;
  /// The first error; no statement was run after it.
  const std::optional<error>& refusal() const noexcept { return refusal_; }

private:
  database& db_;
  std::optional<error> refusal_;
};

} // namespace latchkey::storage::sqlite

// old_schema.hpp — a database as an older program has left it.
#pragma once

#include "storage/migrations/migrations.hpp"
#include "tests/storage/engines.hpp"

#include <cstdint>
#include <string>

namespace latchkey::test {

/// Brings an empty database of that engine to that version, by the statements of the versions until
/// then.
inline void make_schema_of(std::int64_t version, engine& on, const std::string& engine_name) {
  const auto dialect =
      engine_name == "sqlite" ? storage::sql_dialect::sqlite : storage::sql_dialect::postgresql;
  on.execute("CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, "
             "name VARCHAR(100) NOT NULL, applied_at TIMESTAMPTZ NOT NULL)");
  for (const auto& step : storage::migrations()) {
    if (step.version > version) break;
    for (const auto& text : storage::statements_of(step, dialect))
      on.execute(text);
    on.execute("INSERT INTO schema_migrations (version, name, applied_at) VALUES (" +
               std::to_string(step.version) + ", '" + std::string{step.name} +
               "', '2026-01-01T00:00:00.000000Z')");
  }
}

} // namespace latchkey::test

// While a cluster is upgraded, programs of two versions work on one schema: what the version before
// asks of the store still works, and this program goes on when the next one has come.
#include "tests/storage/old_schema.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

namespace latchkey::test {
namespace {

using nlohmann::json;
using storage::migrations;
using storage::newest_version;

/// A database of the newest schema.
class VersionBefore : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override { ASSERT_TRUE(store_->migrate()); }

  bool is_sqlite() const { return GetParam() == "sqlite"; }
  /// Whether the engine understands the statement, with every table and column that it names.
  testing::AssertionResult takes(engine& on, const std::string& sql) const {
    try {
      if (is_sqlite())
        on.execute("EXPLAIN " + sql);
      else
        on.execute("PREPARE asked AS " + sql + "; DEALLOCATE asked");
      return testing::AssertionSuccess();
    } catch (const std::exception& refused) {
      return testing::AssertionFailure() << refused.what() << "\n" << sql;
    }
  }
  /// As the next version would, which adds something. 0: it says nothing.
  void migrate_to_next(std::int64_t works_from) {
    const auto next = std::to_string(newest_version() + 1);
    if (works_from > 0)
      engine_->execute("UPDATE store_notes SET value = '" + next + " " +
                       std::to_string(works_from) + "' WHERE name = 'schema_works_from'");
    engine_->execute("ALTER TABLE sessions ADD COLUMN of_the_next_version VARCHAR(36)");
    engine_->execute("INSERT INTO schema_migrations (version, name, applied_at) VALUES (" + next +
                     ", 'of_the_next_version', '2026-01-01T00:00:00.000000Z')");
  }

  std::unique_ptr<engine> engine_ = make_engine(GetParam());
  std::unique_ptr<storage::store> store_ = engine_->open();
};
INSTANTIATE_TEST_SUITE_P(On, VersionBefore, testing::Values("sqlite", "postgresql"),
                         name_of_engine);

/// Every statement that the program of the version before runs, by its own source.
json recorded_statements(std::int64_t version) {
  std::ifstream file{LATCHKEY_RECORDED_STATEMENTS + std::to_string(version) + ".json"};
  return json::parse(file);
}

TEST_P(VersionBefore, IsTakenByThisSchemaInEveryStatement) {
  EXPECT_FALSE(takes(*engine_, "SELECT of_no_version FROM sessions"));
  const auto oldest = storage::newest_works_from();
  ASSERT_LE(oldest, newest_version());
  std::size_t taken = 0;
  for (auto version = oldest; version < newest_version(); ++version) {
    const auto before = make_engine(GetParam());
    make_schema_of(version, *before, GetParam());
    for (const auto& statement : recorded_statements(version)) {
      const auto shared = statement.value("text", "");
      const auto sql = is_sqlite() ? shared : statement.value("postgresql", shared);
      const bool is_asked = !sql.empty() && sql.rfind("CREATE", 0) != 0;
      // Some are for the other engine alone.
      if (!is_asked || !takes(*before, sql)) continue;
      EXPECT_TRUE(takes(*engine_, sql)) << statement["name"];
      ++taken;
    }
  }
  EXPECT_TRUE(oldest == newest_version() || taken > 100) << taken;
}

TEST_P(VersionBefore, GoesOnWithTheNextSchemaThatWorksFromIt) {
  migrate_to_next(newest_version());
  EXPECT_TRUE(store_->check_schema());
  EXPECT_EQ(store_->migrate().value().size(), 0u);
  const auto user = make_user("ada");
  const std::vector<storage::unit> batch{{{user}},
                                         {{storage::create_session{make_session(user.user.id)}}}};
  for (const auto& written : store_->open_writer()->commit(batch))
    EXPECT_TRUE(written);
}

TEST_P(VersionBefore, RefusesTheNextSchemaThatDoesNot) {
  const auto next = newest_version() + 1;
  migrate_to_next(next);
  for (const auto& refused : {store_->check_schema().error(), store_->migrate().error()}) {
    EXPECT_EQ(refused.code, error_code::conflict);
    EXPECT_NE(refused.reason.find("schema version " + std::to_string(next) + ", newer than this"),
              std::string::npos)
        << refused.reason;
  }
}

/// Whether a program that does not know of it works as before: it adds a table, an index that
/// refuses nothing, or a column that need not be given.
bool only_adds(const std::string& sql) {
  static const std::regex table{R"(\s*CREATE TABLE [\s\S]*)"};
  static const std::regex index{R"(\s*CREATE INDEX [\s\S]*)"};
  static const std::regex column{R"(\s*ALTER TABLE \w+ ADD COLUMN [\s\S]*)"};
  if (std::regex_match(sql, table) || std::regex_match(sql, index)) return true;
  const bool must_be_given =
      sql.find("NOT NULL") != std::string::npos && sql.find("DEFAULT") == std::string::npos;
  return std::regex_match(sql, column) && !must_be_given;
}

TEST(Migrations, ThatTheVersionBeforeWorksWithOnlyAdd) {
  EXPECT_TRUE(only_adds("ALTER TABLE t ADD COLUMN c TEXT NOT NULL DEFAULT ''"));
  EXPECT_FALSE(only_adds("ALTER TABLE t ADD COLUMN c TEXT NOT NULL"));
  EXPECT_FALSE(only_adds("ALTER TABLE t DROP COLUMN c"));
  EXPECT_FALSE(only_adds("CREATE UNIQUE INDEX i ON t (c)"));
  for (const auto& step : migrations()) {
    if (step.works_from == 0) continue;
    EXPECT_LT(step.works_from, step.version) << step.name;
    EXPECT_EQ(step.in_code, nullptr) << step.name;
    for (const auto dialect : {storage::sql_dialect::postgresql, storage::sql_dialect::sqlite})
      for (const auto& text : storage::statements_of(step, dialect))
        EXPECT_TRUE(only_adds(text)) << text;
  }
}

} // namespace
} // namespace latchkey::test

// The embedded database: a file beside the program.
#include "config/log.hpp"
#include "storage/migrations/migrations.hpp"
#include "storage/sqlite/backup.hpp"
#include "storage/sqlite/reader.hpp"
#include "storage/sqlite/runner.hpp"
#include "storage/sqlite/sequence.hpp"
#include "storage/sqlite/writer.hpp"

#include <exception>
#include <filesystem>
#include <system_error>

namespace latchkey::storage {

namespace sqlite {

namespace {

constexpr int fold_patience_ms = 500;

/// Where there is a table of migrations.
tl::expected<schema_state, error> read_schema_state(database& db) {
  schema_state schema;
  const auto version = db.run(sql::newest_migration, {}, [&](const sql::row_source& row) {
    schema.version = sql::number_at(row, 0);
  });
  if (!version) return tl::unexpected<error>(version.error());
  if (schema.version < notes_since) return schema;
  const auto note = db.run(sql::read_note, {works_from_note}, [&](const sql::row_source& row) {
    schema.works_from = works_from_of(std::string{sql::text_or(row, 0)}, schema.version);
  });
  if (!note) return tl::unexpected<error>(note.error());
  return schema;
}

tl::expected<schema_state, error> schema_state_of(database& db) {
  const auto has_table = db.run(sql::has_migrations_table, {});
  if (!has_table) return tl::unexpected<error>(has_table.error());
  return *has_table == 0 ? schema_state{} : read_schema_state(db);
}

/// Inside BEGIN EXCLUSIVE: the names of what was missing and now is there.
result<std::vector<std::string>> apply_missing(database& db) {
  const auto failed = [](const error& e) { return fail(to_failure(e)); };
  if (auto made = db.run(sql::make_migrations_table, {}); !made) return failed(made.error());
  const auto schema = read_schema_state(db);
  if (!schema) return failed(schema.error());
  if (schema->version > newest_version())
    return check_version(*schema).map([] { return std::vector<std::string>{}; });
  std::vector<std::string> applied;
  for (const auto& step : migrations()) {
    if (step.version <= schema->version) continue;
    for (const auto& text : statements_of(step, sql_dialect::sqlite))
      if (auto ran = db.execute(text); !ran) return failed(ran.error());
    if (step.in_code != nullptr) {
      sqlite_runner on(db);
      step.in_code(on);
      if (on.refusal()) return failed(*on.refusal());
    }
    const auto now = to_rfc3339(system_clock_source().now());
    if (auto noted = db.run(sql::add_migration, {step.version, step.name, std::string_view(now)});
        !noted)
      return failed(noted.error());
    applied.emplace_back(step.name);
  }
  if (applied.empty()) return applied;
  const auto works_from = works_from_text();
  const auto noted = db.run(sql::write_note, {works_from_note, std::string_view(works_from)});
  if (!noted) return failed(noted.error());
  return applied;
}

result<std::vector<std::string>> migrate(database& db) {
  if (auto begun = db.execute("BEGIN EXCLUSIVE"); !begun) return fail(to_failure(begun.error()));
  auto applied = apply_missing(db);
  if (!applied) {
    db.roll_back();
  } else if (auto done = db.execute("COMMIT"); !done) {
    db.roll_back();
    return fail(to_failure(done.error()));
  }
  return applied;
}

class sqlite_store final : public store {
public:
  explicit sqlite_store(std::shared_ptr<shared> common) : common_(std::move(common)) {}
  ~sqlite_store() override {
    if (common_->is_claimed && common_->file) fold_log();
  }

  std::unique_ptr<reader> open_reader() override {
    return std::make_unique<sqlite_reader>(common_);
  }
  std::unique_ptr<writer> open_writer() override {
    return std::make_unique<sqlite_writer>(common_);
  }

  result<std::vector<std::string>> migrate() override {
    try {
      if (auto belongs = check_log(); !belongs) return fail(belongs.error());
      auto options = common_->options;
      options.busy_timeout_ms = options.migrate_busy_timeout_ms;
      const auto opened = database::open(common_->path, options, common_->open_count);
      if (!opened) {
        trouble_teller().note(opened.error().code);
        return fail(to_failure(opened.error()));
      }
      auto applied = sqlite::migrate(**opened);
      trouble_teller().note((*opened)->take_trouble());
      if (applied && common_->is_claimed) begin_run(**opened);
      return applied;
    } catch (const std::exception&) {
      return fail(error_code::internal_error, {}, "the schema could not be brought up to date");
    }
  }

  result<void> check_schema() override {
    // To open it would make it.
    if (std::error_code ignored; !std::filesystem::exists(common_->path, ignored))
      return check_version({});
    if (auto belongs = check_log(); !belongs) return belongs;
    const auto opened = database::open(common_->path, common_->options, common_->open_count);
    if (!opened) return fail(to_failure(opened.error()));
    const auto schema = schema_state_of(**opened);
    if (!schema) return fail(to_failure(schema.error()));
    return check_version(*schema);
  }

  result<void> claim(const std::string&, std::function<void(const std::string&)>) override {
    // That nobody else is at work is the lock's of DATA_DIR to know.
    if (auto belongs = check_log(); !belongs) return belongs;
    common_->is_claimed = true;
    return {};
  }

  result<std::optional<std::string>> read_note(std::string_view name) override {
    std::optional<std::string> found;
    return on_own([&](database& db) {
             return db.run(sql::read_note, {name}, [&found](const sql::row_source& row) {
               found = std::string(row.text(0).value_or(""));
             });
           })
        .map([&] { return std::move(found); });
  }

  result<void> write_note(std::string_view name, std::string_view note) override {
    return on_own([&](database& db) { return db.run(sql::write_note, {name, note}); });
  }

  result<bool> has_live_sessions(time_point now) override {
    std::size_t rows = 0;
    const auto text = to_rfc3339(now);
    return on_own([&](database& db) {
             auto ran = db.run(sql::any_live_session, {std::string_view(text)});
             rows = ran.value_or(0);
             return ran;
           })
        .map([&] { return rows > 0; });
  }

  result<void> back_up(const std::string& path) override {
    return copy_database(common_->path, path);
  }

  std::string_view engine() const noexcept override { return "sqlite"; }
  std::size_t open_connections() const noexcept override { return common_->open_count; }
  std::int64_t log_bytes() const noexcept override { return common_->log_bytes; }

private:
  /// Before anything is opened, for to open a file takes its log for its own.
  result<void> check_log() const {
    return common_->is_claimed ? result<void>{} : check_log_belongs(common_->path);
  }

  /// The last connection that is closed writes the log into the file, unless two are closed at
  /// once: then either may take the other for one that goes on.
  void fold_log() noexcept {
    try {
      auto options = common_->options;
      options.busy_timeout_ms = fold_patience_ms; // a program that reads for long is not waited for
      const auto opened =
          database::open(common_->path, options, common_->open_count, common_->file);
      if (opened) (*opened)->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const std::exception&) { // the next start reads the log
    }
  }

  /// From here on it is known which file is the server's.
  void begin_run(database& db) {
    if (!begin_new_sequence(db))
      log_warning("storage", "other programs have the database open: an older copy that is put "
                             "back under a log of this run may not be noticed");
    db.take_trouble();
    common_->file = file_id_of(common_->path);
  }

  /// Runs one statement on a connection of its own.
  result<void> on_own(const std::function<outcome(database&)>& run) {
    auto opened =
        database::open(common_->path, common_->options, common_->open_count, common_->file);
    if (!opened) return fail(to_failure(opened.error()));
    const auto ran = run(**opened);
    if (!ran) return fail(to_failure(ran.error()));
    return {};
  }

  std::shared_ptr<shared> common_;
};

} // namespace

} // namespace sqlite

std::unique_ptr<store> open_sqlite(const std::string& path, const sqlite_options& options) {
  auto common = std::make_shared<sqlite::shared>();
  common->path = path;
  common->options = options;
  return std::make_unique<sqlite::sqlite_store>(std::move(common));
}

std::unique_ptr<store> open_sqlite(const std::string& path) {
  return open_sqlite(path, {});
}

} // namespace latchkey::storage

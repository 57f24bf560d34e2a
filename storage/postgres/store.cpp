// A PostgreSQL database, through libpqxx.
#include "storage/migrations/migrations.hpp"
#include "storage/postgres/claim.hpp"
#include "storage/postgres/member_table.hpp"
#include "storage/postgres/reader.hpp"
#include "storage/postgres/runner.hpp"
#include "storage/postgres/writer.hpp"

namespace latchkey::storage {

namespace postgres {

namespace {

// The advisory lock of a migration; an arbitrary number.
constexpr const char* migration_lock = "SELECT pg_advisory_xact_lock(7811032165094211)";

/// Where there is a table of migrations.
schema_state read_schema_state(connection& link) {
  schema_state schema;
  schema.version = link.run(sql::newest_migration)[0][0].as<std::int64_t>();
  if (schema.version < notes_since) return schema;
  const auto note = link.run(sql::read_note, {std::string{works_from_note}});
  if (!note.empty())
    schema.works_from = works_from_of(note[0][0].as<std::string>(), schema.version);
  return schema;
}

/// Inside the transaction that holds the lock.
result<std::vector<std::string>> apply_missing(connection& link) {
  link.run(sql::make_migrations_table);
  const auto schema = read_schema_state(link);
  if (schema.version > newest_version())
    return check_version(schema).map([] { return std::vector<std::string>{}; });
  std::vector<std::string> applied;
  for (const auto& step : migrations()) {
    if (step.version <= schema.version) continue;
    for (const auto& text : statements_of(step, sql_dialect::postgresql))
      link.execute(text);
    if (step.in_code != nullptr) {
      postgres_runner on(link);
      step.in_code(on);
    }
    link.run(sql::add_migration, {std::to_string(step.version), std::string(step.name),
                                  to_rfc3339(system_clock_source().now())});
    applied.emplace_back(step.name);
  }
  if (!applied.empty())
    link.run(sql::write_note, {std::string{works_from_note}, works_from_text()});
  link.run(sql::forget_old_marks);
  return applied;
}

class postgres_store final : public store {
public:
  explicit postgres_store(std::shared_ptr<shared> common) : common_(std::move(common)) {}

  std::unique_ptr<reader> open_reader() override {
    return std::make_unique<postgres_reader>(common_);
  }
  std::unique_ptr<writer> open_writer() override {
    return std::make_unique<postgres_writer>(common_);
  }

  result<std::vector<std::string>> migrate() override {
    // On a separate connection: another program may be migrating a large table meanwhile.
    auto patient = std::make_shared<shared>();
    patient->url = common_->url;
    patient->options = common_->options;
    auto& o = patient->options;
    o.statement_timeout = o.lock_timeout = o.round_trip_timeout = o.migrate_timeout;
    connection link(patient, "latchkey-migrate");
    if (auto why = link.ensure()) return fail(link.why_not(*why));
    try {
      link.execute("BEGIN");
      link.execute(migration_lock);
      auto applied = apply_missing(link);
      link.execute(applied ? "COMMIT" : "ROLLBACK");
      return applied;
    } catch (...) {
      // What was begun goes with the connection. If it was COMMIT that failed, the next
      // attempt finds out by itself what is there.
      const auto kind = link.classify();
      if (kind == trouble::broken || kind == trouble::bad_row)
        return fail(link.why_not({error_code::internal_error, "schema",
                                  "the database refuses a statement of the schema", 0}));
      return fail(
          link.why_not({error_code::store_unavailable, {}, "the database does not answer", 1}));
    }
  }

  result<void> check_schema() override {
    connection link(common_, "latchkey-check");
    if (auto why = link.ensure()) return fail(link.why_not(*why));
    try {
      const bool has_any = !link.run(sql::has_migrations_table).empty();
      return check_version(has_any ? read_schema_state(link) : schema_state{});
    } catch (...) {
      link.classify();
      return fail_with_retry(error_code::store_unavailable, 1, "the database does not answer");
    }
  }

  result<void> claim(const std::string& holder,
                     std::function<void(const std::string&)> lost) override {
    return take(claim_type::kind::alone, holder, std::move(lost));
  }

  result<void> claim_as_member(const member_id& member, const std::string& holder,
                               std::function<void(const std::string&)> lost) override {
    common_->member = to_string(member);
    common_->lost = lost;
    return take(claim_type::kind::member, holder, std::move(lost));
  }

  std::unique_ptr<member_table> open_member_table() override {
    return std::make_unique<postgres_member_table>(*common_);
  }

  result<std::optional<std::string>> read_note(std::string_view name) override {
    std::optional<std::string> found;
    return on_own([&](connection& link) {
             const auto rows = link.run(sql::read_note, {std::string(name)});
             if (!rows.empty()) found = rows[0][0].as<std::string>();
           })
        .map([&] { return std::move(found); });
  }

  result<void> write_note(std::string_view name, std::string_view note) override {
    return on_own([&](connection& link) {
      link.run(sql::write_note, {std::string(name), std::string(note)});
    });
  }

  result<bool> has_live_sessions(time_point now) override {
    bool found = false;
    return on_own([&](connection& link) {
             found = !link.run(sql::any_live_session, {to_rfc3339(now)}).empty();
           })
        .map([&] { return found; });
  }

  result<void> back_up(const std::string&) override {
    return fail(error_code::conflict, "DATABASE_URL",
                "the facts are in PostgreSQL, which has a tool of its own for that: "
                "pg_dump --format=custom --file=FILE, with the host, user and database of "
                "DATABASE_URL");
  }

  std::string_view engine() const noexcept override { return "postgresql"; }
  std::size_t open_connections() const noexcept override { return common_->open_count; }
  std::int64_t log_bytes() const noexcept override { return 0; }

private:
  using claim_type = postgres::claim;

  result<void> take(claim_type::kind kind, const std::string& holder,
                    std::function<void(const std::string&)> lost) {
    if (auto refusal = refuse_shared_sessions(*common_))
      return fail(error_code::conflict, "DATABASE_URL", *refusal);
    auto made = std::make_shared<claim_type>(*common_, kind, holder, std::move(lost));
    if (auto taken = made->take(); !taken) return taken;
    common_->claimed = std::move(made);
    return {};
  }

  /// On a connection that ends with it.
  result<void> on_own(const std::function<void(connection&)>& run) {
    connection link(common_, "latchkey-notes");
    if (auto why = link.ensure(true)) return fail(link.why_not(*why));
    try {
      run(link);
      return {};
    } catch (...) {
      link.classify();
      return fail(
          link.why_not({error_code::store_unavailable, {}, "the database does not answer", 1}));
    }
  }

  std::shared_ptr<shared> common_;
};

} // namespace

} // namespace postgres

std::unique_ptr<store> open_postgres(const secret& url, const postgres_options& options) {
  auto common = std::make_shared<postgres::shared>();
  common->url = url;
  common->options = options;
  return std::make_unique<postgres::postgres_store>(std::move(common));
}

std::unique_ptr<store> open_postgres(const secret& url) {
  return open_postgres(url, {});
}

} // namespace latchkey::storage

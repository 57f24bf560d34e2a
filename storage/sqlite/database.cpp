#include "storage/sqlite/database.hpp"

#include "config/log.hpp"

#include <sqlite3.h>

#include <chrono>
#include <sys/stat.h>
#include <thread>

namespace latchkey::storage::sqlite {

namespace {

constexpr int parameters_max = 20;
constexpr int wal_attempts_max = 100;
constexpr auto wal_attempt_pause = std::chrono::milliseconds(20);

class sqlite_row final : public sql::row_source {
public:
  explicit sqlite_row(sqlite3_stmt* handle) : handle_(handle) {}

  std::optional<std::string_view> text(int column) const override {
    const auto* bytes = sqlite3_column_text(handle_, column);
    if (bytes == nullptr) return std::nullopt;
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return std::string_view(reinterpret_cast<const char*>(bytes), size);
  }

  std::string bytes(int column) const override {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
  }

private:
  sqlite3_stmt* handle_;
};

int bind(sqlite3_stmt* handle, int slot, const value& v) {
  // An empty view may have no address, which SQLite would take for NULL.
  const auto address = [](std::string_view s) { return s.data() == nullptr ? "" : s.data(); };
  if (const auto* number = std::get_if<std::int64_t>(&v))
    return sqlite3_bind_int64(handle, slot, *number);
  if (const auto* text = std::get_if<std::string_view>(&v))
    return sqlite3_bind_text64(handle, slot, address(*text), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  if (const auto* raw = std::get_if<blob>(&v))
    return sqlite3_bind_blob64(handle, slot, address(raw->bytes), raw->bytes.size(), SQLITE_STATIC);
  return sqlite3_bind_null(handle, slot);
}

} // namespace

void trouble_teller::note(int code) noexcept {
  if (std::exchange(logged_code_, code) == code) return;
  try {
    if (code == 0)
      log_info("storage", "SQLite works again");
    else if (code == SQLITE_READONLY_DBMOVED)
      log_error("storage", "the database's files (latchkey.db, -wal or -shm) were removed or "
                           "replaced under the running server: nothing is written or read until "
                           "they are back. Stop the server, put the right file in place, and "
                           "start it again");
    else
      log_warning("storage", "SQLite: ", sqlite3_errstr(code), " (", code, ")");
  } catch (...) { // a line is not worth a batch
  }
}

const char* reason_of(int code) noexcept {
  if (code == SQLITE_READONLY_DBMOVED) return "the database's files were removed or replaced";
  switch (code & 0xff) {
  case SQLITE_FULL:
    return "the disk is full";
  case SQLITE_IOERR:
    return "the disk fails";
  case SQLITE_READONLY:
    return "the database's file or folder is read-only";
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return "the database is damaged";
  default:
    return nullptr;
  }
}

bool is_store_error(const error& e) noexcept {
  switch (e.code & 0xff) {
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_NOMEM:
  case SQLITE_PERM:
  case SQLITE_AUTH:
  case SQLITE_PROTOCOL:
    return true;
  default:
    return false;
  }
}

failure to_failure(const error& e) {
  if (is_store_error(e))
    return {error_code::store_unavailable, {}, "the database cannot be used now", 1};
  switch (e.code & 0xff) {
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_TOOBIG:
    return {error_code::validation_error, {}, "the database refuses the row", 0};
  default:
    return {error_code::internal_error, {}, "the database refuses the statement", 0};
  }
}

tl::expected<std::unique_ptr<database>, error>
database::open(const std::string& path, const sqlite_options& options,
               std::atomic<std::size_t>& open_count, const std::optional<file_id>& must_be) {
  const auto moved = [&] { return must_be && file_id_of(path) != must_be; };
  const error not_ours{SQLITE_READONLY_DBMOVED, "the file is not there or another one"};
  if (moved()) return tl::unexpected<error>(not_ours);
  // Made here, for SQLite would let everybody read it; those beside it get its mode. Not by
  // open(): closing a descriptor would end the locks that other connections here hold.
  if (!must_be) ::mknod(path.c_str(), S_IFREG | 0600, 0);
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (must_be ? 0 : SQLITE_OPEN_CREATE);
  const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return tl::unexpected<error>(error{SQLITE_NOMEM, "out of memory"});
  std::unique_ptr<database> db(new database(handle, open_count));
  if (opened != SQLITE_OK) return tl::unexpected<error>(db->last_error());
  if (moved() || db->has_moved()) return tl::unexpected<error>(not_ours);
  sqlite3_extended_result_codes(handle, 1);
  db->set_busy_timeout(options.busy_timeout_ms);
  // The first switch to WAL needs the file alone, and SQLite does not always call the busy
  // handler for it.
  for (int attempt = 1;; ++attempt) {
    const auto wal = db->execute("PRAGMA journal_mode=WAL");
    if (wal) break;
    if ((wal.error().code & 0xff) != SQLITE_BUSY || attempt == wal_attempts_max)
      return tl::unexpected<error>(wal.error());
    std::this_thread::sleep_for(wal_attempt_pause);
  }
  // What a long read of another program made of the log is given back afterwards.
  std::string settings = "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                         "PRAGMA journal_size_limit=" +
                         std::to_string(log_bytes_usual);
  if (options.pages_max > 0)
    settings += "; PRAGMA max_page_count=" + std::to_string(options.pages_max);
  if (auto set = db->execute(settings); !set) return tl::unexpected<error>(set.error());
  db->take_trouble(); // a file that was busy for a moment
  return db;
}

database::database(sqlite3* handle, std::atomic<std::size_t>& open_count)
    : handle_(handle), open_count_(open_count) {
  ++open_count_;
}

database::~database() {
  for (auto& [text, statement] : prepared_)
    sqlite3_finalize(statement.handle);
  sqlite3_close_v2(handle_);
  --open_count_;
}

void database::set_busy_timeout(int ms) {
  sqlite3_busy_timeout(handle_, ms);
}

bool database::has_moved() noexcept {
  int moved = 0;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

void database::forget_pages() noexcept {
  sqlite3_db_release_memory(handle_);
}

error database::last_error() {
  error met{sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_)};
  const int kind = met.code & 0xff;
  const bool passes = kind == SQLITE_BUSY || kind == SQLITE_LOCKED || kind == SQLITE_FULL;
  if (is_store_error(met) && !passes) suspect_ = true;
  if (to_failure(met).code != error_code::validation_error) trouble_ = met.code;
  return met;
}

outcome database::execute(const std::string& text) {
  if (sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return tl::unexpected<error>(last_error());
  return std::size_t{0};
}

void database::roll_back() {
  if (sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

tl::expected<database::prepared*, error> database::prepare(const char* text) {
  const auto found = prepared_.find(text);
  if (found != prepared_.end()) return &found->second;
  prepared made;
  if (sqlite3_prepare_v3(handle_, text, -1, SQLITE_PREPARE_PERSISTENT, &made.handle, nullptr) !=
      SQLITE_OK)
    return tl::unexpected<error>(last_error());
  // SQLite numbers `$n` by first appearance, not by n.
  for (int n = 1; n <= parameters_max; ++n)
    made.slots.push_back(
        sqlite3_bind_parameter_index(made.handle, ("$" + std::to_string(n)).c_str()));
  return &prepared_.emplace(text, std::move(made)).first->second;
}

outcome database::run(const sql::statement& command, std::span<const value> values,
                      const std::function<void(const sql::row_source&)>& on_row) {
  const auto ready = prepare(command.text);
  if (!ready) return tl::unexpected<error>(ready.error());
  const auto& [handle, slots] = **ready;
  std::size_t n = 0;
  for (const auto& v : values)
    if (const int slot = slots.at(n++); slot != 0 && bind(handle, slot, v) != SQLITE_OK) {
      sqlite3_clear_bindings(handle);
      return tl::unexpected<error>(last_error());
    }
  std::size_t rows = 0;
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(handle)) == SQLITE_ROW) {
    ++rows;
    if (on_row) on_row(sqlite_row(handle));
  }
  outcome answer = rows;
  if (step != SQLITE_DONE) answer = tl::unexpected<error>(last_error());
  // A statement that is not reset would hold its snapshot, and with it the WAL.
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  return answer;
}

} // namespace latchkey::storage::sqlite

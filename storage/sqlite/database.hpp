// database.hpp — one SQLite connection: its settings, its prepared statements, its errors
// as values.
#pragma once

#include "storage/sql/catalogue.hpp"
#include "storage/sql/rows.hpp"
#include "storage/sqlite/files.hpp"
#include "storage/sqlite/options.hpp"

#include <atomic>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace latchkey::storage::sqlite {

/// Views must outlive the call they are passed to.
struct blob {
  std::string_view bytes;
};
using value = std::variant<std::monostate, std::int64_t, std::string_view, blob>;

struct error {
  int code = 0; // SQLite's extended result code
  std::string message;
};
/// How many rows came out.
using outcome = tl::expected<std::size_t, error>;

/// Tells the operator what keeps a connection from working: each trouble once, and its end.
/// The code and SQLite's own words for it; the text of an error may quote a row.
class trouble_teller {
public:
  /// What a call met: an extended result code, 0 for nothing.
  void note(int code) noexcept;

private:
  int logged_code_ = 0;
};

/// A word or two on why nothing can be written, for /health; null for what concerns one row or
/// passes by itself.
const char* reason_of(int code) noexcept;

/// Whether the database as a whole cannot be written (full, read-only, busy, damaged), as
/// opposed to one row being refused.
bool is_store_error(const error& e) noexcept;
/// STORE_UNAVAILABLE, VALIDATION_ERROR for a row that a constraint refuses, or
/// INTERNAL_ERROR.
failure to_failure(const error& e);

class database {
public:
  /// WAL, synchronous=FULL, foreign keys on. Waits as long as `busy_timeout_ms` for other
  /// connections. A file that is made is its owner's alone, as are those beside it.
  /// `open_count` counts this connection while it lives. With `must_be` nothing is made, and
  /// another file than that is refused (SQLITE_READONLY_DBMOVED).
  static tl::expected<std::unique_ptr<database>, error>
  open(const std::string& path, const sqlite_options& options, std::atomic<std::size_t>& open_count,
       const std::optional<file_id>& must_be = std::nullopt);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  /// Runs a statement of the catalogue (`text`), prepared once; `values` are $1, $2 ….
  outcome run(const sql::statement& command, std::initializer_list<value> values,
              const std::function<void(const sql::row_source&)>& on_row = nullptr) {
    return run(command, std::span<const value>(values.begin(), values.size()), on_row);
  }
  outcome run(const sql::statement& command, std::span<const value> values,
              const std::function<void(const sql::row_source&)>& on_row = nullptr);
  /// Runs text that is not in the catalogue: transactions and migrations.
  outcome execute(const std::string& text);
  void set_busy_timeout(int ms);
  /// Gives back the pages it keeps, so that the next statement reads the file.
  void forget_pages() noexcept;
  /// The extended code of the last error that was not a row's own since this was asked
  /// last; 0 when there was none.
  int take_trouble() noexcept { return std::exchange(trouble_, 0); }
  /// Makes it one that is suspect.
  void distrust() noexcept { suspect_ = true; }
  /// Whether the connection met an error that it may not recover from by itself.
  bool is_suspect() const noexcept { return suspect_; }
  /// Whether the file it has open is not the one under its name any more.
  bool has_moved() noexcept;
  /// Rolls back what is open, if anything is; SQLite does so itself after some errors.
  void roll_back();

private:
  struct prepared {
    sqlite3_stmt* handle = nullptr;
    std::vector<int> slots; // slots[n]: SQLite's index of $(n+1), 0 when it is not used
  };

  database(sqlite3* handle, std::atomic<std::size_t>& open_count);
  tl::expected<prepared*, error> prepare(const char* text);
  error last_error();

  sqlite3* handle_;
  std::atomic<std::size_t>& open_count_;
  int trouble_ = 0;
  bool suspect_ = false;
  std::unordered_map<const char*, prepared> prepared_; // by address: the catalogue's
};

} // namespace latchkey::storage::sqlite

// "Using the SQLite Online Backup API"
#include "storage/sqlite/backup.hpp"

#include "storage/sqlite/sequence.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace latchkey::storage::sqlite {

namespace {

constexpr int backup_attempts_max = 600;
constexpr auto backup_attempt_pause = std::chrono::milliseconds(50);

struct closer {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
};
using handle_ptr = std::unique_ptr<sqlite3, closer>;

handle_ptr open_at(const std::string& path, int flags, int& code) {
  sqlite3* handle = nullptr;
  code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code == SQLITE_OK) sqlite3_busy_timeout(handle, 5000);
  return handle_ptr(handle);
}

/// SQLite's code.
int copy_pages(sqlite3* to, sqlite3* from) {
  auto* copying = sqlite3_backup_init(to, "main", from, "main");
  if (copying == nullptr) return sqlite3_errcode(to);
  int code = SQLITE_BUSY;
  // All pages in one step are one snapshot, however much is written meanwhile.
  for (int attempt = 1;
       (code == SQLITE_BUSY || code == SQLITE_LOCKED) && attempt <= backup_attempts_max;
       ++attempt) {
    if (attempt > 1) std::this_thread::sleep_for(backup_attempt_pause);
    code = sqlite3_backup_step(copying, -1);
  }
  const int finished = sqlite3_backup_finish(copying);
  return code == SQLITE_DONE ? finished : code;
}

int write_copy(const std::string& from, const std::string& to) {
  int code = SQLITE_OK;
  // Not read-only: the log of a database that nobody has open must be read too.
  const auto source = open_at(from, SQLITE_OPEN_READWRITE, code);
  if (code != SQLITE_OK) return code;
  const auto copy = open_at(to, SQLITE_OPEN_READWRITE, code);
  if (code != SQLITE_OK) return code;
  code = copy_pages(copy.get(), source.get());
  if (code != SQLITE_OK) return code;
  // The copy needs no log beside it, and no log that lies elsewhere may pass for its own.
  const auto text =
      "PRAGMA journal_mode=DELETE; PRAGMA user_version = " + std::to_string(random_sequence());
  return sqlite3_exec(copy.get(), text.c_str(), nullptr, nullptr, nullptr);
}

} // namespace

result<void> copy_database(const std::string& from, const std::string& to) {
  if (::access(from.c_str(), F_OK) != 0)
    return fail(error_code::conflict, {}, "there is no database at " + from);
  if (::mknod(to.c_str(), S_IFREG | 0600, 0) != 0) {
    if (errno == EEXIST)
      return fail(error_code::conflict, {}, to + " exists: a backup never overwrites a file");
    return fail(error_code::internal_error, {}, "cannot make " + to + ": " + std::strerror(errno));
  }
  const int code = write_copy(from, to);
  if (code == SQLITE_OK) return {};
  for (const auto* beside : {"", "-wal", "-shm", "-journal"})
    ::unlink((to + beside).c_str());
  return fail(error_code::store_unavailable, {},
              "the database could not be copied: " + std::string(sqlite3_errstr(code)));
}

} // namespace latchkey::storage::sqlite

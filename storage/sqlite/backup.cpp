// "Using the SQLite Online Backup API"
#include "storage/sqlite/backup.hpp"

#include "config/free_name.hpp"
#include "storage/sqlite/sequence.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sqlite3.h>
#include <sys/file.h>
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

/// What SQLite says of its code, with the system's words when it is the disk that failed.
std::string words_of(int code, int system_error) {
  std::string out = sqlite3_errstr(code);
  if ((code & 0xff) == SQLITE_IOERR && system_error != 0)
    (out += ": ") += std::strerror(system_error);
  return out;
}

/// What went wrong; empty: nothing.
std::string copy_pages(sqlite3* to, sqlite3* from) {
  auto* copying = sqlite3_backup_init(to, "main", from, "main");
  if (copying == nullptr) return words_of(sqlite3_errcode(to), 0);
  int code = SQLITE_BUSY;
  int system_error = 0;
  // All pages in one step are one snapshot, however much is written meanwhile.
  for (int attempt = 1;
       (code == SQLITE_BUSY || code == SQLITE_LOCKED) && attempt <= backup_attempts_max;
       ++attempt) {
    if (attempt > 1) std::this_thread::sleep_for(backup_attempt_pause);
    errno = 0;
    code = sqlite3_backup_step(copying, -1);
    system_error = errno; // before the copy is given up, which asks the system for more
  }
  const int finished = sqlite3_backup_finish(copying);
  if (code == SQLITE_DONE) code = finished;
  return code == SQLITE_OK ? std::string{} : words_of(code, system_error);
}

/// What went wrong; empty: nothing.
std::string write_copy(const std::string& from, const std::string& to) {
  int code = SQLITE_OK;
  // Not read-only: the log of a database that nobody has open must be read too.
  const auto source = open_at(from, SQLITE_OPEN_READWRITE, code);
  if (code != SQLITE_OK) return words_of(code, 0);
  const auto copy = open_at(to, SQLITE_OPEN_READWRITE, code);
  if (code != SQLITE_OK) return words_of(code, 0);
  if (auto wrong = copy_pages(copy.get(), source.get()); !wrong.empty()) return wrong;
  // The copy needs no log beside it, and no log that lies elsewhere may pass for its own.
  const auto text =
      "PRAGMA journal_mode=DELETE; PRAGMA user_version = " + std::to_string(random_sequence());
  code = sqlite3_exec(copy.get(), text.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? std::string{} : words_of(code, 0);
}

/// The file that a copy is in until it is whole, taken away with whatever SQLite has beside it when
/// this goes and it is not. No other process writes to it meanwhile: flock(2), which the kernel
/// gives back when the process ends.
class unfinished_copy {
public:
  explicit unfinished_copy(const std::string& name) : path_(unfinished_name_of(name)) {}
  ~unfinished_copy() {
    if (is_ours_) remove();
    if (fd_ >= 0) ::close(fd_);
  }
  unfinished_copy(const unfinished_copy&) = delete;
  unfinished_copy& operator=(const unfinished_copy&) = delete;

  const std::string& path() const noexcept { return path_; }

  result<void> make() {
    if (is_held_by_another())
      return fail(error_code::conflict, {}, "another backup writes " + path_ + ": let it end");
    remove(); // what one that was killed has left
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ < 0)
      return fail(error_code::internal_error, {},
                  "cannot make " + path_ + ": " + std::strerror(errno));
    is_ours_ = true;
    static_cast<void>(::flock(fd_, LOCK_EX | LOCK_NB)); // a file system may know no such lock
    return {};
  }
  /// Once SQLite has closed it. False, with errno, when something has the name by now.
  bool give_name(const std::string& name) {
    is_ours_ = !rename_to_free_name(path_, name);
    return !is_ours_;
  }

private:
  bool is_held_by_another() const {
    const int left = ::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (left < 0) return false;
    const bool is_held = ::flock(left, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(left);
    return is_held;
  }
  void remove() const {
    for (const auto* beside : {"", "-wal", "-shm", "-journal"})
      ::unlink((path_ + beside).c_str());
  }

  std::string path_;
  int fd_ = -1; // closed after SQLite's own, whose locks would go with it
  bool is_ours_ = false;
};

tl::unexpected<failure> refuse_to_overwrite(const std::string& file) {
  return fail(error_code::conflict, {}, file + " exists: a backup never overwrites a file");
}

} // namespace

result<void> copy_database(const std::string& from, const std::string& to) {
  if (::access(from.c_str(), F_OK) != 0)
    return fail(error_code::conflict, {}, "there is no database at " + from);
  if (is_name_taken(to)) return refuse_to_overwrite(to);
  unfinished_copy copy{to};
  if (auto made = copy.make(); !made) return made;
  if (const auto wrong = write_copy(from, copy.path()); !wrong.empty())
    return fail(error_code::store_unavailable, {}, "the database could not be copied: " + wrong);
  if (copy.give_name(to)) return {};
  if (errno == EEXIST) return refuse_to_overwrite(to);
  return fail(error_code::internal_error, {}, "cannot make " + to + ": " + std::strerror(errno));
}

} // namespace latchkey::storage::sqlite

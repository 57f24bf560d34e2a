// files.hpp — the files of a SQLite database by their identity: whether what a connection has open
// is still what the next start of the program will find under its name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>

namespace latchkey::storage::sqlite {

struct file_id {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const file_id&, const file_id&) = default;
};

/// Empty when there is no such file.
std::optional<file_id> file_id_of(const std::string& path);

/// The database's file, its -wal and its -shm, as a connection that has begun to write found them.
class open_files {
public:
  bool is_noted() const noexcept { return noted_; }
  void note(const std::string& path);
  void forget() noexcept { noted_ = false; }
  /// Whether the names still lead to what was noted: three calls of stat(2).
  bool are_in_place() const;

private:
  std::array<std::string, 3> paths_;
  std::array<std::optional<file_id>, 3> ids_;
  bool noted_ = false;
};

/// The log is folded back into the file before it is this large, unless somebody reads for long.
constexpr std::int64_t log_bytes_usual = 16 * 1024 * 1024;

/// Bytes of the -wal beside the database; 0 when there is none.
std::int64_t log_bytes_of(const std::string& path);
/// Whether the file system has no room left to speak of.
bool is_out_of_room(const std::string& path, std::uint64_t bytes_wanted);

} // namespace latchkey::storage::sqlite

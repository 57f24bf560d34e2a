#include "storage/sqlite/files.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace latchkey::storage::sqlite {

std::optional<file_id> file_id_of(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return std::nullopt;
  return file_id{about.st_dev, about.st_ino};
}

void open_files::note(const std::string& path) {
  paths_ = {path, path + "-wal", path + "-shm"};
  for (std::size_t i = 0; i < paths_.size(); ++i)
    ids_[i] = file_id_of(paths_[i]);
  noted_ = true;
}

bool open_files::are_in_place() const {
  for (std::size_t i = 0; i < paths_.size(); ++i)
    if (file_id_of(paths_[i]) != ids_[i]) return false;
  return true;
}

std::int64_t log_bytes_of(const std::string& path) {
  struct stat about {};
  return ::stat((path + "-wal").c_str(), &about) == 0 ? std::int64_t{about.st_size} : 0;
}

bool is_out_of_room(const std::string& path, std::uint64_t bytes_wanted) {
  struct statvfs about {};
  if (::statvfs(path.c_str(), &about) != 0 || about.f_blocks == 0) return false;
  return std::uint64_t{about.f_bavail} * about.f_frsize < bytes_wanted;
}

} // namespace latchkey::storage::sqlite

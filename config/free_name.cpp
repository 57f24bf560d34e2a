#include "config/free_name.hpp"

#include "config/open_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey {
namespace {

/// Makes the names in the folder durable. Some file systems cannot do that; this is not an error.
void sync_folder_of(const std::string& name) {
  const auto folder = std::filesystem::path(name).parent_path();
  const open_file opened{
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  static_cast<void>(::fsync(opened.number()));
}

} // namespace

bool is_name_taken(const std::string& name) {
  struct stat about {};
  return ::lstat(name.c_str(), &about) == 0;
}

bool rename_to_free_name(const std::string& from, const std::string& to) {
  bool is_done = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
  if (!is_done && (errno == EINVAL || errno == ENOSYS)) {
    // The file system cannot do that: add the second name, then remove the first.
    is_done = ::link(from.c_str(), to.c_str()) == 0 && ::unlink(from.c_str()) == 0;
  }
  if (is_done) sync_folder_of(to);
  return is_done;
}

} // namespace latchkey

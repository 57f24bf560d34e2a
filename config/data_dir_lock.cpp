#include "config/data_dir_lock.hpp"

#include "config/log.hpp"
#include "protocol/time.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t holder_bytes_max = 400;

std::string text_in(int fd) {
  std::array<char, holder_bytes_max> bytes{};
  const auto got = ::pread(fd, bytes.data(), bytes.size(), 0);
  std::string text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  text.resize(std::min(text.find('\n'), text.size()));
  return escaped_for_log(text);
}

/// Whether the file that is open is still the one under that name.
bool is_at(int fd, const std::string& path) {
  struct stat open_one {};
  struct stat named_one {};
  return ::fstat(fd, &open_one) == 0 && ::stat(path.c_str(), &named_one) == 0 &&
         open_one.st_ino == named_one.st_ino && open_one.st_dev == named_one.st_dev;
}

tl::unexpected<failure> cannot(const std::string& path) {
  return fail(error_code::internal_error, "DATA_DIR",
              "cannot lock " + path + ": " + std::strerror(errno));
}

} // namespace

std::string describe_this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host.front() == '\0')
    std::strcpy(host.data(), "this host");
  return "process " + std::to_string(::getpid()) + " on " + host.data() + ", since " +
         to_rfc3339_seconds(system_clock_source().now());
}

data_dir_lock::~data_dir_lock() {
  if (fd_ >= 0) ::close(fd_);
}

data_dir_lock::data_dir_lock(data_dir_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

data_dir_lock& data_dir_lock::operator=(data_dir_lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

result<data_dir_lock> data_dir_lock::take(const std::string& data_dir) {
  const auto path = (std::filesystem::path(data_dir) / "latchkey.lock").string();
  data_dir_lock lock;
  // Tries again when the file was removed between opening and locking it.
  do {
    if (lock.fd_ >= 0) ::close(lock.fd_);
    lock.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock.fd_ < 0) return cannot(path);
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return cannot(path);
      const auto holder = text_in(lock.fd_);
      return fail(error_code::conflict, "DATA_DIR",
                  "another server uses DATA_DIR " +
                      std::filesystem::absolute(data_dir).lexically_normal().string() + ": " +
                      (holder.empty() ? "it has just started" : holder) +
                      ". Two would contradict each other: stop that one first, or give this one a "
                      "DATA_DIR and a database of its own");
    }
  } while (!is_at(lock.fd_, path));
  const auto text = describe_this_process() + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 ||
      ::pwrite(lock.fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    log_warning("server", "cannot write ", path, ": ", std::strerror(errno));
  return lock;
}

} // namespace latchkey

#include "config/free_memory.hpp"

#include "config/log.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <malloc.h>
#include <string_view>
#include <unistd.h>

namespace latchkey {
namespace {

constexpr int large_block_bytes = 128 * 1024;

/// The second number of /proc/self/statm: resident pages.
std::size_t resident_bytes() noexcept {
  char text[128];
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const auto n = ::read(fd, text, sizeof text);
  ::close(fd);
  if (n <= 0) return 0;
  const std::string_view all(text, static_cast<std::size_t>(n));
  const auto space = all.find(' ');
  if (space == std::string_view::npos) return 0;
  std::size_t pages = 0;
  std::from_chars(all.data() + space + 1, all.data() + all.size(), pages);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t beyond_allocated(const memory_use& use) noexcept {
  return use.resident > use.allocated ? use.resident - use.allocated : 0;
}

} // namespace

memory_use look_at_memory() {
  const auto heap = ::mallinfo2();
  return {resident_bytes(), heap.uordblks + heap.hblkhd};
}

bool trim_rule::is_due(const memory_use& now) noexcept {
  const auto beyond = beyond_allocated(now);
  if (!has_floor_ || beyond < floor_) {
    floor_ = beyond;
    has_floor_ = true;
  }
  return beyond >= floor_ + worth_bytes;
}

void trim_rule::gave_back(const memory_use& after) noexcept {
  floor_ = beyond_allocated(after);
  has_floor_ = true;
}

free_memory_returner::free_memory_returner(std::chrono::milliseconds every) : every_(every) {
  rule_.is_due(look_at_memory()); // learns what is resident and not allocated at the start
  thread_ = std::thread([this] { run(); });
}

free_memory_returner::~free_memory_returner() {
  {
    const std::lock_guard lock{mutex_};
    stops_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void free_memory_returner::run() {
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, every_, [this] { return stops_; })) {
    const auto before = look_at_memory();
    if (!rule_.is_due(before)) continue;
    ::malloc_trim(0);
    const auto after = look_at_memory();
    rule_.gave_back(after);
    log_debug("memory", "gave ",
              (before.resident - std::min(before.resident, after.resident)) >> 20U,
              " MiB back to the system");
  }
}

void keep_large_blocks_apart() noexcept {
  ::mallopt(M_MMAP_THRESHOLD, large_block_bytes);
}

} // namespace latchkey

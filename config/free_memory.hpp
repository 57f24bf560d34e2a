// free_memory.hpp — gives memory that nothing uses back to the system.
//
// glibc keeps what was freed in the middle of its heaps: after a burst it stays resident for good.
// It gives all of it back when it is asked to (malloc_trim(3)), which takes its locks; so it is
// asked only when there is much to give, and by a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

namespace latchkey {

/// The memory of the process at one moment, in bytes.
struct memory_use {
  std::size_t resident = 0;  // pages in memory
  std::size_t allocated = 0; // given out by malloc and not freed
};

memory_use look_at_memory();

/// Decides when asking pays.
class trim_rule {
public:
  /// So much must have become free and stayed resident since memory was given back last.
  static constexpr std::size_t worth_bytes = std::size_t{16} * 1024 * 1024;

  /// Whether memory is to be given back now.
  bool is_due(const memory_use& now) noexcept;
  /// What is resident without being allocated after it was given back: code, stacks, fragments.
  void gave_back(const memory_use& after) noexcept;

private:
  std::size_t floor_ = 0; // the least that was seen resident beyond what is allocated
  bool has_floor_ = false;
};

/// Looks at the memory at once and then in the interval `every`, as long as it lives.
class free_memory_returner {
public:
  explicit free_memory_returner(std::chrono::milliseconds every = std::chrono::seconds{5});
  ~free_memory_returner();
  free_memory_returner(const free_memory_returner&) = delete;
  free_memory_returner& operator=(const free_memory_returner&) = delete;

private:
  void run();

  const std::chrono::milliseconds every_;
  trim_rule rule_; // used by the thread alone while it runs
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stops_ = false;
  std::thread thread_; // last: it uses the others
};

/// Before the first thread: large blocks are mappings of their own from the start, which go back
/// when they are freed, and stay so (glibc raises that bound by itself otherwise; mallopt(3)).
void keep_large_blocks_apart() noexcept;

} // namespace latchkey

// log.cpp — spdlog's queue and thread, and sinks that give up a line rather than wait for long.
#include "config/log.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <poll.h>
#include <shared_mutex>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

namespace latchkey {
namespace {

using steady = std::chrono::steady_clock;

constexpr int stall_patience_ms = 200; // for the first line that meets a stall
constexpr auto stop_patience = std::chrono::milliseconds(500);
constexpr std::size_t piece_bytes_max = 4096; // a writable pipe takes this much at once

std::unique_ptr<spdlog::formatter> line_formatter() {
  // The payload already holds name, level and message: see write_log.
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%d %H:%M:%S,%e - %v",
                                                     spdlog::pattern_time_type::utc, "\n");
}

/// Writes lines to a descriptor, whole or not at all where that can be had. Used by the
/// log's one thread, except for `stop_by`.
class descriptor_sink final : public spdlog::sinks::sink {
public:
  descriptor_sink(int fd, bool owned, const spdlog::details::thread_pool& pool)
      : fd_(fd), owned_(owned), pool_(pool), formatter_(line_formatter()) {}
  ~descriptor_sink() override {
    if (owned_) ::close(fd_);
    turn_to(-1);
  }

  /// Later lines go to `next`, which this object owns. Callable from any thread.
  void turn_to(int next) noexcept {
    const int unused = next_.exchange(next);
    if (unused >= 0) ::close(unused);
  }

  void log(const spdlog::details::log_msg& message) override {
    take_next();
    report_dropped(message.time);
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (!write_line({line.data(), line.size()})) dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  /// From then on lines are dropped rather than waited for.
  void stop_by(steady::time_point when) noexcept {
    stop_by_.store(when.time_since_epoch().count(), std::memory_order_relaxed);
  }
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

private:
  void take_next() noexcept {
    const int next = next_.exchange(-1);
    if (next < 0) return;
    if (owned_) ::close(fd_);
    fd_ = next;
    stalled_ = within_line_ = false;
  }

  /// Lines that are missing here are missed in public.
  void report_dropped(spdlog::log_clock::time_point at) {
    const auto total =
        dropped() + const_cast<spdlog::details::thread_pool&>(pool_).overrun_counter();
    if (total == reported_) return;
    const auto text =
        "latchkey.log - WARNING - lines dropped: " + std::to_string(total - reported_);
    spdlog::details::log_msg message(at, {}, {}, spdlog::level::warn, text);
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (write_line({line.data(), line.size()})) reported_ = total;
  }

  bool write_line(std::string_view line) {
    if (within_line_) { // the rest of the last line was given up
      if (!write_piece("\n")) return false;
      within_line_ = false;
    }
    while (!line.empty()) {
      const auto piece = line.substr(0, piece_bytes_max);
      const auto written = write_piece(piece);
      if (!written) return false;
      line.remove_prefix(*written);
      within_line_ = !line.empty();
    }
    return true;
  }

  std::optional<std::size_t> write_piece(std::string_view piece) {
    while (wait_until_writable()) {
      const auto n = ::write(fd_, piece.data(), piece.size());
      if (n > 0) return static_cast<std::size_t>(n);
      if (n < 0 && errno != EINTR && errno != EAGAIN) return std::nullopt;
    }
    return std::nullopt;
  }

  /// A reader that has stalled is waited for once; until it moves again every line is
  /// tried and dropped, so that the queue keeps moving.
  bool wait_until_writable() {
    int patience = stalled_ ? 0 : stall_patience_ms;
    if (const auto stop_by = stop_by_.load(std::memory_order_relaxed); stop_by != 0) {
      const auto left = steady::time_point(steady::duration(stop_by)) - steady::now();
      const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
      patience = static_cast<int>(std::clamp<long>(left_ms, 0, patience));
    }
    pollfd entry{fd_, POLLOUT, 0};
    int ready = 0;
    do {
      ready = ::poll(&entry, 1, patience);
    } while (ready < 0 && errno == EINTR);
    stalled_ = ready <= 0;
    return !stalled_;
  }

  int fd_;
  std::atomic<int> next_{-1}; // owned; -1: none
  const bool owned_;
  const spdlog::details::thread_pool& pool_;
  std::unique_ptr<spdlog::formatter> formatter_;
  std::atomic<steady::rep> stop_by_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::uint64_t reported_ = 0;
  bool stalled_ = false;
  bool within_line_ = false;
};

/// Members go in reverse: the logger first, then the pool, which ends its thread, and
/// only then the sinks that the thread writes to.
struct running_log {
  std::vector<std::shared_ptr<descriptor_sink>> sinks;
  std::shared_ptr<descriptor_sink> file_sink; // one of them; nullptr: no file
  std::string file;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;

  std::uint64_t dropped() const {
    std::uint64_t total = pool->overrun_counter();
    for (const auto& sink : sinks)
      total += sink->dropped();
    return total;
  }
};

std::shared_mutex running_mutex;
std::unique_ptr<running_log> running;         // guarded by it
std::atomic<std::uint64_t> dropped_before{0}; // by logs that have stopped

constexpr std::string_view level_name(log_level level) noexcept {
  constexpr std::string_view names[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", ""};
  return names[static_cast<std::size_t>(level)];
}

/// Appended to, so that a file that is truncated by others has no hole afterwards.
result<int> open_log_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
  if (fd < 0)
    return fail(error_code::internal_error, "LOG_FILE",
                "cannot write " + path + ": " + std::strerror(errno));
  return fd;
}

} // namespace

namespace detail {

constinit std::atomic<log_level> log_threshold{log_level::off};

void write_log(log_level level, std::string_view name, std::string_view message) {
  std::string line = "latchkey.";
  line += escaped_for_log(name, 100);
  ((line += " - ") += level_name(level)) += " - ";
  line += escaped_for_log(message);
  const std::shared_lock lock(running_mutex);
  // The level was looked at already; spdlog's own is left open.
  if (running) running->logger->log(spdlog::level::info, spdlog::string_view_t(line));
}

} // namespace detail

result<void> log_start(const log_options& options) {
  auto next = std::make_unique<running_log>();
  next->pool = std::make_shared<spdlog::details::thread_pool>(log_queue_lines_max, 1);
  if (options.console >= 0)
    next->sinks.push_back(std::make_shared<descriptor_sink>(options.console, false, *next->pool));
  if (!options.file.empty()) {
    const auto fd = open_log_file(options.file);
    if (!fd) return fail(fd.error());
    next->file = options.file;
    next->file_sink = std::make_shared<descriptor_sink>(*fd, true, *next->pool);
    next->sinks.push_back(next->file_sink);
  }
  next->logger = std::make_shared<spdlog::async_logger>(
      "latchkey", next->sinks.begin(), next->sinks.end(), next->pool,
      spdlog::async_overflow_policy::overrun_oldest);

  log_stop();
  const std::unique_lock lock(running_mutex);
  running = std::move(next);
  detail::log_threshold.store(options.from, std::memory_order_relaxed);
  return {};
}

result<void> log_reopen() {
  const std::shared_lock lock(running_mutex);
  if (!running || !running->file_sink) return {};
  const auto fd = open_log_file(running->file);
  if (!fd) return fail(fd.error());
  running->file_sink->turn_to(*fd);
  return {};
}

void log_stop() noexcept {
  detail::log_threshold.store(log_level::off, std::memory_order_relaxed);
  std::unique_ptr<running_log> last;
  {
    const std::unique_lock lock(running_mutex);
    last = std::move(running);
  }
  if (!last) return;
  for (const auto& sink : last->sinks)
    sink->stop_by(steady::now() + stop_patience);
  last->logger.reset();
  std::uint64_t total = last->pool->overrun_counter();
  last->pool.reset(); // writes what is queued and ends the thread
  for (const auto& sink : last->sinks)
    total += sink->dropped();
  dropped_before.fetch_add(total, std::memory_order_relaxed);
}

std::uint64_t log_lines_dropped() noexcept {
  const std::shared_lock lock(running_mutex);
  return dropped_before.load(std::memory_order_relaxed) + (running ? running->dropped() : 0);
}

} // namespace latchkey

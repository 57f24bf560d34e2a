// log.hpp — lines for people: `time - name - level - message`, one line an event.
//
// The form is that of "Flask Service Integration Documentation", Logging; times are
// UTC. Lines go to stderr (stdout is the banner's) and, when configured, to a file. A
// bounded queue and a thread stand between: a caller never waits for a terminal or a
// disk; when they stall, the oldest lines are dropped and counted. Control characters
// in any part come out escaped, so nothing that a client sent can begin a line.
#pragma once

#include "config/settings/settings.hpp"

#include <atomic>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t log_queue_lines_max = 4096;
inline constexpr std::size_t log_message_bytes_max = 4000; // longer ones end in "..."

struct log_options {
  log_level from = log_level::info;
  std::string file; // empty: none; appended to, mode 0640
  int console = 2;  // a descriptor; -1: none
};

/// Before it, and after `log_stop`, lines go nowhere. Fails when the file cannot be
/// opened; the reason is a sentence.
result<void> log_start(const log_options& options);

/// Opens the file anew by its name, for whoever has moved it away (logrotate): lines that come
/// afterwards go to the new one. Fails when it cannot be opened, and then the old one stays in use.
/// Nothing to do without a file.
result<void> log_reopen();

/// Writes what is queued, waiting for a stalled reader half a second at most, and stops.
void log_stop() noexcept;

/// Lines dropped since the start of the process.
std::uint64_t log_lines_dropped() noexcept;

namespace detail {
extern constinit std::atomic<log_level> log_threshold;
void write_log(log_level level, std::string_view name, std::string_view message);

inline void append_piece(std::string& out, std::string_view text) {
  out += text;
}
inline void append_piece(std::string& out, char character) {
  out += character;
}
// A template, so that a `const char*` prefers to be text.
inline void append_piece(std::string& out, std::same_as<bool> auto value) {
  out += value ? "true" : "false";
}
template <class T>
requires((std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>) ||
         std::floating_point<T>) void append_piece(std::string& out, T value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}
/// Anything with a `to_string` beside it: ids, and secrets, which come out as "***".
template <class T>
requires(!std::convertible_to<const T&, std::string_view> && !std::integral<T> &&
         !std::floating_point<T>) void append_piece(std::string& out, const T& value) {
  out += to_string(value);
}
} // namespace detail

/// Whether a line of that level would be written: one relaxed load.
inline bool log_enabled(log_level level) noexcept {
  return level >= detail::log_threshold.load(std::memory_order_relaxed);
}

/// Writes one line made of `pieces` one after another: text, numbers, or anything with
/// a `to_string`. `name` says which part speaks ("session"); it is printed as
/// "latchkey.session". Pieces are not even looked at when the level is off.
template <class... Pieces>
void log_line(log_level level, std::string_view name, const Pieces&... pieces) {
  if (!log_enabled(level)) return;
  if constexpr (sizeof...(Pieces) == 1 &&
                (std::convertible_to<const Pieces&, std::string_view> && ...)) {
    detail::write_log(level, name, std::string_view(pieces)...);
  } else {
    std::string message;
    (detail::append_piece(message, pieces), ...);
    detail::write_log(level, name, message);
  }
}
template <class... Pieces>
void log_debug(std::string_view name, const Pieces&... pieces) {
  log_line(log_level::debug, name, pieces...);
}
template <class... Pieces>
void log_info(std::string_view name, const Pieces&... pieces) {
  log_line(log_level::info, name, pieces...);
}
template <class... Pieces>
void log_warning(std::string_view name, const Pieces&... pieces) {
  log_line(log_level::warning, name, pieces...);
}
template <class... Pieces>
void log_error(std::string_view name, const Pieces&... pieces) {
  log_line(log_level::error, name, pieces...);
}
template <class... Pieces>
void log_critical(std::string_view name, const Pieces&... pieces) {
  log_line(log_level::critical, name, pieces...);
}

/// `text` with every control character, line separator, direction override, backslash
/// and byte that is not UTF-8 written as an escape; at most `bytes_max` come out, and
/// three dots when some were left.
std::string escaped_for_log(std::string_view text, std::size_t bytes_max = log_message_bytes_max);

} // namespace latchkey

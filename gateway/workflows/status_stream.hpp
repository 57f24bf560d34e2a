// status_stream.hpp — takes the objects out of the bytes of a stream, one by one: a line each
// (application/x-ndjson), or the data of an event each (text/event-stream; WHATWG HTML, 9.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

class status_stream {
public:
  /// The largest line, and the largest data of an event.
  static constexpr std::size_t bytes_max = 64UL * 1024;

  enum class format : std::uint8_t { lines, events };
  /// By the Content-Type; nothing for another.
  static std::optional<format> format_of(std::string_view content_type) noexcept;

  explicit status_stream(format form) noexcept : format_(form) {}

  /// What came; after that, all of `next`.
  void add(std::string_view bytes);
  /// The next object's text; nothing when more bytes are needed. Empty lines and events, comments
  /// and ids are left out.
  std::optional<std::string> next();
  /// A line or an event was longer than the maximum: there is no next one.
  bool is_too_long() const noexcept { return is_too_long_; }
  /// What the end completes, when it was an orderly one: a last line without its break.
  std::optional<std::string> rest();

private:
  std::optional<std::string_view> take_line();
  bool take_field(std::string_view line);

  format format_;
  std::string input_;
  std::size_t at_ = 0;   // of the input: what was taken
  std::size_t seen_ = 0; // of the input: where no break is
  std::string data_;
  bool has_data_ = false;
  bool is_first_ = true;
  bool is_too_long_ = false;
};

} // namespace latchkey::gateway
